"""The proxy door: a permitted request is forwarded with what the pipeline says."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import structlog

from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.exchange import Exchange, Upgrade
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.origin import Origin, origin_of
from edgeauth.listeners.pool import Pool, Waiting
from edgeauth.listeners.upstream import UpstreamConnection
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.model.decision import Permit, Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.request import Headers
from edgeauth.services.listener_status import ListenerStatus, UpstreamFailure
from edgeauth.wire.answers import Answers
from edgeauth.wire.http1 import NO_CONTENT, request_framing
from edgeauth.wire.outbound import Relay, request_head
from edgeauth.wire.upgrades import requested_upgrade

_log = structlog.get_logger()
_NO_TARGET: Final = Refusal(Reason.INTERNAL, "the rule has no forward_to")
_REWRITE: Final = Refusal(Reason.PRECONDITION, "the rewritten request can be read in two ways")
_OVERLOADED: Final = Refusal(
    Reason.COMMUNICATION,
    "the upstream has as many requests as it may have",
    status=503,
    fields=((b"retry-after", b"1"),),
)


class ProxyDoor:
    """Forwards permitted requests to their upstreams over pooled connections.

    Args:
        answers: what the client hears when the upstream fails.
        limits: timeouts and the number of idle connections.
        deadlines: the clock of its listener.
        dialler: makes connections; trusts whom the system does unless given.
        status: is told how upstreams fail.
        patience: returns the seconds that an upstream may take until the head of its answer;
            `read_timeout` unless given.
    """

    def __init__(
        self,
        answers: Answers,
        limits: Limits,
        deadlines: Deadlines,
        dialler: Dialler | None = None,
        status: ListenerStatus | None = None,
        patience: Callable[[Origin], float] | None = None,
    ) -> None:
        self._status = status or ListenerStatus("serve")
        self._answers = answers
        self.patience = patience or (lambda _origin: limits.read_timeout)
        self.limits = limits
        self.until = deadlines.until
        self._deadlines = deadlines
        self._dialler = dialler or Dialler(limits.connect_timeout)
        self._relays = self._dialler.relays
        self._pool = Pool(limits, deadlines, self)
        self.release = self._pool.release
        self.forget = self._pool.forget
        self.occupancy = self._pool.occupancy

    def enforce(self, exchange: Exchange, permit: Permit) -> None:
        """Forwards the request; the exchange is answered by the upstream, or by its failure."""
        request, target = exchange.request, permit.target
        if request is None or target is None:
            self._refuse(exchange, _NO_TARGET)
            return
        try:
            method = request.method.encode()
            if method != exchange.method:
                _check_method(exchange, method)
            protocol = requested_upgrade(
                exchange.method, exchange.version, request.headers, target.upgrades
            )
            origin = origin_of(request, target)
            relay = self._relay(origin) if self._relays else None
            head = request_head(request, permit, target, exchange.framing, protocol, relay)
        except Malformed:
            self._refuse(exchange, _REWRITE)
            return
        exchange.owned, exchange.expires_at = permit.owned, permit.expires_at
        if protocol is not None:
            ends = permit.expires_at
            ends_at = 0.0 if ends is None else self._deadlines.before(ends)
            exchange.upgrade = Upgrade(protocol, ends_at)
        connection = self._pool.take(origin)
        if connection is None:
            self.connect(exchange, origin, head)
        else:
            connection.serve(exchange, head, fresh=False)

    def _relay(self, origin: Origin) -> Relay | None:
        """Returns the proxy that reads requests for an origin; None when there is none."""
        proxy = self._dialler.proxy(origin) if origin.scheme == "http" else None
        return None if proxy is None else Relay(proxy.authorization)

    def connect(self, exchange: Exchange, origin: Origin, head: bytes) -> None:
        """Sends the request over a new connection, as soon as there may be one more."""
        if self._pool.reserve(origin):
            self._connect(exchange, origin, head)
        elif not self._pool.wait(exchange, origin, head):
            self._overloaded(exchange, origin)

    def send_on(self, waiting: Waiting, connection: UpstreamConnection | None) -> None:
        """Sends a request that has waited, over a connection or a new one that has its place."""
        if connection is None:
            self._connect(waiting.exchange, waiting.origin, waiting.head)
        else:
            connection.serve(waiting.exchange, waiting.head, fresh=False)

    def overloaded(self, waiting: Waiting) -> None:
        """Refuses a request that has waited for too long."""
        self._overloaded(waiting.exchange, waiting.origin)

    def _overloaded(self, exchange: Exchange, origin: Origin) -> None:
        _log.error("upstream overloaded", upstream=origin.place)
        self._status.failed[UpstreamFailure.OVERLOAD] += 1
        exchange.note_failure(origin.place, UpstreamFailure.OVERLOAD, _OVERLOADED.detail)
        self._refuse(exchange, _OVERLOADED)

    def _connect(self, exchange: Exchange, origin: Origin, head: bytes) -> None:
        made: list[UpstreamConnection] = []
        exchange.work(self._open(exchange, origin, head, made))
        if exchange.task is not None:
            # A task that is cancelled before it begins does not even get to its `finally`.
            exchange.task.add_done_callback(lambda _: None if made else self._pool.leave(origin))

    async def _open(
        self, exchange: Exchange, origin: Origin, head: bytes, made: list[UpstreamConnection]
    ) -> None:
        try:
            connection, way = await self._dialler.open(
                origin, lambda: UpstreamConnection(self, origin)
            )
        except UpstreamFault as fault:
            exchange.task = None
            self._refuse_failed(exchange, origin, fault)
            return
        exchange.task = None
        if connection.lost is not None:
            self._refuse_failed(exchange, origin, connection.lost)
            return
        connection.way = way
        made.append(connection)
        self._pool.open.add(connection)
        connection.serve(exchange, head, fresh=True)

    def sweep(self) -> None:
        """Ends what has waited for too long, and connections that would be made otherwise now."""
        self._dialler.refresh(connection.origin for connection in self._pool.open)
        for connection in tuple(self._pool.open):
            way = connection.way
            if way is not None and not self._dialler.leads(connection.origin, way):
                self._pool.retire(connection)
        self._pool.sweep()

    def close(self) -> None:
        """Ends all connections; nobody's turn comes any more."""
        self._pool.close()
        self._dialler.close()

    def failed(
        self,
        exchange: Exchange,
        origin: Origin,
        what: str,
        failure: UpstreamFailure = UpstreamFailure.ANSWER,
    ) -> None:
        """Tells the client that the upstream failed, and the operator how.

        Args:
            exchange: whose request it was.
            origin: of the upstream.
            what: went wrong.
            failure: the kind of it; what is too late is 504, unless all failures of services have
                a status of the operator's own.
        """
        self._refuse_failed(exchange, origin, UpstreamFault(failure, what))

    def _refuse_failed(self, exchange: Exchange, origin: Origin, fault: UpstreamFault) -> None:
        self._status.failed[fault.failure] += 1
        _log.error("upstream failed", upstream=origin.place, error=fault.detail)
        refusal = Refusal.of(fault)
        if not self._answers.is_usual(refusal.reason):
            refusal = replace(refusal, status=None)
        exchange.note_failure(origin.place, fault.failure, fault.detail)
        self._refuse(exchange, refusal)

    def _refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        exchange.note(refusal.reason.value)
        headers = Headers() if exchange.request is None else exchange.request.headers
        exchange.answer(self._answers.to(refusal, headers))


def _check_method(exchange: Exchange, method: bytes) -> None:
    """Refuses another method than the client's, where it would frame the messages otherwise.

    Raises:
        Malformed: it has no content but the request has, its answer has none or should have
            some, or proxies do not speak it.
    """
    if exchange.framing is not NO_CONTENT or b"HEAD" in {method, exchange.method}:
        raise Malformed("the forwarded method frames another message")
    request_framing(method, exchange.version, Headers())
