"""The cache as one mechanism asks it, counted."""

from edgeauth.ports.facts import CacheCounters, FactCache


class CountedCache:
    """Passes everything on, and counts whether a fact was there.

    Args:
        cache: keeps the facts.
        counters: those of whoever asks.
    """

    def __init__(self, cache: FactCache, counters: CacheCounters) -> None:
        self._find = cache.find
        self._counters = counters
        self.peek = cache.peek
        self.fetch = cache.fetch
        self.store = cache.store
        self.learn = cache.learn

    def find(self, key: bytes) -> object | None:
        """Returns the fact if this process has it, or None when it is unknown or too old."""
        fact = self._find(key)
        if fact is None:
            self._counters.misses += 1
        else:
            self._counters.hits += 1
        return fact
