"""Which facts a full cache should let go: LRU, or S3-FIFO as `services/cache_memory.py` does it.

Traces: Zipf-distributed keys, as those of tokens of users are; the same with scans, where one
request in two brings a key that never comes again, as in attacks and crawls; and a working set
that is exchanged again and again. Says the share of hits, and the time of a hit and of a store.

    python benchmarks/eviction.py
"""

import random
import sys
import time
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from edgeauth.services.cache_memory import MemoryCache  # noqa: E402
from edgeauth.services.clock import SystemClock  # noqa: E402

ENTRIES = 1_000
KEYS = 10_000
REQUESTS = 200_000


class LeastRecentlyUsed:
    """A cache that lets go what was unused for longest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._clock = SystemClock()
        self._entries: OrderedDict[bytes, tuple[object, float, float]] = OrderedDict()

    def find(self, key: bytes) -> object | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        fact, expires_at, deadline = entry
        if self._clock.now() < expires_at and time.monotonic() < deadline:
            self._entries.move_to_end(key)
            return fact
        del self._entries[key]
        return None

    def store(self, key: bytes, fact: object, expires_at: float) -> None:
        left = expires_at - self._clock.now()
        self._entries[key] = (fact, expires_at, time.monotonic() + left)
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)


def zipf(rng: random.Random) -> Iterator[int]:
    weights = list(accumulate(1 / rank for rank in range(1, KEYS + 1)))
    yield from rng.choices(range(KEYS), cum_weights=weights, k=REQUESTS)


def with_scans(rng: random.Random) -> Iterator[int]:
    fresh = KEYS
    for key in zipf(rng):
        yield key
        fresh += 1
        yield fresh


def in_turns(rng: random.Random) -> Iterator[int]:
    for turn in range(20):
        for _ in range(REQUESTS // 20):
            yield turn * 700 + rng.randrange(700)


def share_of_hits(cache: LeastRecentlyUsed | MemoryCache, trace: Iterator[int]) -> float:
    ends = SystemClock().now() + 3600
    hits = requests = 0
    for number in trace:
        key = b"%032d" % number
        requests += 1
        if cache.find(key) is not None:
            hits += 1
        else:
            cache.store(key, "fact", ends)
    return hits / requests


def nanoseconds(cache: LeastRecentlyUsed | MemoryCache) -> tuple[float, float]:
    """Returns the time of a hit and of a store into a full cache."""
    ends = SystemClock().now() + 3600
    keys = [b"%032d" % number for number in range(20 * ENTRIES)]
    began = time.perf_counter()
    for key in keys:
        cache.store(key, "fact", ends)
    stored = (time.perf_counter() - began) / len(keys)
    last = keys[-1]
    began = time.perf_counter()
    for _ in range(300_000):
        cache.find(last)
    return (time.perf_counter() - began) / 300_000 * 1e9, stored * 1e9


def main() -> None:
    for name in ("zipf", "with_scans", "in_turns"):
        trace = globals()[name]
        least = share_of_hits(LeastRecentlyUsed(ENTRIES), trace(random.Random(7)))
        fifo = share_of_hits(
            MemoryCache(SystemClock(), entry_limit=ENTRIES), trace(random.Random(7))
        )
        print(f"{name:10}  hits: LRU {least:6.1%}  S3-FIFO {fifo:6.1%}")
    for label, cache in (
        ("LRU", LeastRecentlyUsed(ENTRIES)),
        ("S3-FIFO", MemoryCache(SystemClock(), entry_limit=ENTRIES)),
    ):
        hit, store = nanoseconds(cache)
        print(f"{label:10}  hit {hit:5.0f} ns  store {store:5.0f} ns")


if __name__ == "__main__":
    main()
