"""Clients for the kinds of Redis there are: redis-py behind the port of the store.

The only place that knows the library. It retries once and at once, for connections that have gone
stale; everything else is the store's matter. RESP2 is spoken: nothing here needs more.
"""

import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol, TypeVar, cast

from redis.asyncio import ConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import (
    Sentinel,
    SentinelConnectionPool,
    SentinelManagedConnection,
    SentinelManagedSSLConnection,
)
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import RedisError, ResponseError

from edgeauth.config.models.cache import (
    AnyRedis,
    RedisClusterSettings,
    RedisSentinelSettings,
    SingleRedisSettings,
)
from edgeauth.config.scalars import Authority
from edgeauth.services.redis.announcements import Server
from edgeauth.services.redis.credentials import Logins
from edgeauth.services.redis.lanes import Command, RefusedError, UnavailableError
from edgeauth.services.redis.store import Client

Trust = Callable[[], ssl.SSLContext]

_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379


class _Pipeline(Protocol):
    """What is used of the library's pipelines."""

    def execute_command(self, *parts: str | bytes | int) -> object: ...

    def execute(self, raise_on_error: bool) -> Awaitable[Sequence[object]]: ...  # noqa: FBT001  (the library's)


class _Provider(CredentialProvider):
    """Tells the library what to log in with."""

    def __init__(self, logins: Logins) -> None:
        self._logins = logins

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        login = await self._logins.current()
        password = login.password.get_secret_value()
        return (password,) if login.username is None else (login.username, password)


class _Client:
    """Runs commands in pipelines that are no transactions.

    Args:
        pipeline: begins one.
        servers: tells where they are run.
        close: close the connections.
    """

    def __init__(
        self,
        pipeline: Callable[[], object],
        servers: Callable[[], Awaitable[Iterable[tuple[str, int]]]],
        *close: Callable[[], Awaitable[None]],
    ) -> None:
        self._pipeline = pipeline
        self._servers = servers
        self._close = close

    async def run(self, commands: Sequence[Command]) -> Sequence[object]:
        pipeline = cast("_Pipeline", self._pipeline())
        for command in commands:
            pipeline.execute_command(*command)
        try:
            replies = await pipeline.execute(raise_on_error=False)
        except Exception:  # noqa: BLE001  (what a stranger answers makes the library raise anything)
            raise UnavailableError from None
        return [_checked(each) for each in replies]

    async def servers(self) -> frozenset[Server]:
        try:
            servers = frozenset(Server(host, port) for host, port in await self._servers())
        except Exception:  # noqa: BLE001  (see above)
            raise UnavailableError from None
        if not servers:
            raise UnavailableError
        return servers

    async def close(self) -> None:
        for close in self._close:
            with suppress(RedisError, OSError):
                await close()


def _checked(reply: object) -> object:
    """Returns a reply, or says what one that is an error means.

    Raises:
        UnavailableError: a node of a cluster is not there.
    """
    if isinstance(reply, ResponseError):
        # The library takes the first word of well-known errors away; the class says it.
        return RefusedError(type(reply).__name__)
    if isinstance(reply, Exception):
        raise UnavailableError
    return reply


class Access(NamedTuple):
    """How Redis lets us in."""

    tls: Trust | None
    """Returns whom to trust with a new connection; None speaks without TLS."""
    logins: Logins | None = None
    sentinel_logins: Logins | None = None


def client_of(settings: AnyRedis, access: Access) -> Client:
    """Returns a client that connects when it is used first."""
    if isinstance(settings, SingleRedisSettings):
        options = _options(settings, access.logins, settings.address, _PORT)
        return _single(options, settings.db, access.tls)
    if isinstance(settings, RedisSentinelSettings):
        return _behind_sentinels(settings, access)
    return _cluster(settings, access)


