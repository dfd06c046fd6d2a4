"""What was said before somebody hung up, if that was noticed in writing only.

Who answers early and reads no more of a request resets the connection. Event loops end it then
without another look at what has come, and that is the answer (RFC 9112 section 9.3).
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

_MOST_READS: Final = 16
_OCTETS: Final = 65_536
"""Read at once, so often: a system keeps not much more for a connection."""


def last_words(transport: asyncio.BaseTransport) -> Iterator[bytes]:
    """Yields what a connection that is lost has left unread; of one with TLS nothing can be read.

    Args:
        transport: which tells in this moment, by `connection_lost`, that it is lost; after that
            the descriptor is no longer its own.
    """
    connected = transport.get_extra_info("socket")
    if connected is None or transport.get_extra_info("ssl_object") is not None:
        return
    with suppress(OSError):
        for _ in range(_MOST_READS):
            said = os.read(connected.fileno(), _OCTETS)
            if not said:
                return
            yield said
