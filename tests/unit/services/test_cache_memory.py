"""Facts in the memory of the process: the cache's promises, its clocks, its limits."""

import gc
import json
import os
import time
import tracemalloc
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, strategies as st

from edgeauth.model.decision import HeaderEdits
from edgeauth.model.identity import Principal
from edgeauth.ports.facts import Learned
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.clock import SystemClock
from edgeauth.services.fact_sizes import ENTRY_OCTETS, size_of
from edgeauth.services.no_cache import NoCache
from edgeauth.wire.json import as_doubles, loads
from tests.fakes.cache_contract import CacheContract, Known
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run


class TestContract(CacheContract):
    @asynccontextmanager
    async def opened(self, clock):
        yield MemoryCache(clock, monotonic=clock.now)


def stored(cache, clock, *keys, left=10):
    for key in keys:
        cache.store(key, "fact", clock.now() + left)


def left_of(cache, *keys):
    return [key for key in keys if cache.peek(key) is not None]


class TestClocks:
    def test_attack_215_a_clock_that_is_set_back_does_not_prolong_a_fact(self):
        clock, monotonic = FakeClock(), FakeClock(0.0)
        cache = MemoryCache(clock, monotonic=monotonic.now)
        stored(cache, clock, b"key")

        clock.advance(-3600)
        monotonic.advance(10)

        assert cache.peek(b"key") is None
        assert cache.find(b"key") is None

    def test_attack_215_a_monotonic_clock_that_stands_still_does_not_prolong_a_fact(self):
        clock = FakeClock()
        cache = MemoryCache(clock, monotonic=lambda: 0.0)
        stored(cache, clock, b"key")

        clock.advance(10)

        assert cache.peek(b"key") is None
        assert cache.find(b"key") is None

    def test_reading_does_not_prolong_a_fact(self):
        clock = FakeClock()
        cache = MemoryCache(clock, monotonic=clock.now)
        stored(cache, clock, b"key")
        for _ in range(9):
            clock.advance(1)
            assert cache.find(b"key") == "fact"

        clock.advance(1)

        assert cache.find(b"key") is None

    def test_facts_that_have_ended_go_when_others_come(self):
        clock = FakeClock()
        cache = MemoryCache(clock, monotonic=clock.now)
        stored(cache, clock, *(b"%d" % number for number in range(100)))
        stored(cache, clock, b"lasting", left=100)

        clock.advance(10)
        stored(cache, clock, b"new")

        assert len(cache) == 2
        assert left_of(cache, b"lasting", b"new") == [b"lasting", b"new"]

    def test_attack_214_a_fact_that_is_stored_again_and_again_leaves_nothing_behind(self):
        clock = FakeClock()
        cache = MemoryCache(clock, monotonic=clock.now)
        stored(cache, clock, b"key", left=1e6)
        for _ in range(1000):
            cache.store(b"key", "fact", clock.now() + 1e6)
        octets = cache.octets
        gc.collect()
        tracemalloc.start()
        try:
            for _ in range(10_000):
                cache.store(b"key", "fact", clock.now() + 1e6)
            grown, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert (len(cache), cache.octets) == (1, octets)
        assert grown < 50_000


