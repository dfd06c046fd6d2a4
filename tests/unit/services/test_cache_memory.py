import time

import pytest

from edgeauth.services.cache_memory import MemoryCache, NoCache
from edgeauth.services.clock import SystemClock
from tests.fakes.clock import FakeClock


def test_an_unknown_fact_is_not_found():
    assert MemoryCache(FakeClock()).find(b"key") is None


@pytest.mark.parametrize("left", [0.0, -1.0, float("nan"), float("-inf")], ids=str)
def test_a_fact_that_is_over_already_is_not_kept(left):
    clock = FakeClock()
    cache = MemoryCache(clock)
    cache.store(b"key", "old", clock.now() + 10)

    cache.store(b"key", "new", clock.now() + left)

    assert cache.find(b"key") is None


def test_a_fact_is_not_found_from_its_end_on():
    clock = FakeClock()
    cache = MemoryCache(clock, monotonic=lambda: 0.0)
    cache.store(b"key", "fact", clock.now() + 10)
    clock.advance(9.9)
    assert cache.find(b"key") == "fact"

    clock.advance(0.1)

    assert cache.find(b"key") is None


def test_a_clock_that_is_set_back_does_not_prolong_a_fact():
    clock, monotonic = FakeClock(), FakeClock(0.0)
    cache = MemoryCache(clock, monotonic=monotonic.now)
    cache.store(b"key", "fact", clock.now() + 10)

    clock.advance(-3600)
    monotonic.advance(10)

    assert cache.find(b"key") is None


def test_reading_does_not_prolong_a_fact():
    clock = FakeClock()
    cache = MemoryCache(clock, monotonic=clock.now)
    cache.store(b"key", "fact", clock.now() + 10)
    for _ in range(9):
        clock.advance(1)
        assert cache.find(b"key") == "fact"

    clock.advance(1)

    assert cache.find(b"key") is None


def test_the_fact_that_was_unused_for_longest_goes_first():
    clock = FakeClock()
    cache = MemoryCache(clock, entry_limit=2)
    cache.store(b"a", "a", clock.now() + 10)
    cache.store(b"b", "b", clock.now() + 10)
    assert cache.find(b"a") == "a"

    cache.store(b"c", "c", clock.now() + 10)

    assert [cache.find(key) for key in (b"a", b"b", b"c")] == ["a", None, "c"]


def test_a_cache_never_holds_more_than_its_limit():
    clock = FakeClock()
    cache = MemoryCache(clock, entry_limit=10)

    for number in range(1000):
        cache.store(b"%d" % number, number, clock.now() + 10)

    assert sum(cache.find(b"%d" % number) is not None for number in range(1000)) == 10


def test_no_cache_keeps_nothing():
    cache = NoCache()

    cache.store(b"key", "fact", 1e12)

    assert cache.find(b"key") is None


def test_the_system_clock_tells_the_time():
    assert abs(SystemClock().now() - time.time()) < 60