def _single(options: dict[str, object], db: int, tls: Trust | None) -> Client:
    connection = Connection if tls is None else _with(tls, SSLConnection)
    pool = ConnectionPool(connection, db=db, **options)  # type: ignore[arg-type]  # as documented

    async def servers() -> list[tuple[str, int]]:
        return [(str(options["host"]), int(str(options["port"])))]

    return _Client(
        lambda: Redis(connection_pool=pool).pipeline(transaction=False), servers, pool.aclose
    )


def _behind_sentinels(settings: RedisSentinelSettings, access: Access) -> Client:
    sentinels = []
    for address in settings.nodes:
        options = _options(settings, access.sentinel_logins, address, _SENTINEL_PORT)
        connection = Connection if access.tls is None else _with(access.tls, SSLConnection)
        pool = ConnectionPool(connection, **options)  # type: ignore[arg-type]  # as documented
        sentinels.append(Redis(connection_pool=pool))
    manager = Sentinel([])  # type: ignore[no-untyped-call]  # the library's
    manager.sentinels = sentinels
    managed = (
        SentinelManagedConnection
        if access.tls is None
        else _with(access.tls, SentinelManagedSSLConnection)
    )
    options = _options(settings, access.logins)
    master = SentinelConnectionPool(  # type: ignore[no-untyped-call]  # the library's
        settings.master, manager, connection_class=managed, db=settings.db, **options
    )

    async def servers() -> list[tuple[str, int]]:
        # Has idle connections to a former master closed as well.
        return [await master.get_master_address()]  # type: ignore[no-untyped-call]  # the library's

    return _Client(
        lambda: Redis(connection_pool=master).pipeline(transaction=False),
        servers,
        master.aclose,
        *(each.connection_pool.aclose for each in sentinels),
    )


def _cluster(settings: RedisClusterSettings, access: Access) -> Client:
    nodes = [ClusterNode(*_address(each, _PORT)) for each in settings.nodes]
    options = _options(settings, access.logins)
    cluster = RedisCluster(startup_nodes=nodes, **options)  # type: ignore[arg-type]  # as documented
    if access.tls is not None:
        # The library makes contexts of its own only; ours trusts whom the configuration names.
        connection = _with(access.tls, SSLConnection)
        cluster.connection_kwargs["connection_class"] = connection
        for node in cluster.startup_nodes:
            node.connection_class = connection

    async def servers() -> list[tuple[str, int]]:
        # As the client knows them, since that is where it reads.
        return [(node.host, int(node.port)) for node in cluster.get_primaries()]

    return _Client(cluster.pipeline, servers, cluster.aclose)


C = TypeVar("C", bound=SSLConnection)


def _with(trust: Trust, connection: type[C]) -> type[C]:
    """Returns a class of connections that trust whom the context of their time trusts.

    They end at once where nobody waits for it, and where the server does not say goodbye: the
    library would leave their transports open, which may outlive the loop (ResourceWarning).
    """

    class Trusting(connection):  # type: ignore[valid-type, misc]  # a class that is an argument
        def __init__(self, **options: object) -> None:
            super().__init__(**options)
            self.ssl_context.context = trust()

        async def disconnect(self, nowait: bool = False, **options: object) -> None:  # noqa: FBT001, FBT002  (the library's)
            writer = self._writer
            try:
                await super().disconnect(nowait, **options)
            finally:
                if writer is not None:
                    writer.transport.abort()

    return Trusting


def _options(
    settings: AnyRedis, logins: Logins | None, address: Authority | None = None, port: int = 0
) -> dict[str, object]:
    """Returns what the library is told of every connection."""
    options: dict[str, object] = {
        "protocol": 2,
        "driver_info": None,
        "socket_connect_timeout": settings.timeout.connect,
        # The store has its eye on the clock.
        "socket_timeout": None,
        "retry": Retry(NoBackoff(), 1),
    }
    if logins is not None:
        options["credential_provider"] = _Provider(logins)
    if address is not None:
        options["host"], options["port"] = _address(address, port)
    return options


def _address(address: Authority, port: int) -> tuple[str, int]:
    return address.host.strip("[]"), address.port or port