class TestLimits:
    def test_the_fact_that_nobody_asked_for_goes_first(self):
        clock = FakeClock()
        cache = MemoryCache(clock, entry_limit=2)
        stored(cache, clock, b"a", b"b")
        assert cache.find(b"a") == "fact"

        stored(cache, clock, b"c")

        assert left_of(cache, b"a", b"b", b"c") == [b"a", b"c"]

    def test_attack_214_thousands_of_facts_that_are_seen_once_do_not_drive_out_those_in_use(self):
        clock = FakeClock()
        cache = MemoryCache(clock, entry_limit=100)
        used = [b"used %d" % number for number in range(80)]
        stored(cache, clock, *used)
        assert all(cache.find(key) for key in used)

        stored(cache, clock, *(b"once %d" % number for number in range(10_000)))

        assert len(left_of(cache, *used)) == 80
        assert len(cache) == 100

    def test_a_fact_that_comes_back_soon_after_it_had_to_go_stays(self):
        clock = FakeClock()
        cache = MemoryCache(clock, entry_limit=10)
        stored(cache, clock, *(b"%d" % number for number in range(10)))
        stored(cache, clock, b"one more")
        assert cache.peek(b"0") is None

        stored(cache, clock, b"0", *(b"once %d" % number for number in range(9)))

        assert cache.peek(b"0") == "fact"

    @pytest.mark.parametrize("uses", [0, 1, 5], ids=str)
    def test_a_cache_never_holds_more_than_its_limit(self, uses):
        clock = FakeClock()
        cache = MemoryCache(clock, entry_limit=10)

        for number in range(1000):
            stored(cache, clock, b"%d" % number)
            for _ in range(uses):
                cache.find(b"%d" % number)

        assert len(cache) == 10
        assert sum(cache.peek(b"%d" % number) is not None for number in range(1000)) == 10

    def test_attack_188_memory_is_bounded_whatever_is_kept(self):
        clock = FakeClock()
        cache = MemoryCache(clock, memory_limit=1_000_000)

        for number in range(500):
            cache.store(b"%d" % number, {"text": "x" * (number * 20)}, clock.now() + 10)

        assert 900_000 < cache.octets <= 1_000_000

    def test_attack_188_a_fact_that_is_larger_than_all_the_room_there_is_is_not_kept(self):
        clock = FakeClock()
        cache = MemoryCache(clock, memory_limit=100_000)
        stored(cache, clock, b"small", b"large")

        cache.store(b"large", "x" * 200_000, clock.now() + 10)

        assert left_of(cache, b"small", b"large") == [b"small"]
        assert cache.counters.store_errors == 1

    @given(
        st.lists(
            st.tuples(st.sampled_from("sf"), st.integers(0, 20), st.integers(0, 12)), max_size=200
        )
    )
    def test_whatever_happens_the_books_are_right(self, steps):
        clock = FakeClock()
        cache = MemoryCache(clock, memory_limit=5_000, entry_limit=8, monotonic=clock.now)
        facts = {}
        for action, name, number in steps:
            key = b"%d" % name
            if action == "s":
                cache.store(key, "x" * number * 100, clock.now() + number)
                facts[key] = ("x" * number * 100, clock.now() + number)
            else:
                found = cache.find(key)
                assert found is None or (facts[key][0] == found and clock.now() < facts[key][1])
                clock.advance(number / 10)
            assert len(cache) <= 8
            assert cache.octets <= 5_000
        clock.advance(100)
        stored(cache, clock, b"last")
        assert (len(cache), cache.octets) == (1, size_of("fact") + ENTRY_OCTETS)


def claims(number):
    return loads(
        json.dumps(
            {
                "iss": "https://id.example.com/realms/blog",
                "sub": f"user-{number}",
                "aud": ["articles", "accounts"],
                "exp": 1_900_000_000 + number,
                "jti": os.urandom(16).hex(),
                "realm_access": {"roles": [f"reader-{number}", "author"]},
                "email": f"user-{number}@example.com",
                "scope": "openid profile email",
            }
        )
    )


def principal(number):
    said = claims(number)
    attributes = {name: as_doubles(value) for name, value in said.items()}
    return Principal(said["sub"], attributes, os.urandom(32), 1.9e9)


@pytest.mark.parametrize(
    "make",
    [
        claims,
        principal,
        lambda number: HeaderEdits(((b"authorization", os.urandom(900)),)),
        lambda number: os.urandom(40).hex(),
        lambda number: {"rows": [[float(each) + number] for each in range(50)]},
        lambda number: {f"{os.urandom(30).hex()}": None for _ in range(20)},
        lambda number: "\u6f22" * 500 + str(number),
    ],
    ids=["claims", "principal", "contract", "text", "numbers", "long-names", "wide-text"],
)
def test_sizes_are_honest(make):
    cache = MemoryCache(SystemClock())
    ends = SystemClock().now() + 100
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(300):
            cache.store(os.urandom(32), make(number), ends)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert 0.6 < cache.octets / (after - before) < 2.0


def test_what_was_asked_is_counted():
    clock = FakeClock()
    cache = MemoryCache(clock)
    cache.find(b"key")
    stored(cache, clock, b"key")
    cache.find(b"key")
    cache.peek(b"key")

    counters = cache.counters

    assert (counters.hits, counters.misses, counters.stored) == (1, 1, 1)


class TestNoCache:
    def test_no_cache_keeps_nothing(self):
        cache = NoCache()

        cache.store(b"key", "fact", 1e12)

        assert (cache.find(b"key"), cache.peek(b"key")) == (None, None)
        assert run(cache.fetch(b"key", None)) is None
        assert cache.counters.misses == 1

    def test_no_cache_has_every_request_do_its_own_work(self):
        cache = NoCache()
        done = []

        async def work():
            done.append(1)
            return Learned(Known("fact"), 1e12)

        async def check():
            return [await cache.learn(b"key", None, work) for _ in range(3)]

        assert run(check()) == [Known("fact")] * 3
        assert len(done) == 3


def test_the_system_clock_tells_the_time():
    assert abs(SystemClock().now() - time.time()) < 60
