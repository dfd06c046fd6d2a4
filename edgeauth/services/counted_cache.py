"""The cache as one mechanism asks it, counted."""

from collections.abc import Callable, Coroutine
from typing import TypeVar

from edgeauth.ports.facts import CacheCounters, FactCache, FactKind, Learned

F = TypeVar("F")
T = TypeVar("T")


class CountedCache:
    """Passes everything on, and counts whether a fact was there.

    Args:
        cache: keeps the facts.
        counters: those of whoever asks.
    """

    def __init__(self, cache: FactCache, counters: CacheCounters) -> None:
        self._find = cache.find
        self._counters = counters
        self._cache = cache
        self.peek = cache.peek

    def find(self, key: bytes) -> object | None:
        """Returns the fact if this process has it, or None when it is unknown or too old."""
        fact = self._find(key)
        if fact is None:
            self._counters.misses += 1
        else:
            self._counters.hits += 1
        return fact

    async def fetch(self, key: bytes, kind: FactKind[F]) -> F | None:
        """Returns the fact if another process has left it, or None."""
        return await self._cache.fetch(key, kind)

    def store(
        self, key: bytes, fact: object, expires_at: float, kind: FactKind[F] | None = None
    ) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest."""
        self._cache.store(key, fact, expires_at, kind)

    async def learn(
        self,
        key: bytes,
        kind: FactKind[F] | None,
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> T:
        """Returns what the work finds out, which is done once for all who ask meanwhile.

        Raises:
            Fault: the work could not tell.
        """
        return await self._cache.learn(key, kind, work)
