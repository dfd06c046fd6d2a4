"""How long a client may take: which deadline holds in which state, and what becomes of the late.

Deadlines are looked at in a sweep over all connections, so nothing is counted octet by octet.

Trust: the client's; it may be slow at any moment, and at all of them.
"""

from typing import TYPE_CHECKING, Final

from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.reading import RequestReader
from edgeauth.model.decision import Response
from edgeauth.model.errors import Malformed
from edgeauth.services.listener_status import Limited

if TYPE_CHECKING:
    from edgeauth.listeners.server import Listener
    from edgeauth.listeners.tunnel import Tunnel

_TIMEOUT: Final = Response(504, ((b"cache-control", b"no-store"),))
FAREWELL_SECONDS: Final = 2.0
"""In which something has to come for a client that says nothing more: it may listen, or be gone.
Nobody can tell before something is written to it (RFC 9293 section 3.6)."""


class TimedReader(RequestReader):
    """Reads requests, and gives up what does not come, or is not taken, in time."""

    __slots__ = ("_ends", "_overdue", "_timed")

    def __init__(self, listener: "Listener") -> None:
        super().__init__(listener)
        self._timed: Exchange | None = None
        self._overdue = 0.0
        self._ends = 0.0

    def watch(self) -> None:
        """Sets the deadline that the state asks for; 0.0 while it is not the client we wait for."""
        listener = self.listener
        limits = listener.limits
        if self._closing:
            return
        if self.stuffed:
            self.deadline = listener.until(limits.write_timeout)
        elif not self._queue:
            idle = self._parsing.head_complete
            self.deadline = listener.until(limits.idle_timeout if idle else limits.read_timeout)
        elif self._queue[0].is_read:
            self.deadline = self._queue[0].deadline
        elif self._held:
            self._queue[0].rest()
            self.deadline = 0.0
        elif self._eof:
            self.deadline = listener.until(FAREWELL_SECONDS)
        elif self._queue[0].complete or self._queue[0].sink is None:
            self.deadline = 0.0
        else:
            self.deadline = self._queue[0].paced()

    def expire(self) -> None:
        """Ends what takes too long, with 408 where content is awaited and nothing is answered."""
        exchange = self._queue[0] if self._queue else None
        unsent = self._closing or self.stuffed
        if unsent and self.is_taken():
            return
        if exchange is not None and exchange.tunnel is not None:
            self._end_upgraded(exchange, exchange.tunnel)
            return
        if exchange is not None:
            exchange.note("client_closed" if self._eof and not unsent else "timeout")
        if unsent or (exchange is not None and exchange.complete):
            self.abort()
        elif exchange is None:
            idle = self._parsing.head_complete
            self.limited(Limited.IDLE_TIME if idle else Limited.HEAD_TIME)
            self.abort()
        else:
            self.limited(Limited.UPLOAD)
            self._end_late(exchange, "the content does not come in time")

    def end_overdue(self) -> None:
        """Ends the exchange that has lasted for `request_time`, or as long as its credentials."""
        exchange = self._queue[0] if self._queue and self._queue[0].started else None
        if exchange is not self._timed:
            self._timed = exchange
            self._overdue = self.until(self.limits.request_time)
            self._ends = 0.0
        if exchange is None or exchange.status == 101:
            return
        if self.listener.passed(self._overdue):
            self.limited(Limited.REQUEST_TIME)
            exchange.note("timeout")
            self._end_late(exchange, "the request takes too long")
        elif self._outlives_credentials(exchange):
            self.limited(Limited.END_WITH_CREDENTIALS)
            exchange.note("expired")
            self._end_late(exchange, "the credentials have ended before the content has come")

    def _outlives_credentials(self, exchange: Exchange) -> bool:
        """Returns whether an exchange must not go on, because what permitted it has ended."""
        ends = self.limits.end_with_credentials
        if exchange.expires_at is None or ends == "upgrades":
            return False
        # Looked at once, and only for what lasts: most requests are over before a sweep sees them.
        self._ends = self._ends or self.listener.before(exchange.expires_at)
        if not self.listener.passed(self._ends):
            return False
        sink = exchange.sink
        return ends == "all" or (
            # What answers a POST is finite, and nobody asks for it again by himself.
            exchange.method == b"GET" and sink is not None and sink.streams_events
        )

    def _end_upgraded(self, exchange: Exchange, tunnel: "Tunnel") -> None:
        """Ends what is no HTTP any more: nothing is said, or the credentials have ended."""
        expired = exchange.upgrade is not None and self.listener.passed(exchange.upgrade.ends_at)
        if not tunnel.over:
            exchange.note("expired" if expired else "timeout")
            self.limited(Limited.END_WITH_CREDENTIALS if expired else Limited.IDLE_TIME)
        if not (expired and tunnel.leave()):
            self.abort()

    def _end_late(self, exchange: Exchange, what: str) -> None:
        """Ends an exchange with the answer that is still possible."""
        if exchange.status:
            self.abort()
        elif exchange.complete:
            exchange.abandon_upstream()
            exchange.answer(_TIMEOUT)
        else:
            self._refuse(Malformed(what, 408))
