"""Connections to upstreams: one request at a time, reused only when nothing was left in doubt.

A connection goes back to its pool when the request was sent completely, the response ended where
its framing said, and not one octet came that nobody had asked for. Anything else ends it, because
what lies on a reused connection would become somebody else's answer.
"""

import asyncio
import ssl
from fcntl import ioctl
from termios import FIONREAD
from typing import TYPE_CHECKING, Final, cast

from edgeauth.listeners.content import UPSTREAM
from edgeauth.listeners.dialling import Way
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.last_words import last_words
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.tunnel import Tunnel
from edgeauth.listeners.upstream_answer import UpstreamAnswer
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.listeners.upstream_trust import failed_handshake
from edgeauth.model.errors import Malformed
from edgeauth.services.listener_status import UpstreamFailure
from edgeauth.wire.http1 import NO_CONTENT

if TYPE_CHECKING:
    from edgeauth.listeners.proxy import ProxyDoor

_REPEATABLE_METHODS: Final = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})
"""Idempotent ones: a proxy may send nothing else twice (RFC 9110 section 9.2.2)."""

_NO_OCTETS: Final = bytes(4)
_NO_ANSWER: Final = "it did not answer in time"


class UpstreamConnection(asyncio.Protocol):
    """Sends requests to one upstream and passes the answers on as they come.

    Attributes:
        origin: of the upstream.
        deadline: when it is given up; 0.0 means never.
        way: how it was made; None until that is known.
        lost: why it has ended; None before.
    """

    __slots__ = (
        "_answer",
        "_descriptor",
        "_door",
        "_exchange",
        "_fresh",
        "_head",
        "_left",
        "_patience",
        "_place",
        "_reusable",
        "_transport",
        "deadline",
        "lost",
        "origin",
        "way",
    )

    _answer: UpstreamAnswer

    def __init__(self, door: "ProxyDoor", origin: Origin) -> None:
        self._door = door
        self.origin = origin
        self._patience = door.patience(origin)
        self._exchange: Exchange | None = None
        self._reusable = True
        self._left = 0
        self._descriptor = -1
        self._place = ""
        self.deadline = 0.0
        self.way: Way | None = None
        self.lost: UpstreamFault | None = None

    @property
    def place(self) -> str:
        """Returns the address at the other end, as logs call it; asked for once."""
        if not self._place:
            self._place = self._peer() or self.origin.place
        return self._place

    def _peer(self) -> str:
        """Returns the address at the other end; empty when there is none, or nobody any more."""
        try:
            name = self._transport.get_extra_info("peername")
        except OSError:
            return ""
        if not isinstance(name, tuple):
            return ""
        host, port = name[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def usable(self) -> bool:
        """Returns whether another request may be sent."""
        return self._reusable and not self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Returns whether nothing has come that nobody asked for, though the loop may not tell yet.

        What has come before the next request is sent would be taken for the answer to it.
        """
        if self._descriptor < 0:
            return True
        try:
            return ioctl(self._descriptor, FIONREAD, _NO_OCTETS) == _NO_OCTETS
        except OSError:
            return False

    def serve(self, exchange: Exchange, head: bytes, *, fresh: bool) -> None:
        """Sends a request and passes its response on.

        Args:
            exchange: whose request it is.
            head: the head of the upstream request.
            fresh: whether the connection was made for it. On a reused one the upstream may have
                hung up just now; a request that may be repeated is then sent once more.
        """
        self._exchange = exchange
        self._answer = UpstreamAnswer(exchange, self.way)
        self._head = head
        self._fresh = fresh
        exchange.attach(self, head)

    # The exchange speaks.

    def send(self, data: bytes) -> None:
        """Sends a piece of the request."""
        self._transport.write(data)
        self._await_more()

    @property
    def streams_events(self) -> bool:
        """Returns whether the answer is a stream of events, as far as it has come."""
        return self._exchange is not None and self._answer.streams_events

    def _await_more(self) -> None:
        """Gives the upstream its time: for its head, then between two pieces of content."""
        self.deadline = self._door.until(
            self._patience if self._answer.framing is None else self._door.limits.idle_timeout
        )

    def pause(self) -> None:
        """Stops reading the response."""
        self._transport.pause_reading()

    def resume(self) -> None:
        """Reads the response on."""
        self._transport.resume_reading()

    def abandon(self) -> None:
        """Ends the connection: its exchange is over before the response is."""
        self._let_go()
        self.close()

    def close(self) -> None:
        """Ends the connection at once."""
        self._reusable = False
        self._transport.abort()

    def retire(self) -> None:
        """Takes no further request; what is under way is finished."""
        self._reusable = False

    # The transport speaks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Notes the transport."""
        self._transport = cast("asyncio.Transport", transport)
        connected = transport.get_extra_info("socket")
        if connected is not None:
            self._descriptor = connected.fileno()

    def pause_writing(self) -> None:
        """Stops the client: the upstream reads more slowly than it sends."""
        if self._exchange is not None:
            self._exchange.connection.hold(UPSTREAM)

    def resume_writing(self) -> None:
        """Lets the client go on."""
        if self._exchange is not None:
            self._exchange.connection.release(UPSTREAM)

    def data_received(self, data: bytes) -> None:
        """Passes content on unread, or what the answer makes of it."""
        exchange = self._exchange
        if exchange is None:
            self.close()
            return
        if self._left:
            self._pass_through(exchange, data)
            return
        answer = self._answer
        try:
            output = answer.read(data)
        except Malformed as problem:
            self._fail(str(problem))
            return
        if answer.said is not None:
            self._switch(answer.said)
            return
        if output:
            exchange.connection.write(output)
        if answer.ended:
            self._finish()
        elif answer.framing is not None:
            self._await_more()
            self._left = answer.octets_left

    def _pass_through(self, exchange: Exchange, data: bytes) -> None:
        if len(data) > self._left:
            self._reusable = False
            data = data[: self._left]
        self._left -= len(data)
        exchange.connection.write(data)
        if self._left:
            self._await_more()
        else:
            self._finish()

    def eof_received(self) -> bool:
        """Ends a response that lasts until the connection does."""
        exchange = self._exchange
        last = None if exchange is None else self._answer.end_with_connection()
        if exchange is not None and last is not None:
            if last:
                exchange.connection.write(last)
            self._finish()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Fails what is under way, or leaves the pool."""
        self._reusable = False
        self._door.forget(self)
        if exc is not None and self._exchange is not None and self._exchange.upgrade is None:
            self._hear_out()
        self.lost = self._fault(exc)
        exchange = self._exchange
        if exchange is None:
            return
        if self._may_repeat(exchange):
            self._let_go()
            exchange.sink = None
            self._door.connect(exchange, self.origin, self._head)
        else:
            self._fail(self.lost.detail, self.lost.failure)

    def _may_repeat(self, exchange: Exchange) -> bool:
        """Returns whether a request may be sent once more: the upstream has just hung up."""
        return (
            not self._fresh
            and not self._answer.begun
            and exchange.framing is NO_CONTENT
            and exchange.method in _REPEATABLE_METHODS
        )

    def _hear_out(self) -> None:
        """Reads the end of an early answer."""
        for said in last_words(self._transport):
            self.data_received(said)
            if self._exchange is None:
                return

    def _fault(self, exc: Exception | None) -> UpstreamFault:
        if isinstance(exc, ssl.SSLError):
            # TLS 1.3: that a certificate is missed is told after the handshake.
            return UpstreamFault(UpstreamFailure.TLS, failed_handshake(exc))
        how = "reset" if isinstance(exc, ConnectionResetError) else "closed"
        begun = self._exchange is not None and self._answer.framing is not None
        what = f"it {how} the connection" + " in the middle of its answer" * begun
        return UpstreamFault(UpstreamFailure.ANSWER, what)

    # The end of an exchange.

    def _switch(self, said: bytes) -> None:
        """Leaves both connections to the other protocol.

        Args:
            said: what the upstream has said in it already.
        """
        exchange = self._exchange
        switched = self._answer.switched
        if exchange is None or exchange.upgrade is None or switched is None:
            self._fail("it switched to what nobody asked for")
            return
        self._let_go()
        self._reusable = False
        client = exchange.connection
        tunnel = Tunnel(self._door.limits, exchange.upgrade, switched)
        exchange.switch(tunnel)
        tunnel.join(client, self, (bytes(exchange.early or b""), said), client_ended=client.ended)

    def hand_over(self) -> asyncio.Transport:
        """Returns the transport, which reads, to who speaks over it from now on."""
        return self._transport

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        return self._door.until(seconds)

    def _let_go(self) -> None:
        """Forgets whose request it was."""
        if self._exchange is not None:
            self._exchange = None
            self._answer.release()

    def _finish(self) -> None:
        exchange, answer, transport = self._exchange, self._answer, self._transport
        if exchange is None:
            return
        self._exchange = None
        answer.release()
        done = exchange.complete and not transport.get_write_buffer_size()
        if done and answer.clean and answer.kept_for and self.usable:
            transport.resume_reading()
            self._door.release(self, answer.kept_for)
        else:
            self.close()
        exchange.finish()

    def _fail(self, what: str, failure: UpstreamFailure = UpstreamFailure.ANSWER) -> None:
        exchange = self._exchange
        self._let_go()
        self.close()
        if exchange is not None:
            exchange.sink = None
            self._door.failed(exchange, self.origin, what, failure)

    def expire(self) -> None:
        """Fails what is under way because the upstream was silent for too long."""
        if self._exchange is None:
            self.close()
        elif self._answer.framing is not None and self._exchange.connection.stuffed:
            self._await_more()  # It is not read from, because the client does not read.
        else:
            begun = self._answer.framing is not None
            what = "it fell silent in the middle of its answer" if begun else _NO_ANSWER
            self._fail(what, UpstreamFailure.TIMEOUT)
