"""Counts of what a cache was asked and given (`metrics.cover_cache`)."""

from edgeauth.ports.services import FactCache


class CountedCache:
    """A cache that is counted.

    Args:
        cache: keeps the facts.
        backend: what it is called, as in `cache.type`.

    Attributes:
        hits: how often a fact was known.
        misses: how often it was not.
        stored: how often one was given.
    """

    def __init__(self, cache: FactCache, backend: str) -> None:
        self._find = cache.find
        self._store = cache.store
        self.backend = backend
        self.hits = 0
        self.misses = 0
        self.stored = 0

    def find(self, key: bytes) -> object | None:
        """Returns the fact, or None when it is unknown or too old."""
        fact = self._find(key)
        if fact is None:
            self.misses += 1
        else:
            self.hits += 1
        return fact

    def store(self, key: bytes, fact: object, expires_at: float) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest."""
        self.stored += 1
        self._store(key, fact, expires_at)
