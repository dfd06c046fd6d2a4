"""The answer of an upstream as it comes: read strictly, framed anew for the client.

Trust: the upstream is believed in what it says to its own request, in nothing else.
"""

from math import inf
from typing import Final

from edgeauth.listeners.dialling import Way
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.parser import ERRORS, PARSERS, UPGRADES
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.content_type import parse_content_type
from edgeauth.wire.http1 import (
    LAST_CHUNK,
    NO_CONTENT,
    UNTIL_CLOSE,
    VERSIONS,
    Framing,
    announced_length,
    check_blanks,
    chunk,
    has_content,
    is_status_line,
    response_framing,
    status_line,
)
from edgeauth.wire.keep_alive import kept_for
from edgeauth.wire.outbound import response_fields
from edgeauth.wire.upgrades import switched_head

_MOST_INTERIM_RESPONSES: Final = 8
_HEAD_OCTETS: Final = 65_536
"""Octets of an upstream's response head; beyond that the upstream is out of order."""
_MARGIN: Final = 2.0
"""Seconds before the upstream closes a connection that nothing is sent on it any more: two ticks of
the clock of deadlines, and time on the way for what must not be sent twice."""
_EVENTS: Final = "text/event-stream"
_BYPASS_OCTETS: Final = 65_536
"""From this length on, content of known length is passed on without the parser's help."""


