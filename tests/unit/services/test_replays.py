import os

import pytest

from edgeauth.model.errors import Fault, Reason
from edgeauth.services.replays import MemoryReplayStore
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run_straight


class Store:
    """A store whose two clocks can go apart."""

    def __init__(self, limit=100):
        self.clock, self.ticks = FakeClock(), FakeClock(50.0)
        self.store = MemoryReplayStore(self.clock, limit, self.ticks.now)

    def use(self, key, seconds=60.0):
        return run_straight(self.store.first_use(key, self.clock.now() + seconds))

    def advance(self, seconds):
        self.clock.advance(seconds)
        self.ticks.advance(seconds)


def test_attack_150_what_was_used_once_is_refused_until_it_ends():
    store = Store()
    assert store.use(b"a")
    assert not store.use(b"a")
    assert store.use(b"b")

    store.advance(59)
    assert not store.use(b"a", 1)

    store.advance(1)
    assert store.use(b"a")


@pytest.mark.parametrize("clock", ["clock", "ticks"])
def test_attack_150_one_clock_alone_forgets_nothing(clock):
    store = Store()
    store.use(b"a")

    getattr(store, clock).advance(3600)

    assert not store.use(b"a")


def test_attack_150_and_215_a_clock_that_is_set_back_forgets_nothing():
    store = Store()
    store.use(b"a")

    store.clock.advance(-3600)
    store.ticks.advance(60)

    assert not store.use(b"a")


def test_attack_150_without_room_everything_new_is_a_fault_and_nothing_old_is_forgotten():
    store = Store(limit=3)
    for key in (b"a", b"b", b"c"):
        assert store.use(key)

    with pytest.raises(Fault) as full:
        store.use(b"d")
    assert full.value.reason is Reason.COMMUNICATION
    assert not store.use(b"a")

    store.advance(60)
    assert store.use(b"d")


def test_what_has_ended_already_is_remembered_until_the_clocks_move():
    store = Store()

    assert store.use(b"a", -5)
    store.advance(1)
    assert store.use(b"a", -5)


def test_attack_150_what_another_process_has_seen_is_not_taken():
    store = Store()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if store.use(b"a") else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert not store.use(b"a")
