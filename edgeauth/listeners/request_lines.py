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
"""Behind a blank line: the end of chunks."""
_ANYWHERE: Final = -2


class RequestLines:
    """Follows where requests begin.

    Only behind chunked content that can not be told: the line of a request that begins in the same
    segment is looked for in all of it, behind a blank line.
    """

    __slots__ = ("_at", "_awaited", "line", "octets")

    def __init__(self) -> None:
        self.octets = b""
        """What has come since the last one that is over; segments are added to it."""
        self._at = 0
        """Where the next request begins, blank lines included."""
        self.line: int | None = None
        """Where the one before begins; None when nothing has to be passed over."""
        self._awaited: int | None = None
        """How much of its content came before; None when its head is in these octets."""

    def expect_content(self, exchange: "Exchange") -> None:
        """Notes that a segment begins with the rest of a request whose head is over."""
        self.line, self._awaited = 0, exchange.content_octets

    def begin_with(self, method: bytes, target: bytes) -> bool:
        """Returns whether a request begins with this and version 1.1, octet for octet.

        So most requests do; of all others, those behind blank lines among them, `holds` knows more.
        """
        line = method + b" " + target + b" HTTP/1.1\r\n"
        if self._at < 0 or not self.octets.startswith(line, self._at):
            return False
        self.line = self._at
        return True

    def holds(self, method: bytes, target: bytes, version: bytes) -> bool:
        """Returns whether this is what a request begins with, octet for octet."""
        line = method + b" " + target + b" HTTP/" + version + b"\r\n"
        if self._at < 0:
            return self._look_for(line)
        self._skip_blank_lines()
        self.line = self._at
        return self.octets.startswith(line, self._at)

    def _look_for(self, line: bytes) -> bool:
        """Returns whether a line stands behind a blank one, which may have begun before.

        There it begins, if it stands nowhere else: chunks may hold what looks like it.
        """
        octets = self.octets
        if self._at == _ANYWHERE:
            return octets.find(line) >= 0
        first = octets.find(line)
        if 0 <= first < len(_HEAD_END) and _HEAD_END.endswith(octets[:first]):
            at = first
        else:
            at = octets.find(_HEAD_END + line) + len(_HEAD_END)
            if at < len(_HEAD_END):
                return False
        if at == first and octets.find(line, at + 1) < 0:
            self._at = self.line = at
        else:
            self._at = _ANYWHERE
        return True

    def pass_over(self, exchange: "Exchange") -> None:
        """Goes on behind a request that is complete and was not passed over before."""
        if self._awaited is None:
            end = self.octets.find(_HEAD_END, self.line) + len(_HEAD_END)
        else:
            end = -self._awaited
        end += exchange.content_octets
        known = end == len(self.octets) or not exchange.is_chunked
        self._at = end if known else _SOMEWHERE
        self.line = self._awaited = None

    def keep(self, exchange: "Exchange") -> None:
        """Keeps, until more comes, what belongs to a head that is not over.

        Args:
            exchange: the last one that was read, or is being read.
        """
        octets = self.octets
        # Most requests have no content, and end with a blank line and nothing behind it. That is
        # looked at from the end, with another octet in front of the blank line.
        if exchange.head_complete and (
            not exchange.complete
            or (
                not exchange.content_octets
                and octets.endswith(_HEAD_END)
                and octets[-5:-4].strip(_BLANK_LINE)
            )
        ):
            self.octets, self._at = b"", 0
            self.line = self._awaited = None
            return
        if exchange.complete and self.line is not None:
            self.pass_over(exchange)
        if self._at >= 0:
            self._skip_blank_lines()
            self.octets, self._at = self.octets[self._at :], 0
            if not self.octets.strip(_BLANK_LINE):
                # Between requests: a CR may be half a blank line; of what is none, two tell it.
                self.octets = self.octets[:2]
        elif exchange.complete:
            # A CR may be half a blank line, or the end of content.
            self.octets, self._at = b"", _SOMEWHERE if self.octets.endswith(b"\r") else 0

    def _skip_blank_lines(self) -> None:
        while self.octets.startswith(_BLANK_LINE, self._at):
            self._at += len(_BLANK_LINE)
