"""What the fields of one message say about its length and its connection.

Trust: whoever sent it. What could be read in two ways is refused, or left to whoever reads the
head, who refuses it with a better reason.

Source:
    RFC 9112 section 6 (length) and section 9.3 (persistence), RFC 9110 section 7.8 (upgrade).
"""

import re
from typing import Final

from edgeauth.model.errors import Malformed


class HttpParserError(Malformed):
    """Raised for octets that are no message, and ever after: nobody knows where the next begins."""


_BLANK: Final = b" \t"
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_CHUNKED: Final = b"chunked"
TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
"""The pattern of a token (RFC 9110 section 5.6.2); it gives back nothing of what it has taken."""
NOTED: Final = frozenset(
    {b"connection", b"content-length", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)
"""Lower-cased names of the fields that say anything about it."""


class MessageFacts:
    """Collects what is said, field by field.

    Attributes:
        length: octets of content; None when no field tells.
        coding: the transfer coding in lower case; None when there is none.
    """

    __slots__ = ("_close", "_keep_alive", "_protocol", "_upgrade", "coding", "length")

    def __init__(self) -> None:
        self.length: int | None = None
        self.coding: bytes | None = None
        self._close = False
        self._keep_alive = False
        self._upgrade = False
        self._protocol = False

    def note(self, name: bytes, value: bytes) -> None:
        """Takes a field.

        Args:
            name: one of `NOTED`.
            value: without blanks in front.

        Raises:
            HttpParserError: the message would have two lengths, or none that is a number.
        """
        if name == b"content-length":
            self._note_length(value.rstrip(_BLANK))
        elif name == b"transfer-encoding":
            self._note_coding(value.rstrip(b" "))
        elif name == b"upgrade":
            self._protocol = self._protocol or bool(value)
        else:
            options = {option.strip(_BLANK).lower() for option in value.split(b",")}
            self._close = self._close or b"close" in options
            self._keep_alive = self._keep_alive or b"keep-alive" in options
            self._upgrade = self._upgrade or b"upgrade" in options

    def _note_length(self, value: bytes) -> None:
        if self.coding is not None or self.length is not None:
            raise HttpParserError("the message has two lengths")
        if _LENGTH.fullmatch(value) is None:
            raise HttpParserError("the content length is no number")
        self.length = int(value)

    def _note_coding(self, value: bytes) -> None:
        coding = value.lower()
        if self.coding is not None or self.length is not None:
            raise HttpParserError("the message has two framings")
        if not coding or _CHUNKED in [each.strip(_BLANK) for each in coding.split(b",")[:-1]]:
            raise HttpParserError("chunks are not the last transfer coding")
        self.coding = coding

    @property
    def upgrades(self) -> bool:
        """Returns whether another protocol is asked for or agreed to."""
        return self._upgrade and self._protocol

    @property
    def chunked(self) -> bool:
        """Returns whether the content comes in chunks, and in no other coding."""
        return self.coding == _CHUNKED

    def persists(self, version: str) -> bool:
        """Returns whether another message may follow on the connection.

        Args:
            version: of HTTP.
        """
        return not self._close if version == "1.1" else self._keep_alive
