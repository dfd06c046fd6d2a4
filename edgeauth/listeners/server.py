"""A listener: a socket, its connections, and the sweep that bounds them all."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Final, Protocol, TypeVar

import structlog
from msgspec import Struct

from edgeauth.config.models.cors import Cors
from edgeauth.config.models.serve import Serve
from edgeauth.listeners.arrivals import Arrivals, Reception
from edgeauth.listeners.client_certificates import Telling, shown_certificate, told_fields
from edgeauth.listeners.connection import ClientConnection
from edgeauth.listeners.crowd import Crowd
from edgeauth.listeners.deadlines import TICK, Deadlines
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.measured import MeasuredConnection
from edgeauth.listeners.networks import Network, address_of, is_among, origin_of
from edgeauth.listeners.observed import ObservedConnection, Recorder
from edgeauth.listeners.request_ids import RequestIds
from edgeauth.listeners.sockets import Place, open_sockets
from edgeauth.listeners.tls import asked_name
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.services.listener_status import Limited, ListenerStatus, Occupancy
from edgeauth.wire.client_certificates import Element
from edgeauth.wire.cors import CorsPolicy
from edgeauth.wire.inbound import Peer
from edgeauth.wire.proxy_protocol import UNIX_SOCKET

_log = structlog.get_logger()
_SOON: Final = 0.01
"""Seconds; enough for the loop to read what has come."""
LAST_CALL: Final = 1.0
"""Seconds that connections may stay idle at the end, for requests that are on their way."""
T = TypeVar("T")

Decide = Callable[[Request, ContentSource], Coroutine[None, None, Decision]]
RecordMalformed = Callable[[str, Malformed], None]


class TrustedProxies(Struct, frozen=True):
    """Peers that speak for their clients."""

    networks: tuple[Network, ...] = ()
    certificate_field: bytes | None = None
    """The field in which they tell of the client's certificate, in lower case."""
    certificate_element: Element = "only"
    """Which certificate counts where the field tells of several."""


def trusted_by(serve: Serve) -> TrustedProxies:
    """Returns the peers that the configuration trusts."""
    field = serve.client_certificate_from
    return TrustedProxies(
        tuple(serve.trusted_proxies),
        None if field is None else field.lower().encode("ascii"),
        serve.client_certificate_element,
    )


def cors_policy(cors: Cors | None) -> CorsPolicy | None:
    """Returns what the configuration lets pages of other origins do."""
    if cors is None:
        return None
    return CorsPolicy(
        cors.allowed_origins,
        cors.allowed_methods,
        cors.allowed_headers,
        cors.exposed_headers,
        credentials=cors.allow_credentials,
        max_age=int(cors.max_age),
    )


def counted_as(peer: Peer) -> str:
    """Returns what the connections of a peer are counted by; empty when they are not counted.

    Trusted proxies speak for many clients.
    """
    if peer.trusted or peer.address == UNIX_SOCKET:
        return ""
    return origin_of(address_of(peer.address))


class Door(Protocol):
    """What becomes of a permit."""

    def enforce(self, exchange: Exchange, permit: Permit) -> None:
        """Sees to it that the exchange is answered."""
        ...

    def occupancy(self) -> Occupancy:
        """Returns how many connections it keeps to upstreams, and who waits for one."""
        ...

    def sweep(self) -> None:
        """Ends what has taken too long."""
        ...

    def close(self) -> None:
        """Gives everything back."""
        ...


