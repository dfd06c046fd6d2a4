"""From a client's octets to requests: what the parser finds, and how much of it there may be.

The parser may find several pipelined requests in one segment; each becomes an exchange in a
queue. Nothing more is read from the socket while others wait for the first of them, and nothing
more of a long segment is looked at: other clients have their turn in between.

Trust: every octet is hostile. What the parser or `wire` calls malformed is the end of what is
read, since nobody knows where the next request would begin.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

from edgeauth.listeners.content import PIPELINED, SWITCHING, TURNS
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.parser import ERRORS, PARSERS, UPGRADES
from edgeauth.listeners.request_lines import RequestLines
from edgeauth.listeners.stream import ClientStream
from edgeauth.model.errors import Malformed
from edgeauth.services.listener_status import Limited
from edgeauth.wire.http1 import check_blanks

if TYPE_CHECKING:
    from edgeauth.listeners.server import Listener


_BLANK: Final = b" \t"
"""Optional white space (RFC 9110 section 5.6.3), which the parser leaves behind values."""
TURN_OCTETS: Final = 8_192
"""Octets that are read at once where requests begin: a segment could hold ten thousand of them, and
everybody else would wait for the answers to all."""
_TURN_OCTETS_OF_CHUNKS: Final = 32_768
"""The same in content in chunks, whose end is not known before it is there."""


class RequestReader(ClientStream):
    """Reads requests from one client into a queue; a subclass answers them."""

    __slots__ = ("_deaf", "_lines", "_parser", "_parsing", "_queue", "_rest", "_segment")
    _parsing: Exchange
    """What the parser is at, or was at last."""

    def __init__(self, listener: "Listener") -> None:
        super().__init__(listener)
        self._parser = PARSERS.kind.requests(self)
        self._lines = RequestLines()
        self._queue: deque[Exchange] = deque()
        self._segment = 0
        self._rest = b""
        self._deaf = False

    def _advance(self) -> None:
        """Begins the first exchange of the queue, if its turn has come."""
        raise NotImplementedError

    def _go_on(self) -> None:
        """Begins the next request, reads on, or closes when nothing more is to come."""
        raise NotImplementedError

    def _refuse(self, malformed: Malformed) -> None:
        """Refuses what is no request, after everything before it was answered."""
        raise NotImplementedError

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, which calls the methods below."""
        if (self._deaf or len(data) > TURN_OCTETS) and self._set_aside(data):
            return
        exchange, lines, before = self._parsing, self._lines, None
        if not exchange.complete:
            before = exchange.begin_segment(len(data))
            if exchange.head_complete:
                lines.expect_content(exchange)
        self._segment = len(data)
        lines.octets += data
        try:
            self._parser.feed_data(data)
        except UPGRADES as upgrade:
            # What follows is no request, whatever becomes of this one.
            self._deaf = True
            self._parsing.early = bytearray()
            self._keep(data[upgrade.args[0] :])
        except ERRORS:
            self._refuse(Malformed("the bytes are no HTTP request"))
        else:
            parsing = self._parsing
            lines.keep(parsing)
            if parsing is exchange:
                nothing_new = before == exchange.delivered
                self._check_progress(len(data) if nothing_new else 0)
            elif not parsing.complete:
                self._check_begun()
            elif self._queue and self._others_wait():
                self.hold(PIPELINED)

    def _set_aside(self, data: bytes) -> bool:
        """Takes what the parser is not to see, or not at once; returns whether this is such."""
        if len(data) > self._turn():
            self._take_turn(data)
        elif self._deaf:
            self._keep(data)
        else:
            return False
        return True

    def _turn(self) -> int:
        """Returns how many octets may be read at once: content whole, where its length is known."""
        exchange = self._parsing
        if exchange.complete or not exchange.head_complete:
            return TURN_OCTETS
        if not exchange.framing.length:
            return _TURN_OCTETS_OF_CHUNKS
        return max(exchange.framing.length - exchange.content_octets, TURN_OCTETS)

    def _take_turn(self, data: bytes) -> None:
        """Reads what comes up to where requests have begun; the rest has its turn later."""
        at, before = 0, self._parsing
        while at < len(data) and (self._parsing is before or self._deaf):
            end = at + self._turn()
            self.data_received(data[at:end])
            at = end
        self._rest = data[at:]
        if self._rest:
            self.hold(TURNS)
            self._go_on()

    def _take_next_turn(self) -> None:
        """Reads on in what came before, unless others wait by now: then after them."""
        if self._others_wait():
            return
        rest, self._rest = self._rest, b""
        self.data_received(rest)
        if not self._rest:
            self.release(TURNS)
            self._go_on()

    def _keep(self, data: bytes) -> None:
        """Keeps what is said in a protocol that the upstream may still agree to; at most a segment.

        Everything else that comes after the last request is dropped.
        """
        exchange = self._parsing
        if data and exchange.early is not None and not exchange.answered:
            exchange.early += data
            self.hold(SWITCHING)

    def _check_begun(self) -> None:
        """Looks at a message that began in the last segment and is not over already."""
        if not self._queue:
            self.watch()
        self._check_progress(0)

    def _check_progress(self, octets: int) -> None:
        """Bounds what is read for a head, and the time between two pieces of content.

        Args:
            octets: length of a segment that brought no complete piece of a head or content.
        """
        exchange = self._parsing
        exchange.undelivered = exchange.undelivered + octets if octets else 0
        if not exchange.head_complete:
            try:
                self._check_head(exchange)
            except Malformed as malformed:
                self._refuse(malformed)
        elif not exchange.complete:
            if exchange.undelivered > self.limits.head_octets:
                self.limited(Limited.TRAILERS)
                self._refuse(Malformed("there is too much around the content"))
            elif not self._held:
                self.watch()
        if self._others_wait():
            self.hold(PIPELINED)

    def _others_wait(self) -> bool:
        """Returns whether there are requests whose turn has not come."""
        queue = self._queue
        return bool(queue) and (len(queue) > 1 or not queue[0].started)

    # The parser speaks.

    def on_message_begin(self) -> None:
        """Begins an exchange, which takes what the parser finds from now on."""
        raise NotImplementedError

    def on_url(self, url: bytes) -> None:
        """Takes a piece of the request target."""
        self._parsing.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a field; those after the content are counted and dropped.

        Raises:
            Malformed: there are too many of those, or the coding is one that the parser will
                not know; the parser makes it one of its own errors.
        """
        stripped = value.rstrip(_BLANK)
        if stripped is not value:
            check_blanks(name.lower(), value[len(stripped) :])
        exchange = self._parsing
        if exchange.head_complete:
            self._count_trailer(exchange, len(name) + len(stripped) + 4)
        else:
            exchange.fields.append((name.lower(), stripped))

    def _count_trailer(self, exchange: Exchange, octets: int) -> None:
        limits = self.limits
        exchange.trailer_fields += 1
        exchange.trailer_octets += octets
        if exchange.trailer_fields > limits.trailer_fields or (
            exchange.trailer_octets > limits.head_octets
        ):
            self.limited(Limited.TRAILERS)
            raise Malformed("there are too many trailer fields")

    def on_headers_complete(self) -> None:
        """Puts the exchange into the queue and begins it when it is the first.

        What follows in the same segment after the connection was given up is not looked at.
        """
        exchange, parser = self._parsing, self._parser
        exchange.head_complete = True
        exchange.undelivered = 0
        if self._deaf:
            return
        exchange.method = method = parser.get_method()
        if not self._lines.begin_with(method, exchange.target):
            self._check_line(exchange)
        # When the upstream does not switch, nobody knows whether requests follow.
        exchange.keep_alive = (
            exchange.version == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        )
        self._queue.append(exchange)
        self._advance()

    def _check_line(self, exchange: Exchange) -> None:
        """Looks at a request line that is not of the usual kind."""
        exchange.version = self._parser.get_http_version()
        if not self._lines.holds(exchange.method, exchange.target, exchange.version.encode()):
            exchange.malformed = Malformed("the request line is none of HTTP's")

    def on_body(self, data: bytes) -> None:
        """Passes a piece of content on."""
        if self._deaf:
            return
        if self._parsing.content_octets + len(data) > self.limits.body_octets:
            self._refuse(self._too_much())
        else:
            self._parsing.receive(data)

    def _too_much(self) -> Malformed:
        """Returns what is said of content beyond the limit, and counts it."""
        self.limited(Limited.BODY)
        return Malformed("the content is longer than serve.limits.body", 413)

    def on_message_complete(self) -> None:
        """Notes that the request is complete."""
        if not self._parsing.complete and not self._deaf:
            self._parsing.content_done()
            self.watch()

    def _check_head(self, exchange: Exchange) -> None:
        limits = self.limits
        if len(exchange.target) > limits.target_octets:
            self.limited(Limited.TARGET)
            raise Malformed("the request target is too long", 414)
        if len(exchange.fields) > limits.head_fields or (
            exchange.most_octets > limits.head_octets
            and exchange.head_octets + exchange.undelivered > limits.head_octets
        ):
            self.limited(Limited.HEAD)
            raise Malformed("the head is too large", 431)
