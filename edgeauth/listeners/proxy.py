"""The proxy door: a permitted request is forwarded with what the pipeline says."""

import ssl
from typing import Final

import structlog

from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.exchange import Exchange, Upgrade
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.upstream import Origin, UpstreamConnection, open_connection
from edgeauth.model.decision import Permit, Refusal
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.request import Headers, Request
from edgeauth.model.routing import Target
from edgeauth.ports.services import Clock
from edgeauth.services.clock import SystemClock
from edgeauth.wire.answers import Answers
from edgeauth.wire.http1 import request_framing
from edgeauth.wire.outbound import request_head
from edgeauth.wire.upgrades import requested_upgrade

_log = structlog.get_logger()
_NO_TARGET: Final = Refusal(Reason.INTERNAL, "the rule has no forward_to")
_REWRITE: Final = Refusal(Reason.PRECONDITION, "the rewritten request can be read in two ways")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class ProxyDoor:
    """Forwards permitted requests to their upstreams over pooled connections.

    Args:
        answers: what the client hears when the upstream fails.
        limits: timeouts and the number of idle connections.
        deadlines: the clock of its listener.
        tls: for https upstreams; verifies certificates by the system's roots unless given.
        clock: by which proofs of identity end.
    """

    def __init__(
        self,
        answers: Answers,
        limits: Limits,
        deadlines: Deadlines,
        tls: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._answers = answers
        self.limits = limits
        self.until = deadlines.until
        self._deadlines = deadlines
        self._tls = tls
        self._clock = clock or SystemClock()
        self._idle: dict[Origin, list[UpstreamConnection]] = {}
        self._open: set[UpstreamConnection] = set()

    def enforce(self, exchange: Exchange, permit: Permit) -> None:
        """Forwards the request; the exchange is answered by the upstream, or by its failure."""
        request, target = exchange.request, permit.target
        if request is None or target is None:
            self._refuse(exchange, _NO_TARGET)
            return
        try:
            _check_method(exchange, request.method.encode())
            protocol = requested_upgrade(
                exchange.method, exchange.version, request.headers, target.upgrades
            )
            head = request_head(request, permit, target, exchange.framing, protocol)
        except Malformed:
            self._refuse(exchange, _REWRITE)
            return
        if protocol is not None:
            exchange.upgrade = Upgrade(protocol, self._end_of(permit))
        origin = _origin(request, target)
        connection = self._take(origin)
        if connection is None:
            self.connect(exchange, origin, head)
        else:
            connection.serve(exchange, head, fresh=False)

    def _end_of(self, permit: Permit) -> float:
        """Returns the deadline at which the proof ends that the permit rests on; 0.0 for none."""
        if permit.expires_at is None:
            return 0.0
        # Not 0.0, whatever the clocks say: that would be no deadline.
        return max(self._deadlines.now + permit.expires_at - self._clock.now(), 1e-9)

    def connect(self, exchange: Exchange, origin: Origin, head: bytes) -> None:
        """Sends the request over a new connection."""
        exchange.work(self._connect(exchange, origin, head))

    async def _connect(self, exchange: Exchange, origin: Origin, head: bytes) -> None:
        try:
            connection = await open_connection(self, origin, self._context(origin))
        except Fault as fault:
            exchange.task = None
            self.failed(exchange, origin, fault.detail)
            return
        exchange.task = None
        if not connection.usable:
            self.failed(exchange, origin, "it closed the connection")
            return
        self._open.add(connection)
        connection.serve(exchange, head, fresh=True)

    def _context(self, origin: Origin) -> ssl.SSLContext | None:
        if origin.scheme == "http":
            return None
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _take(self, origin: Origin) -> UpstreamConnection | None:
        idle = self._idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.usable:
                return connection
        return None

    def release(self, connection: UpstreamConnection) -> None:
        """Keeps a connection for the next request to the same upstream."""
        idle = self._idle.setdefault(connection.origin, [])
        if len(idle) >= self.limits.idle_upstreams:
            connection.close()
        else:
            connection.deadline = self.until(self.limits.idle_timeout)
            idle.append(connection)

    def forget(self, connection: UpstreamConnection) -> None:
        """Learns that a connection has ended."""
        self._open.discard(connection)
        idle = self._idle.get(connection.origin, [])
        if connection in idle:
            idle.remove(connection)

    def failed(self, exchange: Exchange, origin: Origin, what: str) -> None:
        """Tells the client that the upstream failed, and the operator how."""
        _log.error("upstream failed", upstream=f"{origin.host}:{origin.port}", error=what)
        self._refuse(exchange, Refusal(Reason.COMMUNICATION, what))

    def _refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        headers = Headers() if exchange.request is None else exchange.request.headers
        exchange.answer(self._answers.to(refusal, headers))

    def sweep(self) -> None:
        """Ends connections whose deadline has passed."""
        for connection in tuple(self._open):
            if self._deadlines.passed(connection.deadline):
                connection.expire()

    def close(self) -> None:
        """Ends all connections."""
        for connection in tuple(self._open):
            connection.close()


def _check_method(exchange: Exchange, method: bytes) -> None:
    """Refuses a forwarded method under which the messages would be framed in another way.

    Raises:
        Malformed: it has no content but the request has, its answer has none or should have
            some, or proxies do not speak it.
    """
    if method == exchange.method:
        return
    if not exchange.framing.empty or b"HEAD" in {method, exchange.method}:
        raise Malformed("the forwarded method frames another message")
    request_framing(method, exchange.version, Headers())


def _origin(request: Request, target: Target) -> Origin:
    scheme = target.scheme or request.scheme
    return Origin(scheme, target.host.strip("[]"), target.port or _DEFAULT_PORTS[scheme])