class UpstreamAnswer:
    """Makes of what an upstream says what its client hears.

    Args:
        exchange: whose answer it is.
        way: how the connection was made; a proxy on it may have answered.

    Attributes:
        kept_for: seconds that the connection may be kept for another request; `inf` when the
            upstream does not say.
        framing: of the final response; None before its head is complete.
        ended: whether the final response is complete.
        clean: whether nothing came that nobody had asked for, and the upstream stays.
        said: what came after a switch to another protocol; None before.
        switched: the head that tells the client of it; None when that is not what it wants.
    """

    framing: Framing | None = None
    ended = False
    clean = True
    kept_for = inf
    said: bytes | None = None
    switched: bytes | None = None
    _refused = False
    _line: bytes | None = b""  # as much of the first line as there is; None once it is whole
    _chunked = False
    _head_octets = 0
    _interim = 0
    _seen = 0

    def __init__(self, exchange: Exchange, way: Way | None = None) -> None:
        self._exchange = exchange
        self._way = way
        self._parser = PARSERS.kind.responses(self)
        self._fields: list[tuple[bytes, bytes]] = []
        self._output: list[bytes] = []

    @property
    def begun(self) -> bool:
        """Returns whether anything of it has come."""
        return self._head_octets > 0 or self.framing is not None

    @property
    def streams_events(self) -> bool:
        """Returns whether it is a stream of events (SSE), once its head has come."""
        if self.framing is None:
            return False
        headers = Headers((name.lower(), value) for name, value in self._fields)
        field = headers.get(b"content-type", b"")
        return parse_content_type(field).media_type == _EVENTS

    @property
    def octets_left(self) -> int:
        """Returns how much content is to be passed on unread; 0 for none."""
        length = (self.framing and self.framing.length) or 0
        return length - self._seen if length > _BYPASS_OCTETS else 0

    def read(self, data: bytes) -> bytes:
        """Reads what came, and returns what the client is to hear now; empty for nothing.

        Raises:
            Malformed: it is no answer.
        """
        if self._line is not None:
            self._check_line(self._line + data)
        try:
            self._parser.feed_data(data)
        except UPGRADES as upgrade:
            if not self.ended:
                self.said = data[upgrade.args[0] :]
                return b""
            self.clean = False
        except ERRORS as error:
            if not self.ended:
                name = type(error).__name__
                raise Malformed(f"its response is malformed: {name}") from None
            self.clean = False
        if self._refused:
            raise Malformed("the proxy on the way wants other credentials")
        output = b"".join(self._output)
        self._output.clear()
        if not self.ended:
            self._check_head(len(data), output)
        return output

    def _check_line(self, line: bytes) -> None:
        """Refuses what only the parser takes for the first line: `RTSP/1.1`, blank lines, NUL."""
        if is_status_line(line):
            self._line = None
        elif b"\n" in line:
            raise Malformed("its status line is none")
        else:
            self._line = line

    def _check_head(self, octets: int, output: bytes) -> None:
        """Bounds what comes without any content: a head, or chunk extensions and trailers."""
        if self.framing is not None and output:
            self._head_octets = 0
            return
        self._head_octets += octets
        if self._head_octets > _HEAD_OCTETS:
            raise Malformed("the head of its response is too large")

    def release(self) -> None:
        """Forgets the exchange, and the parser, which refers back to this."""
        del self._parser, self._exchange

    def end_with_connection(self) -> bytes | None:
        """Ends an answer that lasts until the connection does, and returns the last of it.

        None when it is no such answer.
        """
        if self.framing is not UNTIL_CLOSE:
            return None
        self.ended = True
        return LAST_CHUNK if self._chunked else b""

    # The parser speaks.

    def on_message_begin(self) -> None:
        """Refuses a second response: nobody asked for it."""
        if self.ended:
            self.clean = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a field; those after the content are dropped."""
        if self.framing is None:
            stripped = value.rstrip(b" \t")
            if stripped is not value:
                check_blanks(name.lower(), value[len(stripped) :])
            self._fields.append((name, stripped))

    def on_headers_complete(self) -> None:
        """Passes the head on, once it is that of the final response."""
        if self.framing is not None:
            return
        parser, exchange = self._parser, self._exchange
        status = parser.get_status_code()
        if status < 200:
            self._pass_over(status)
            return
        if self._interim and parser.get_http_version() not in VERSIONS:
            raise Malformed("its version of HTTP is not known")
        if status == 407 and self._way is not None and self._way.relayed:
            self._refused = True  # no client can do anything about it
            return
        lines, of_hop = response_fields(self._fields, exchange.owned, exchange.cors_fields)
        self.framing = framing = response_framing(
            status, parser.get_http_version, of_hop, to_head=exchange.method == b"HEAD"
        )
        if not parser.should_keep_alive():
            self.clean = False
        if b"keep-alive" in of_hop:
            self._note_patience(of_hop[b"keep-alive"])
        self._chunked = framing.length is None and exchange.version == "1.1"
        length = announced_length(status, of_hop) if framing is NO_CONTENT else framing.length
        self._say_head(status, lines, length)
        self.ended = framing is NO_CONTENT

    def _pass_over(self, status: int) -> None:
        """Drops an interim response, unless it is a switch to another protocol."""
        if status < 100:
            raise Malformed("the status is none")
        if status == 101:
            exchange = self._exchange
            wanted = exchange.upgrade
            protocol = wanted and wanted.protocol
            self.switched = switched_head(self._fields, protocol, exchange.owned)
            return
        if has_content(self._fields):
            raise Malformed("an interim response with content")
        self._interim += 1
        self._fields.clear()
        if self._interim > _MOST_INTERIM_RESPONSES:
            raise Malformed("interim responses without end")

    def _note_patience(self, field: bytes) -> None:
        """Notes how long the upstream keeps the connection, if it says."""
        seconds = kept_for(field)
        if seconds is not None:
            # In time to forestall it, but the connection is worth to be kept for a moment at least.
            self.kept_for = max(seconds - _MARGIN, seconds / 2)

    def _say_head(self, status: int, lines: list[bytes], length: int | None) -> None:
        """Has the client hear the head."""
        output = self._output
        output.append(status_line(status))
        output += lines
        if self._chunked:
            output.append(b"transfer-encoding: chunked\r\n")
        elif length is not None:
            output.append(b"content-length: %d\r\n" % length)
        output.append(b"\r\n" if self._exchange.settle(status) else b"connection: close\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        """Passes a piece of content on."""
        if self.ended:
            self.clean = False
            return
        if self._refused:
            return
        if self.framing is None:
            raise Malformed("an interim response with content")
        self._seen += len(data)
        self._output.append(chunk(data) if self._chunked else data)

    def on_message_complete(self) -> None:
        """Notes the end of the final response."""
        if self.framing is None or self.ended:
            return
        self.ended = True
        if self._chunked:
            self._output.append(LAST_CHUNK)