class Listener:
    """Accepts connections and turns their requests into decisions.

    Args:
        decide: the decision point.
        door: enforces permits.
        deadlines: the clock that the door counts with as well; the listener makes it tick.
        limits: what a client may cost.
        trusted: peers whose forwarding fields are believed.
        record_malformed: is told the client's address and what was wrong with its bytes.
        cors: what pages of other origins may do; None leaves that to upstreams.
        status: is told how often limits were reached, and how busy it is.
        recorder: notes every exchange; None notes nothing.
        request_ids: name requests; None leaves that to clients.
        only_resolved: whether paths with dot segments or empty ones are refused.

    Attributes:
        in_flight: requests begun and not answered yet.
    """

    def __init__(  # noqa: PLR0913  (the one place where all of it meets)
        self,
        decide: Decide,
        door: Door,
        deadlines: Deadlines,
        limits: Limits,
        trusted: TrustedProxies = TrustedProxies(),  # noqa: B008  (immutable)
        record_malformed: RecordMalformed = lambda _address, _malformed: None,
        cors: CorsPolicy | None = None,
        status: ListenerStatus | None = None,
        recorder: Recorder | None = None,
        request_ids: RequestIds | None = None,
        *,
        only_resolved: bool = False,
    ) -> None:
        self.decide = decide
        self.cors = cors
        self.limits = limits
        self.request_ids = request_ids
        self.until = deadlines.until
        self.passed = deadlines.passed
        self.before = deadlines.before
        self.draining = False
        self.in_flight = 0
        self.enforce = door.enforce
        self._door = door
        self._deadlines = deadlines
        self._trusted = trusted
        self._only_resolved = only_resolved
        self._record_malformed = record_malformed
        self._status = status or ListenerStatus("serve")
        self._status.occupancy = self._occupancy
        self._limited = self._status.limited
        self._crowd = Crowd(limits.connections, limits.connections_per_address)
        self._connections: set[ClientConnection] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._telling: Telling = "none"
        self._strict_sni = False
        self._recorder = recorder
        self._arrivals: Arrivals | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._drained: asyncio.Event | None = None

    # Its life.

    async def start(self, host: str | None, port: int, reception: Reception | None = None) -> int:
        """Listens, and returns the port.

        Args:
            host: address or name; None or empty for all interfaces.
            port: 0 for any free one.
            reception: what comes before the first request; None for nothing.

        Raises:
            OSError: the address can not be listened on.
        """
        [sockets] = open_sockets(Place("", host or "", port))
        await self.serve(sockets, reception)
        return int(sockets[0].getsockname()[1])

    async def serve(
        self, sockets: Sequence[socket.socket], reception: Reception | None = None
    ) -> None:
        """Serves at sockets that listen; they are closed in the end.

        Args:
            sockets: that listen.
            reception: what comes before the first request; None for nothing.
        """
        self._sweep()
        reception = reception or Reception()
        self._telling = reception.telling
        self._strict_sni = reception.strict_sni
        self._arrivals = Arrivals(reception, self._connection)
        self._arrivals.accept(sockets)

    def _connection(self, address: str) -> ClientConnection:
        """Returns what speaks with a client at an address."""
        if self._recorder is None:
            durations = self._status.requests
            if durations is None:
                return ClientConnection(self, address)
            return MeasuredConnection(self, address, durations)
        return ObservedConnection(self, address, self._recorder)

    async def drain(self, seconds: float) -> None:
        """Stops accepting, lets requests under way finish for so long, then closes everything.

        A request may be on its way on a connection that is idle. So the first to come is answered,
        with `Connection: close`, and what nobody uses for `LAST_CALL` is closed then.
        """
        self.draining = True
        if self._arrivals is not None:
            self._arrivals.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_CALL):
                        await self._settled()
                for connection in tuple(self._connections):
                    connection.close_when_idle()
                await self._settled()
        self._close()
        await asyncio.sleep(0)  # connections learn that they are lost

    async def _settled(self) -> None:
        """Waits until nobody is on the way any more, and then until nobody is left."""
        if self._arrivals is not None:
            await self._arrivals.settled()
        if self._connections:
            self._drained = asyncio.Event()
            await self._drained.wait()

    def _close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._arrivals is not None:
            self._arrivals.abandon()
        for connection in tuple(self._connections):
            connection.abort()
        for task in tuple(self._tasks):
            task.cancel()
        self._door.close()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._sweeping is not None:
            self._status.lag += max(now - self._due, 0.0)
        looking = self._deadlines.tick(now)
        if looking:
            self._expire()
        self._due = loop.time() + (TICK if looking else _SOON)
        self._sweeping = loop.call_at(self._due, self._sweep)

    def _expire(self) -> None:
        for connection in tuple(self._connections):
            if self._deadlines.passed(connection.deadline):
                connection.expire()
        if self.limits.request_time or self.limits.end_with_credentials != "upgrades":
            for connection in tuple(self._connections):
                connection.end_overdue()
        self._door.sweep()

    # Its connections speak.

    def peer_of(self, transport: asyncio.Transport, address: str) -> Peer:
        """Returns who is at the other end.

        Args:
            transport: of the connection.
            address: of the client; `UNIX_SOCKET` when it has none.

        Raises:
            Malformed: its certificate can not be read in one way only.
        """
        encrypted: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        scheme = "http" if encrypted is None else "https"
        if address != UNIX_SOCKET:
            known = address_of(address)
            address = str(known)
            if is_among(known, self._trusted.networks):
                # What it shows is its own certificate, not that of a client it speaks for.
                return Peer(
                    address,
                    trusted=True,
                    scheme=scheme,
                    certificate_field=self._trusted.certificate_field,
                    certificate_element=self._trusted.certificate_element,
                    only_resolved=self._only_resolved,
                )
        shown = shown_certificate(encrypted)
        return Peer(
            address,
            trusted=False,
            scheme=scheme,
            certificate=shown,
            certificate_told=told_fields(encrypted, shown, self._telling),
            server_name=asked_name(encrypted) if self._strict_sni else None,
            only_resolved=self._only_resolved,
        )

    def admit(self, connection: ClientConnection) -> bool:
        """Returns whether there is room for one more connection, and counts it.

        Also while draining: a client whose handshake had begun gets the answer to one request.
        """
        limit = self._crowd.enter(counted_as(connection.peer))
        if limit is not None:
            self.limited(limit)
            return False
        self._connections.add(connection)
        return True

    def _occupancy(self) -> Occupancy:
        mine = Occupancy(len(self._connections), self.in_flight)
        return mine.plus(self._door.occupancy())

    def limited(self, limit: Limited) -> None:
        """Counts that a limit was reached."""
        self._limited[limit] += 1

    def forget(self, connection: ClientConnection) -> None:
        """Learns that a connection has ended."""
        if connection in self._connections:
            self._connections.remove(connection)
            self._crowd.leave(counted_as(connection.peer))
        if self._drained is not None and not self._connections:
            self._drained.set()

    def spawn(
        self,
        work: Coroutine[None, None, T],
        done: Callable[["asyncio.Task[T]"], None] | None = None,
    ) -> "asyncio.Task[T]":
        """Runs work in a task that the listener keeps until it has ended."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if done is not None:
            task.add_done_callback(done)
        return task

    def soon(self, work: Callable[[], None]) -> None:
        """Lets everybody who waits have a turn before the work is done."""
        asyncio.get_running_loop().call_soon(work)

    def broken(self, bug: BaseException) -> None:
        """Tells the operator about a bug of edgeauth's own, without any data of the request."""
        _log.error("bug in the data plane", error=type(bug).__name__)

    def malformed(self, peer: Peer, malformed: Malformed) -> None:
        """Tells the operator about bytes that are no request."""
        self._record_malformed(peer.address, malformed)
