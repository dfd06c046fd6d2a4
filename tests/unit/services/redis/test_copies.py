"""Copies of entries: kept while changes are told, and never older than the last change."""

import pytest

from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.redis.copies import Copies
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def memory(clock):
    return MemoryCache(clock, monotonic=clock.now)


@pytest.fixture
def copies(memory, clock):
    made = Copies(memory, clock, 30.0)
    made.begin()
    return made


def keep(copies, clock, name=b"name", key=b"key", **more):
    copies.keep(copies.expect(name, key, **more), "fact", clock.now() + 60)


def test_nothing_is_kept_where_changes_are_not_told(memory, clock):
    keep(Copies(memory, clock, 30.0), clock)

    assert memory.find(b"key") is None


def test_nothing_is_kept_without_a_time_for_it(memory, clock):
    copies = Copies(memory, clock, 0.0)
    copies.begin()
    keep(copies, clock)
    keep(copies, clock, alone=True)

    assert memory.find(b"key") is None


def test_what_changes_while_it_is_on_its_way_is_not_kept(memory, clock, copies):
    copy = copies.expect(b"name", b"key")
    copies.drop(b"name")
    copies.keep(copy, "old", clock.now() + 60)

    assert memory.find(b"key") is None


def test_who_asked_before_a_change_keeps_nothing_for_who_asked_after_it(memory, clock, copies):
    before = copies.expect(b"name", b"key")
    copies.drop(b"name")
    after = copies.expect(b"name", b"key")
    copies.keep(after, "new", clock.now() + 60)
    copies.keep(before, "old", clock.now() + 60)

    assert memory.find(b"key") == "new"


@pytest.mark.parametrize(
    "meanwhile",
    [Copies.end, Copies.drop_all, lambda copies: (copies.end(), copies.begin())],
    ids=["not-told", "flushed", "not-told-for-a-moment"],
)
def test_what_is_on_its_way_meanwhile_is_not_kept(memory, clock, copies, meanwhile):
    copy = copies.expect(b"name", b"key")
    meanwhile(copies)
    copies.keep(copy, "old", clock.now() + 60)

    assert memory.find(b"key") is None


@pytest.mark.parametrize(
    "event",
    [lambda copies: copies.drop(b"name"), Copies.drop_all, Copies.end],
    ids=["changed", "flushed", "not-told"],
)
def test_copies_go_and_what_redis_knows_nothing_of_stays(memory, clock, copies, event):
    memory.store(b"own", "fact", clock.now() + 60)
    keep(copies, clock)
    event(copies)

    assert (memory.find(b"key"), memory.find(b"own")) == (None, "fact")
    assert memory.counters.invalidated == 1


def test_a_change_of_something_else_is_of_no_interest(memory, clock, copies):
    keep(copies, clock)
    copies.drop(b"another")

    assert (memory.find(b"key"), memory.counters.invalidated) == ("fact", 0)


def test_a_copy_ends_after_its_time_and_with_its_fact(memory, clock, copies):
    keep(copies, clock)
    copies.keep(copies.expect(b"short", b"short"), "fact", clock.now() + 10)
    clock.advance(29.9)
    assert (memory.find(b"key"), memory.find(b"short")) == ("fact", None)
    clock.advance(0.1)

    assert memory.find(b"key") is None


def test_what_is_learned_without_redis_is_kept_until_changes_are_told_again(memory, clock, copies):
    copies.end()
    keep(copies, clock, alone=True)
    assert memory.find(b"key") == "fact"
    copies.begin()

    assert memory.find(b"key") is None


def test_names_of_facts_that_have_gone_by_themselves_are_forgotten(clock):
    memory = MemoryCache(clock, entry_limit=10, monotonic=clock.now)
    copies = Copies(memory, clock, 30.0)
    copies.begin()
    for number in range(10_000):
        keep(copies, clock, b"%d" % number, b"%d" % number)

    assert len(copies) < 100
