"""Connections to upstreams: one request at a time, reused only when nothing was left in doubt.

A connection goes back to its pool when the request was sent completely, the response ended where
its framing said, and not one octet came that nobody had asked for. Anything else ends it, because
what lies on a reused connection would become somebody else's answer.

Trust: the upstream is believed in what it says to its own request, in nothing else.
"""

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import httptools

from edgeauth.listeners.content import UPSTREAM
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.tunnel import Tunnel
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.http1 import (
    LAST_CHUNK,
    NO_CONTENT,
    UNTIL_CLOSE,
    Framing,
    announced_length,
    chunk,
    response_framing,
    status_line,
)
from edgeauth.wire.outbound import response_fields
from edgeauth.wire.upgrades import switched_head

if TYPE_CHECKING:
    from edgeauth.listeners.proxy import ProxyDoor

_MOST_INTERIM_RESPONSES: Final = 8
_HEAD_OCTETS: Final = 65_536
"""Octets of an upstream's response head; beyond that the upstream is out of order."""
_REPEATABLE_METHODS: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
"""Idempotent ones: a proxy may send nothing else twice (RFC 9110 section 9.2.2)."""
_BYPASS_OCTETS: Final = 65_536
"""From this length on, content of known length is passed on without the parser's help."""


class Origin(NamedTuple):
    """Where connections of one pool go."""

    scheme: str
    host: str
    port: int


