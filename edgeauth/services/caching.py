"""The cache that a configuration asks for, with what belongs to it."""

import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edgeauth.config.models.cache import (
    AnyRedis,
    Cache,
    InMemoryCache,
    NoopCache,
    RedisSentinelSettings,
    RedisTls,
)
from edgeauth.ports.facts import CacheCounters, FactCache
from edgeauth.ports.proofs import ReplayStore
from edgeauth.ports.secret_references import SecretSources
from edgeauth.ports.services import Clock
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.no_cache import NoCache
from edgeauth.services.replays import MemoryReplayStore

if TYPE_CHECKING:
    from edgeauth.services.redis.cache import SharedCache
    from edgeauth.services.redis.credentials import Logins
    from edgeauth.services.redis.replays import RedisReplayStore


class Caching:
    """Where the facts of this process are kept.

    Args:
        settings: the `cache` section.
        clock: tells when facts end.
        contexts: whom to trust to be Redis, and what it is shown.
        secrets: the sources that credentials may come from.

    Attributes:
        facts: the cache.
        replays: remembers what was used once, where the facts are; never `noop`.
        counters: what the cache was asked, by the name of the backend.

    Raises:
        ValueError: the text is for the operator: a library is not installed, or a file can not be
            used.
    """

    facts: FactCache
    replays: ReplayStore
    counters: Mapping[str, CacheCounters]

    def __init__(
        self, settings: Cache, clock: Clock, contexts: ClientContexts, secrets: SecretSources
    ) -> None:
        self._shared: SharedCache | None = None
        if not isinstance(settings, InMemoryCache | NoopCache):
            shared, self.replays = _shared(settings.config, clock, contexts, secrets)
            self._shared = self.facts = shared
            self.counters = {"in-memory": shared.memory.counters, settings.type: shared.counters}
            return
        self.replays = MemoryReplayStore(clock)
        if isinstance(settings, NoopCache):
            nothing = NoCache()
            self.facts, self.counters = nothing, {settings.type: nothing.counters}
        else:
            limits = settings.config
            memory = MemoryCache(clock, limits.memory_limit, limits.entry_limit)
            self.facts, self.counters = memory, {settings.type: memory.counters}

    async def start(self) -> None:
        """Connects to what is outside of the process, or begins to try."""
        if self._shared is not None:
            await self._shared.start()

    async def close(self) -> None:
        """Gives everything back; what is still to be written is, for a second at most."""
        if self._shared is not None:
            await self._shared.close()


def _shared(
    settings: AnyRedis, clock: Clock, contexts: ClientContexts, secrets: SecretSources
) -> "tuple[SharedCache, RedisReplayStore]":
    # Half a second and a library that only those need who configure it.
    try:
        from edgeauth.services.redis.clients import Access, client_of  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "redis":
            raise
        message = "the library redis is not installed: pip install 'edgeauth[redis]'"
        raise ValueError(message) from None
    from edgeauth.services.redis.cache import SharedCache  # noqa: PLC0415
    from edgeauth.services.redis.copies import Copies  # noqa: PLC0415
    from edgeauth.services.redis.encryption_keys import encryption_keys  # noqa: PLC0415
    from edgeauth.services.redis.replays import RedisReplayStore  # noqa: PLC0415
    from edgeauth.services.redis.sealing import Sealer  # noqa: PLC0415
    from edgeauth.services.redis.store import RedisStore  # noqa: PLC0415
    from edgeauth.services.redis.tracking import Tracking  # noqa: PLC0415

    access = Access(_trust(settings.tls, contexts), *_logins(settings, secrets))
    store = RedisStore(
        lambda: client_of(settings, access), settings.timeout, settings.max_flush_delay
    )
    sealer = Sealer(encryption_keys(settings, secrets))
    front = settings.client_cache
    memory = MemoryCache(clock, front.size_per_connection)
    ttl = 0.0 if front.disabled else front.ttl
    copies = Copies(memory, clock, ttl)
    tracking = Tracking(store, access, copies, settings.timeout.connect) if ttl > 0 else None
    shared = SharedCache(memory, copies, store, sealer, clock, tracking)
    return shared, RedisReplayStore(store, sealer, clock, MemoryReplayStore(clock))


def _trust(tls: RedisTls, contexts: ClientContexts) -> Callable[[], ssl.SSLContext] | None:
    """Returns what says whom to trust with a new connection; None for those without TLS."""
    if tls.disabled:
        return None
    contexts.prepare(tls)
    return lambda: contexts.context(tls)


def _logins(settings: AnyRedis, secrets: SecretSources) -> "tuple[Logins | None, Logins | None]":
    from edgeauth.services.redis.credentials import Logins  # noqa: PLC0415

    own = settings.credentials
    of_sentinels = (
        settings.sentinel_credentials if isinstance(settings, RedisSentinelSettings) else None
    )
    return (
        None if own is None else Logins(own, secrets),
        None if of_sentinels is None else Logins(of_sentinels, secrets),
    )
