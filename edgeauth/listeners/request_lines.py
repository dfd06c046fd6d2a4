"""Request lines as they were sent: the parser reads more than the grammar has.

llhttp takes several blanks for one, `RTSP/1.0` and `ICE/1.0` for HTTP, and any CR or LF in front of
a request for a blank line. It tells what it has read and not where, so the octets are kept from the
beginning of a request until its head is over.

Trust: the client's octets.

Source:
    RFC 9112 section 3: one blank each; section 2.2: blank lines (CRLF) in front are ignored.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from edgeauth.listeners.exchange import Exchange

_BLANK_LINE: Final = b"\r\n"
_HEAD_END: Final = b"\r\n\r\n"
_SOMEWHERE: Final = -1


class RequestLines:
    """Follows where requests begin.

    Only behind chunked content that can not be told: the line of a request that begins in the same
    segment is looked for in all of it.
    """

    __slots__ = ("_at", "_awaited", "_line", "_octets")

    def __init__(self) -> None:
        self._octets = b""
        self._at = 0
        """Where the next request begins, blank lines included."""
        self._line: int | None = None
        """Where the one before begins."""
        self._awaited: int | None = None
        """How much of its content came before; None when its head is in these octets."""

    def take(self, segment: bytes, under_way: "Exchange") -> None:
        """Takes what comes.

        Args:
            segment: of the connection.
            under_way: the request that it may belong to.
        """
        self._octets = self._octets + segment if self._octets else segment
        if under_way.head_complete and not under_way.complete:
            self._line, self._awaited = 0, under_way.content_octets

    def begin_with(self, method: bytes, target: bytes) -> bool:
        """Returns whether a request begins with this and version 1.1, octet for octet.

        So most requests do; of all others, those behind blank lines among them, `holds` knows more.
        """
        line = method + b" " + target + b" HTTP/1.1\r\n"
        if self._at == _SOMEWHERE or not self._octets.startswith(line, self._at):
            return False
        self._line = self._at
        return True

    def holds(self, method: bytes, target: bytes, version: bytes) -> bool:
        """Returns whether this is what a request begins with, octet for octet."""
        line = method + b" " + target + b" HTTP/" + version + b"\r\n"
        if self._at == _SOMEWHERE:
            return line in self._octets
        self._skip_blank_lines()
        self._line = self._at
        return self._octets.startswith(line, self._at)

    def pass_over(self, exchange: "Exchange") -> None:
        """Goes on behind a request that is complete."""
        if self._line is None:
            return
        if self._awaited is None:
            end = self._octets.find(_HEAD_END, self._line) + len(_HEAD_END)
        else:
            end = -self._awaited
        end += exchange.content_octets
        known = end == len(self._octets) or not exchange.is_chunked
        self._at = end if known else _SOMEWHERE
        self._line = self._awaited = None

    def keep(self, exchange: "Exchange") -> None:
        """Keeps, until more comes, what belongs to a head that is not over.

        Args:
            exchange: the last one that was read, or is being read.
        """
        if exchange.head_complete and not (exchange.complete and self._something_behind(exchange)):
            self._octets, self._at = b"", 0
            self._line = self._awaited = None
            return
        if exchange.complete:
            self.pass_over(exchange)
        if self._at != _SOMEWHERE:
            self._skip_blank_lines()
            self._octets, self._at = self._octets[self._at :], 0
            if not self._octets.strip(_BLANK_LINE):
                # Between requests: a CR may be half a blank line; of what is none, two tell it.
                self._octets = self._octets[:2]
        elif exchange.complete:
            # A CR may be half a blank line, or the end of content.
            self._octets, self._at = b"", _SOMEWHERE if self._octets.endswith(b"\r") else 0

    def _something_behind(self, exchange: "Exchange") -> bool:
        """Returns whether more may have come than a request: no, when it ends as most of them do.

        That is looked at from the end, with the blank line of a request without content, and
        another octet in front of that.
        """
        octets = self._octets
        return bool(
            exchange.content_octets
            or not octets.endswith(_HEAD_END)
            or not octets[-5:-4].strip(_BLANK_LINE)
        )

    def _skip_blank_lines(self) -> None:
        while self._octets.startswith(_BLANK_LINE, self._at):
            self._at += len(_BLANK_LINE)
