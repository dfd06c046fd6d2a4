"""Lines in the Graylog Extended Log Format, for what is no event of the operational log.

Source:
    GELF 1.1 (Graylog documentation, "GELF Payload Specification"): names of additional fields
    begin with `_`, their values are texts or numbers.
"""

import socket
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

_ENCODE: Final = msgspec.json.Encoder().encode
_INFORMATIONAL: Final = 6
"""Source: RFC 5424 section 6.2.1."""


@cache
def _host() -> str:
    return socket.gethostname()


def gelf_line(message: str, seconds: float, fields: Mapping[str, str | float]) -> bytes:
    """Returns a line without its line break.

    Args:
        message: what has happened; not empty.
        seconds: when, since the epoch.
        fields: what else is known of it.
    """
    known: dict[str, str | float] = {
        "version": "1.1",
        "host": _host(),
        "short_message": message,
        "timestamp": seconds,
        "level": _INFORMATIONAL,
        "_level_name": "INFO",
    }
    known.update((f"_{name}", value) for name, value in fields.items())
    return _ENCODE(known)
