"""Names of requests, by which logs of several services find together: `X-Request-Id`.

Trust: the client's word is none. That of a trusted proxy is taken when it is short and plain.
"""

import re
import secrets
from itertools import count
from typing import Final

_FIELD: Final = b"x-request-id"
_PLAIN: Final = re.compile(rb"[A-Za-z0-9._~:@+/=-]{1,128}")


class RequestIds:
    """Names requests; no two of them have one name.

    Names are made of a random part for the process, and a number: quick, and nothing to guess
    secrets from, since a name is none.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._process = b""

    def named(
        self, fields: list[tuple[bytes, bytes]], *, trusted: bool
    ) -> list[tuple[bytes, bytes]]:
        """Returns the fields of a request, with its name as the only one.

        Args:
            fields: names lower-cased.
            trusted: whether a name that they hold is kept.
        """
        told: list[bytes] = []
        ends_here = False
        for name, value in fields:
            if name == _FIELD:
                told.append(value)
            elif name == b"connection":
                ends_here = ends_here or _FIELD in value.lower()
        if ends_here:
            # Or a client could have the name end here (RFC 9110 section 7.6.1).
            fields = [
                (name, _without_name(value) if name == b"connection" else value)
                for name, value in fields
            ]
        if told and trusted and len(told) == 1 and _PLAIN.fullmatch(told[0]):
            return fields
        # At the first request, that is after processes have parted.
        self._process = self._process or secrets.token_hex(8).encode()
        made = b"%b-%x" % (self._process, next(self._numbers))
        others = [each for each in fields if each[0] != _FIELD] if told else fields
        return [*others, (_FIELD, made)]


def _without_name(options: bytes) -> bytes:
    return b",".join(each for each in options.split(b",") if each.strip().lower() != _FIELD)
