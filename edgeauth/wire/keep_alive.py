"""How long a server keeps a connection that nothing is said on.

Source:
    RFC 2068 section 19.7.1.1 (the field Keep-Alive), and what Apache, Node and others say in it:
    `timeout=5, max=100`, in seconds.

Trust: the server's; the longest that it may ask for is up to the caller.
"""

import re
from typing import Final

_TIMEOUT: Final = re.compile(
    rb"(?:^|[,;][ \t]*)timeout=([0-9]{1,9})[ \t]*(?=[,;]|\Z)", re.IGNORECASE
)


def kept_for(field: bytes) -> float | None:
    """Returns the seconds that a Keep-Alive field tells; None when it tells none."""
    found = _TIMEOUT.search(field)
    return None if found is None else float(found[1])
