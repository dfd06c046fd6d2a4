"""A client's connection: exchanges, one after the other (RFC 9112 section 9).

Of the exchanges that were read (`reading.py`) only the first is worked on, and nothing more is
read from the socket while others wait or the client does not take its answers. So each answer
belongs to its own request whatever the client sends, and the memory of a connection is bounded by
one segment, the limits of a head and of content that is held, and one answer.

Trust: every octet is hostile. What is malformed is answered and the connection closed.
"""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, ClassVar, Final

from edgeauth.listeners.content import PIPELINED, UPSTREAM
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.resumption import resumed
from edgeauth.listeners.timing import TimedReader
from edgeauth.model.decision import Decision, Response
from edgeauth.model.errors import Malformed, Reason
from edgeauth.services.listener_status import Limited
from edgeauth.wire.http1 import NO_CONTENT, Framing, expects_continue, request_framing
from edgeauth.wire.inbound import canonical_request

if TYPE_CHECKING:
    from edgeauth.listeners.server import Listener

_INTERNAL_ERROR: Final = Response(500, ((b"cache-control", b"no-store"),))
_OVERLOADED: Final = Response(503, ((b"cache-control", b"no-store"), (b"retry-after", b"1")))


class ClientConnection(TimedReader):
    """Decides about the requests of one client, and writes the answers in order.

    Args:
        listener: what accepted it.
        address: of the client; `UNIX_SOCKET` when it has none.
    """

    __slots__ = ("_address", "_advancing", "_requests", "enforce", "peer")
    exchange_type: ClassVar[type[Exchange]] = Exchange

    def __init__(self, listener: "Listener", address: str) -> None:
        super().__init__(listener)
        self._address = address
        self.enforce = listener.enforce
        self._parsing = self.exchange_type(self)
        self._advancing = False
        self._requests = 0

    # The transport speaks.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to wait for a request."""
        super().connection_made(transport)
        try:
            self.peer = self.listener.peer_of(self._transport, self._address)
            admitted = self.listener.admit(self)
        except Malformed:  # the certificate of the client
            admitted = False
        self.watch()
        if not admitted:
            self._closing = self._deaf = True
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives up what is under way: nobody waits for it any more."""
        self._closing = self._deaf = True
        self.listener.forget(self)
        for exchange in self._queue:
            exchange.cancel()
        self._queue.clear()

    def eof_received(self) -> bool:
        """Keeps the connection open for answers that are still due, and come soon."""
        self._eof = True
        if self._queue and self._queue[-1].complete:
            self.watch()
            return True
        self._close(lingering=False)
        return False

    def pause_writing(self) -> None:
        """Stops the upstream: the client reads more slowly than it sends."""
        self.stuffed = True
        self.look_at_unsent()
        if self._queue and self._queue[0].sink is not None:
            self._queue[0].sink.pause()
        self.watch()

    def resume_writing(self) -> None:
        """Lets the upstream go on, or the next request."""
        self.stuffed = False
        if self._queue and self._queue[0].sink is not None:
            self._queue[0].sink.resume()
        self._go_on()

    # An exchange from beginning to end.

    def on_message_begin(self) -> None:
        """Begins an exchange."""
        if self._lines.line is not None and self._parsing.complete:
            self._lines.pass_over(self._parsing)
        self._parsing = self.exchange_type(self, most_octets=self._segment)

    def _advance(self) -> None:
        """Begins the first exchange of the queue, and the next as long as answers come at once."""
        if self._advancing:
            return
        self._advancing = True
        queue = self._queue
        while queue and not queue[0].started and not self.stuffed:
            exchange = queue[0]
            try:
                self._begin(exchange)
            except (Exception, asyncio.CancelledError) as bug:  # noqa: BLE001  (a bug is a "no")
                self._broken(exchange, bug)
        self._advancing = False

    def _begin(self, exchange: Exchange) -> None:
        """Reads the request and asks for a decision."""
        exchange.started = True
        self.deadline = 0.0
        if self._eof:
            self.watch()
        try:
            if exchange.malformed is not None:
                raise exchange.malformed
            self._check_head(exchange)
            names = self.listener.request_ids
            if names is not None:
                exchange.fields = names.named(exchange.fields, trusted=self.peer.trusted)
            request = canonical_request(
                exchange.method, exchange.target, exchange.fields, self.peer
            )
            exchange.request = request
            framing = request_framing(
                exchange.method, exchange.version, request.headers, self.limits.without_content
            )
            if framing is NO_CONTENT:
                exchange.complete = True
            else:
                self._expect_content(exchange, framing)
            expectation = request.headers.get(b"expect")
            if expectation is not None:
                exchange.expects_continue = expects_continue(expectation, exchange.version)
        except Malformed as malformed:
            self._answer_malformed(exchange, malformed)
            return
        if not self._admit(exchange):
            return
        cors = self.listener.cors
        if cors is not None:
            preflight = cors.preflight(request.method, request.headers)
            if preflight is not None:
                exchange.answer(preflight)
                return
            exchange.cors_fields = cors.response_fields(request.method, request.headers)
        self._drive(exchange, self.listener.decide(request, exchange))

    def _expect_content(self, exchange: Exchange, framing: Framing) -> None:
        """Notes how long the content will be, which most requests do not have.

        Raises:
            Malformed: it is said to be too long.
        """
        exchange.framing = framing
        if (framing.length or 0) > self.limits.body_octets:
            raise self._too_much()

    def _admit(self, exchange: Exchange) -> bool:
        """Counts the request, and returns whether there is room for it; otherwise it is answered.

        Shed before anything is decided: what is refused late costs as much as what is served.
        """
        listener, limits = self.listener, self.limits
        self._requests += 1
        if self._requests >= limits.requests_per_connection:
            listener.limited(Limited.REQUESTS_PER_CONNECTION)
            exchange.keep_alive = False
        if listener.in_flight >= limits.requests_in_flight:
            listener.limited(Limited.REQUESTS_IN_FLIGHT)
            exchange.note("overloaded")
            exchange.answer(_OVERLOADED)
            return False
        listener.in_flight += 1
        exchange.in_flight = True
        return True

    def landed(self, exchange: Exchange) -> None:
        """Counts a request as one that nobody works on any more."""
        if exchange.in_flight:
            exchange.in_flight = False
            self.listener.in_flight -= 1

    def _drive(self, exchange: Exchange, deciding: Coroutine[None, None, Decision]) -> None:
        """Runs the decision to its end, or to where it has to wait, which takes a task.

        With warm caches it never waits, and a task would cost as much as a third of the decision.
        """
        try:
            awaited: object = deciding.send(None)
        except StopIteration as done:
            exchange.enforce(done.value)
            return
        exchange.task = self.listener.spawn(
            deciding if awaited is None else resumed(deciding, awaited),
            lambda task: self._decided(exchange, task),
        )

    def _decided(self, exchange: Exchange, task: "asyncio.Task[Decision]") -> None:
        if not task.cancelled():
            task.exception()  # asked for, so that asyncio does not complain that nobody did
        if exchange.answered:
            return
        exchange.task = None
        try:
            exchange.enforce(task.result())
        except asyncio.CancelledError:
            self.abort()
        except Exception as bug:  # noqa: BLE001  (or the client would wait for ever)
            self._broken(exchange, bug)

    def _broken(self, exchange: Exchange, bug: BaseException) -> None:
        """Answers for a bug of ours; whatever was permitted, nothing more is done for it."""
        self.listener.broken(bug)
        if exchange.answered:
            self.abort()
            return
        exchange.keep_alive = False
        exchange.abandon_upstream()
        exchange.note(Reason.INTERNAL.value)
        exchange.answer(_INTERNAL_ERROR)

    def exchange_done(self, exchange: Exchange) -> None:
        """Goes on with the next request, or closes.

        Args:
            exchange: the first of the queue, answered.
        """
        self.landed(exchange)
        if self._held:
            self.release(UPSTREAM)
        queue = self._queue
        if not queue or queue[0] is not exchange:
            return
        queue.popleft()
        ends = self._eof or self._deaf or self.listener.draining
        if not exchange.keep_alive:
            more = self._deaf or bool(queue) or bool(self._rest)
            self._close(lingering=not exchange.complete or more)
        elif ends or queue or self._held or self.stuffed or not self._parsing.head_complete:
            self._go_on()
        else:
            # The usual case: one request, answered.
            self.deadline = self.listener.until(self.limits.idle_timeout)

    def _go_on(self) -> None:
        """Begins the next request, reads on, or closes when nothing more is to come."""
        self._advance()
        if self._others_wait() or self._closing:
            return
        self.release(PIPELINED)
        if self._rest:
            self.listener.soon(self._take_next_turn)
        elif not self._queue and (self._eof or self._deaf or self.listener.draining):
            self._close(lingering=False)
        else:
            self.watch()

    # Refusing and closing.

    def _refuse(self, malformed: Malformed) -> None:
        """Refuses what is no request, after everything before it was answered."""
        exchange = self._parsing
        if self._deaf:
            return
        self._deaf = True
        if not exchange.head_complete:
            exchange.head_complete = True
            exchange.malformed = malformed
            self._queue.append(exchange)
            self._advance()
        elif exchange.complete:
            self._end_after(exchange)
        elif not exchange.started:
            exchange.malformed = malformed
        else:
            exchange.abandon_upstream()
            self._answer_malformed(exchange, malformed)

    def _end_after(self, exchange: Exchange) -> None:
        """Closes after a request that is whole, whatever it was that came behind it."""
        exchange.keep_alive = False
        if not self._queue:
            self._close(lingering=True)

    def _answer_malformed(self, exchange: Exchange, malformed: Malformed) -> None:
        self._deaf = True
        self.listener.malformed(self.peer, malformed)
        exchange.note(Reason.PRECONDITION.value)
        exchange.keep_alive = False
        exchange.answer(Response(malformed.status, ((b"cache-control", b"no-store"),)))

    def _close(self, *, lingering: bool) -> None:
        """Gives up what is queued and closes the connection.

        Args:
            lingering: whether the client may still be sending.
        """
        self._deaf = True
        for exchange in self._queue:
            exchange.cancel()
        self._queue.clear()
        self._end(lingering=lingering)

    def close_when_idle(self) -> None:
        """Closes now when nothing is under way; otherwise it is closed after the last answer."""
        head_begun = self._parsing.most_octets and not self._parsing.head_complete
        if not self._queue and not head_begun and not self._rest:
            self._close(lingering=False)

    def hand_over(self) -> asyncio.Transport:
        """Returns the transport; what is spoken over it from now on is no request any more."""
        self.landed(self._queue[0])
        return super().hand_over()

    def abort(self) -> None:
        """Closes at once: the client must not take what it has for a complete answer."""
        if self._queue:
            self._queue[0].note("aborted")
        super().abort()

    # The exchange speaks.

    def spawn(self, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        """Runs work in a task that the listener keeps."""
        return self.listener.spawn(work, self._worked)

    def _worked(self, task: "asyncio.Task[None]") -> None:
        bug = None if task.cancelled() else task.exception()
        if bug is not None:
            self.listener.broken(bug)
            self.abort()
