"""The cache of processes that share what they know in Redis.

Each process has a memory of its own in front, which is asked first and never waits; Redis is asked
for what is not there, where the alternative is to ask a policy service or an authorization server.
What is worked out more quickly than it is fetched (verified tokens, contracts) is not shared.

The memory in front has copies of what is in Redis, which end when Redis says that an entry has
changed (client-side caching).
"""

from collections.abc import Callable, Coroutine
from math import inf
from typing import Final, TypeVar, cast

import structlog

from edgeauth.model.errors import Malformed
from edgeauth.ports.facts import CacheCounters, FactKind, Learned
from edgeauth.ports.services import Clock, leave_fast_path
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.learning import Learning
from edgeauth.services.redis.copies import Copies
from edgeauth.services.redis.lanes import RefusedError, UnavailableError
from edgeauth.services.redis.sealing import FACTS, Entry, Place, Sealer
from edgeauth.services.redis.store import MAX_OCTETS, RedisStore
from edgeauth.services.redis.tracking import Tracking

F = TypeVar("F")
T = TypeVar("T")

LONGEST: Final = 86_400.0
"""Seconds for which Redis is asked to keep an entry at most."""
_SEALED_OCTETS: Final = 64
"""What sealing adds at most."""
_QUIET_SECONDS: Final = 60.0

_LOG = structlog.get_logger(__name__)


class SharedCache:
    """Keeps facts in the process and in Redis.

    Args:
        memory: the facts of this process.
        copies: those among them that are in Redis as well.
        store: those of all.
        sealer: makes entries that only processes with the same key read and write.
        clock: tells when facts end.
        tracking: has copies kept while Redis tells what changes; None where none are.

    Attributes:
        counters: what Redis was asked for.
        memory: the cache in front, with counters of its own.
    """

    def __init__(
        self,
        memory: MemoryCache,
        copies: Copies,
        store: RedisStore,
        sealer: Sealer,
        clock: Clock,
        tracking: Tracking | None,
    ) -> None:
        self.counters = CacheCounters()
        self.memory = memory
        # The memory's own method: what is found there costs nothing more than without Redis.
        self.find = memory.find
        self.peek = memory.peek
        self._store = store
        self._sealer = sealer
        self._now = clock.now
        self._copies = copies
        self._tracking = tracking
        self._quiet_until = -inf
        self._learning = Learning(self)

    async def fetch(self, key: bytes, kind: FactKind[F]) -> F | None:
        """Returns the fact if a process with the same key has left it in Redis."""
        await leave_fast_path()
        place = self._place(kind, key)
        copy = self._copies.expect(place.name, key)
        try:
            octets = await self._store.read(place.name)
        except (UnavailableError, RefusedError):
            self.counters.errors += 1
            return None
        if not octets:
            self.counters.misses += 1
            return None
        try:
            entry = self._sealer.open(place, octets)
            fact = kind.read(entry.octets)
        except Malformed as problem:
            self._reject(kind.name, str(problem))
            return None
        if not self._now() < entry.expires_at:
            self.counters.misses += 1
            return None
        self.counters.hits += 1
        self._copies.keep(copy, fact, entry.expires_at)
        return fact

    def store(
        self, key: bytes, fact: object, expires_at: float, kind: FactKind[F] | None = None
    ) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest.

        Nobody waits until Redis has it.
        """
        if kind is None or not isinstance(fact, kind.fact):
            self.memory.store(key, fact, expires_at)
            return
        place = self._place(kind, key)
        left = min(expires_at - self._now(), LONGEST)
        if not left > 0:
            self.memory.store(key, fact, expires_at)
            self._store.delete(place.name)
            return
        try:
            octets = kind.write(fact)
        except Malformed:
            octets = b""
        if not octets or len(octets) + _SEALED_OCTETS > MAX_OCTETS:
            self.counters.store_errors += 1
            self.memory.store(key, fact, expires_at)
            return
        copy = self._copies.expect(place.name, key, alone=not self._store.is_there)
        self._copies.keep(copy, fact, expires_at)
        sealed = self._sealer.seal(place, Entry(expires_at, octets))
        reply = self._store.write(place.name, sealed, max(1, int(left * 1000)))
        reply.add_done_callback(lambda done: self._count(done.result()))

    async def learn(
        self,
        key: bytes,
        kind: FactKind[F] | None,
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> T:
        """Returns what another process knows, or else what the work finds out.

        That is done once for all who ask meanwhile in this process; others may do it as well.

        Raises:
            Fault: the work could not tell.
        """
        # One key always stands for the same kind of fact.
        return cast("T", await self._learning.learn(key, kind, work))

    async def start(self) -> None:
        """Connects to Redis, or begins to try."""
        await self._store.start()
        if self._tracking is not None:
            await self._tracking.start()

    async def close(self) -> None:
        """Waits a moment for what is still to be written, and closes the connections."""
        if self._tracking is not None:
            await self._tracking.close()
        await self._store.close()

    def _place(self, kind: FactKind[F], key: bytes) -> Place:
        return self._sealer.place(FACTS + kind.name, key)

    def _count(self, reply: object) -> None:
        if isinstance(reply, UnavailableError | RefusedError):
            self.counters.store_errors += 1
        else:
            self.counters.stored += 1

    def _reject(self, kind: str, problem: str) -> None:
        """Counts an entry that is not believed, and says so once a minute."""
        self.counters.errors += 1
        now = self._now()
        if now >= self._quiet_until:
            self._quiet_until = now + _QUIET_SECONDS
            _LOG.warning("entry of redis not believed", kind=kind, problem=problem)