class UpstreamConnection(asyncio.Protocol):
    """Sends requests to one upstream and passes the answers on as they come."""

    __slots__ = (
        "_buffer",
        "_chunked",
        "_door",
        "_ended",
        "_exchange",
        "_fields",
        "_framing",
        "_head",
        "_head_octets",
        "_interim",
        "_left",
        "_names",
        "_parser",
        "_replayable",
        "_reusable",
        "_seen",
        "_switched",
        "_transport",
        "deadline",
        "origin",
    )

    def __init__(self, door: "ProxyDoor", origin: Origin) -> None:
        self._door = door
        self.origin = origin
        self._exchange: Exchange | None = None
        self._reusable = True
        self._buffer: list[bytes] = []
        self.deadline = 0.0
        self._reset()

    def _reset(self) -> None:
        """Forgets the last response."""
        self._parser = httptools.HttpResponseParser(self)
        self._names: list[bytes] = []
        self._fields: list[tuple[bytes, bytes]] = []
        self._head_octets = 0
        self._interim = 0
        self._framing: Framing | None = None
        self._chunked = False
        self._ended = False
        self._left = 0
        self._seen = 0
        self._switched: bytes | None = None

    @property
    def usable(self) -> bool:
        """Returns whether another request may be sent."""
        return self._reusable and not self._transport.is_closing()

    def serve(self, exchange: Exchange, head: bytes, *, fresh: bool) -> None:
        """Sends a request and passes its response on.

        Args:
            exchange: whose request it is.
            head: the head of the upstream request.
            fresh: whether the connection was made for it. On a reused one the upstream may have
                hung up just now; a request that may be repeated is then sent once more.
        """
        self._exchange = exchange
        self._head = head
        self._replayable = (
            not fresh and exchange.framing.empty and exchange.method in _REPEATABLE_METHODS
        )
        exchange.attach(self, head)

    # The exchange speaks.

    def send(self, data: bytes) -> None:
        """Sends a piece of the request."""
        self._transport.write(data)
        self._await_more()

    def _await_more(self) -> None:
        """Gives the upstream its time: for its head, then between two pieces of content."""
        limits = self._door.limits
        self.deadline = self._door.until(
            limits.read_timeout if self._framing is None else limits.idle_timeout
        )

    def pause(self) -> None:
        """Stops reading the response."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Reads the response on."""
        self._transport.resume_reading()

    def abandon(self) -> None:
        """Ends the connection: its exchange is over before the response is."""
        self._exchange = None
        self.close()

    def close(self) -> None:
        """Ends the connection at once."""
        self._reusable = False
        self._transport.abort()

    # The transport speaks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Notes the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        """Stops the client: the upstream reads more slowly than it sends."""
        if self._exchange is not None:
            self._exchange.connection.hold(UPSTREAM)

    def resume_writing(self) -> None:
        """Lets the client go on."""
        if self._exchange is not None:
            self._exchange.connection.release(UPSTREAM)

    def data_received(self, data: bytes) -> None:
        """Passes content on, or feeds the parser, which calls the methods below."""
        if self._exchange is None:
            self.close()
            return
        if self._left:
            self._pass_through(data)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            if not self._ended:
                self._fail(f"its response is malformed: {type(error).__name__}")
                return
            self._reusable = False
        self._check_head(len(data))
        self._flush()

    def _pass_through(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        if len(data) > self._left:
            self._reusable = False
            data = data[: self._left]
        self._left -= len(data)
        exchange.connection.write(data)
        if self._left:
            self._await_more()
        else:
            self._finish()

    def _check_head(self, octets: int) -> None:
        """Bounds what comes without any content: a head, or chunk extensions and trailers."""
        if self._ended:
            return
        if self._framing is not None and self._buffer:
            self._head_octets = 0
            return
        self._head_octets += octets
        if self._head_octets > _HEAD_OCTETS:
            self._fail("the head of its response is too large")

    def _flush(self) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        if self._buffer:
            exchange.connection.write(b"".join(self._buffer))
            self._buffer.clear()
        if self._ended:
            self._finish()
        elif self._framing is not None:
            self._await_more()
            if (self._framing.length or 0) > _BYPASS_OCTETS:
                self._left = (self._framing.length or 0) - self._seen

    def eof_received(self) -> bool:
        """Ends a response that lasts until the connection does."""
        if self._framing is UNTIL_CLOSE and self._exchange is not None:
            self._ended = True
            if self._chunked:
                self._buffer.append(LAST_CHUNK)
            self._flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails what is under way, or leaves the pool."""
        self._reusable = False
        self._door.forget(self)
        if self._exchange is None:
            return
        if self._replayable and not self._head_octets and self._framing is None:
            exchange, self._exchange = self._exchange, None
            exchange.sink = None
            self._door.connect(exchange, self.origin, self._head)
        else:
            self._fail("it closed the connection")

    # The parser speaks.

    def on_message_begin(self) -> None:
        """Refuses a second response: nobody asked for it."""
        if self._ended:
            self._reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a field; those after the content are dropped."""
        if self._framing is None and not self._ended:
            self._names.append(name)
            self._fields.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Passes the head on, once it is that of the final response."""
        exchange = self._exchange
        if exchange is None or self._ended or self._framing is not None:
            return
        status = self._parser.get_status_code()
        if status < 100:
            raise Malformed("the status is none")
        headers = Headers(self._fields)
        if status == 101:
            wanted = exchange.upgrade
            self._switched = switched_head(headers, self._names, wanted and wanted.protocol)
            return
        if status < 200:
            self._interim += 1
            self._names.clear()
            self._fields.clear()
            if self._interim > _MOST_INTERIM_RESPONSES:
                raise Malformed("interim responses without end")
            return
        version = self._parser.get_http_version()
        framing = response_framing(status, version, headers, to_head=exchange.to_head)
        self._framing = framing
        self._reusable = self._reusable and bool(self._parser.should_keep_alive())
        self._chunked = framing.length is None and exchange.version == "1.1"
        self._begin_answer(exchange, status, headers)
        if framing is NO_CONTENT:
            self._ended = True

    def _begin_answer(self, exchange: Exchange, status: int, headers: Headers) -> None:
        parts = [status_line(status), *response_fields(headers, self._names, exchange.cors_fields)]
        length = announced_length(status, headers)
        if self._chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
        elif length is not None:
            parts.append(b"content-length: %d\r\n" % length)
        if not exchange.settle():
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        exchange.begun = True
        self._buffer.append(b"".join(parts))

    def on_body(self, data: bytes) -> None:
        """Passes a piece of content on."""
        if self._ended:
            self._reusable = False
            return
        self._seen += len(data)
        self._buffer.append(chunk(data) if self._chunked else data)

    def on_message_complete(self) -> None:
        """Notes the end of the final response."""
        if self._framing is not None and not self._ended:
            self._ended = True
            if self._chunked:
                self._buffer.append(LAST_CHUNK)

    # The end of an exchange.

    def _switch(self, said: bytes) -> None:
        """Leaves both connections to the other protocol.

        Args:
            said: what the upstream has said in it already.
        """
        exchange = self._exchange
        if exchange is None or exchange.upgrade is None or self._switched is None:
            self._fail("it switched to what nobody asked for")
            return
        self._exchange = exchange.sink = None
        self._reusable = False
        exchange.begun = True
        client = exchange.connection
        early = bytes(exchange.early or b"")
        Tunnel(self._door.limits, exchange.upgrade.ends_at).join(
            client, self, (early, self._switched + said), client_ended=client.ended
        )

    def hand_over(self) -> asyncio.Transport:
        """Returns the transport, which reads, to who speaks over it from now on."""
        return self._transport

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        return self._door.until(seconds)

    def _finish(self) -> None:
        exchange = self._exchange
        if exchange is None:
            return
        self._exchange = None
        self.deadline = 0.0
        if exchange.complete and self.usable and not self._transport.get_write_buffer_size():
            self._transport.resume_reading()
            self._reset()
            self._door.release(self)
        else:
            self.close()
        exchange.finish()

    def _fail(self, what: str, *, silent: bool = False) -> None:
        exchange, self._exchange = self._exchange, None
        self.close()
        if exchange is not None:
            exchange.sink = None
            self._door.failed(exchange, self.origin, what, silent=silent)

    def expire(self) -> None:
        """Fails what is under way because the upstream was silent for too long."""
        if self._exchange is None:
            self.close()
        elif self._framing is not None and self._exchange.connection.stuffed:
            self._await_more()  # It is not read from, because the client does not read.
        else:
            self._fail("it did not answer in time", silent=True)
