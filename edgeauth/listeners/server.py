"""A listener: a socket, its connections, and the sweep that bounds them all."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, NamedTuple, Protocol, TypeVar

import structlog

from edgeauth.config.models.cors import Cors
from edgeauth.config.models.serve import Serve
from edgeauth.listeners.connection import ClientConnection
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.sockets import BACKLOG, Place, open_sockets
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.wire.cors import CorsPolicy
from edgeauth.wire.inbound import Peer

_log = structlog.get_logger()
_SWEEP_SECONDS: Final = 0.5
T = TypeVar("T")

Decide = Callable[[Request, ContentSource], Coroutine[None, None, Decision]]
Network = IPv4Network | IPv6Network
RecordMalformed = Callable[[str, Malformed], None]


class TrustedProxies(NamedTuple):
    """Peers that speak for their clients."""

    networks: tuple[Network, ...] = ()
    certificate_field: bytes | None = None
    """The field in which they tell of the client's certificate, in lower case."""


def trusted_by(serve: Serve) -> TrustedProxies:
    """Returns the peers that the configuration trusts."""
    field = serve.client_certificate_from
    return TrustedProxies(
        tuple(serve.trusted_proxies), None if field is None else field.lower().encode("ascii")
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


class Door(Protocol):
    """What becomes of a permit."""

    def enforce(self, exchange: Exchange, permit: Permit) -> None:
        """Sees to it that the exchange is answered."""
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
    ) -> None:
        self.decide = decide
        self.cors = cors
        self.limits = limits
        self.until = deadlines.until
        self.draining = False
        self.enforce = door.enforce
        self._door = door
        self._deadlines = deadlines
        self._trusted = trusted
        self._record_malformed = record_malformed
        self._connections: set[ClientConnection] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._servers: list[asyncio.Server] = []
        self._sweeping: asyncio.TimerHandle | None = None
        self._drained: asyncio.Event | None = None

    # Its life.

    async def start(self, host: str | None, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listens, and returns the port.

        Args:
            host: address or name; None or empty for all interfaces.
            port: 0 for any free one.
            tls: for https.

        Raises:
            OSError: the address can not be listened on.
        """
        [sockets] = open_sockets(Place("", host or "", port))
        await self.serve(sockets, tls)
        return int(sockets[0].getsockname()[1])

    async def serve(
        self, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> None:
        """Serves at sockets that listen; they are closed in the end."""
        self._sweep()
        loop = asyncio.get_running_loop()
        for each in sockets:
            self._servers.append(
                await loop.create_server(
                    lambda: ClientConnection(self), sock=each, ssl=tls, backlog=BACKLOG
                )
            )

    async def drain(self, seconds: float) -> None:
        """Stops accepting, lets requests under way finish for so long, then closes everything."""
        self.draining = True
        for server in self._servers:
            server.close()
        for connection in tuple(self._connections):
            connection.close_when_idle()
        if self._connections:
            self._drained = asyncio.Event()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._drained.wait()
        self._close()

    def _close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in tuple(self._connections):
            connection.abort()
        for task in tuple(self._tasks):
            task.cancel()
        self._door.close()

    def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        self._deadlines.now = loop.time()
        for connection in tuple(self._connections):
            if self._deadlines.passed(connection.deadline):
                connection.expire()
        self._door.sweep()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)

    # Its connections speak.

    def peer_of(self, transport: asyncio.Transport) -> Peer:
        """Returns who is at the other end."""
        scheme = "http" if transport.get_extra_info("sslcontext") is None else "https"
        name = transport.get_extra_info("peername")
        if not isinstance(name, tuple):
            return Peer("@", trusted=False, scheme=scheme)
        address = ip_address(str(name[0]).partition("%")[0])
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        trusted = any(
            address.version == network.version and address in network
            for network in self._trusted.networks
        )
        field = self._trusted.certificate_field if trusted else None
        return Peer(str(address), trusted=trusted, scheme=scheme, certificate_field=field)

    def admit(self, connection: ClientConnection) -> bool:
        """Returns whether there is room for one more connection, and counts it."""
        if self.draining or len(self._connections) >= self.limits.connections:
            return False
        self._connections.add(connection)
        return True

    def forget(self, connection: ClientConnection) -> None:
        """Learns that a connection has ended."""
        self._connections.discard(connection)
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

    def broken(self, bug: BaseException) -> None:
        """Tells the operator about a bug of edgeauth's own, without any data of the request."""
        _log.error("bug in the data plane", error=type(bug).__name__)

    def malformed(self, peer: Peer, malformed: Malformed) -> None:
        """Tells the operator about bytes that are no request."""
        self._record_malformed(peer.address, malformed)
