"""Uses that Redis and the process remember."""

import pytest

from edgeauth.model.errors import Fault, Reason
from edgeauth.services.redis.lanes import RefusedError, UnavailableError
from edgeauth.services.redis.replays import RedisReplayStore
from edgeauth.services.redis.sealing import Sealer
from edgeauth.services.replays import MemoryReplayStore
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.driving import run

FORMER, NEXT = "a" * 32, "b" * 32


class FakeRedis:
    """Remembers names for as long as it is told to; fails when it is told to."""

    def __init__(self):
        self.names = {}
        self.clock = FakeClock()
        self.failure = None

    async def claim(self, name, milliseconds):
        if self.failure is not None:
            raise self.failure
        now = self.clock.now()
        is_free = self.names.get(name, now) <= now
        if is_free:
            self.names[name] = now + milliseconds / 1000
        return is_free


def made(redis, *keys, limit=64, clock=None):
    clock = clock or FakeClock()
    own = MemoryReplayStore(clock, limit, monotonic=clock.now)
    return RedisReplayStore(redis, Sealer(lambda: keys or (FORMER,)), clock, own)


def used(store, key=b"proof"):
    return run(store.first_use(key, NOW + 60))


@pytest.mark.parametrize("failure", [UnavailableError(), RefusedError("READONLY")], ids=repr)
def test_nothing_passes_that_redis_can_not_tell_of_and_it_may_be_tried_again(failure):
    redis = FakeRedis()
    store = made(redis)
    redis.failure = failure
    with pytest.raises(Fault) as fault:
        used(store)
    assert fault.value.reason is Reason.COMMUNICATION

    redis.failure = None

    assert [used(store), used(store)] == [True, False]


def test_attack_150_what_redis_has_forgotten_is_known_where_it_was_used():
    redis = FakeRedis()
    store = made(redis)
    assert used(store)

    redis.names.clear()

    assert not used(store)


@pytest.mark.parametrize("seconds", [-30, 30], ids=["slow", "fast"])
def test_attack_215_a_use_is_known_where_the_clock_is_another_as_long_as_it_counts_there(seconds):
    redis, clock = FakeRedis(), FakeClock()
    clock.advance(seconds)
    assert used(made(redis))

    # As late as the other one would accept it.
    redis.clock.advance(60 - seconds - 0.1)
    clock.advance(60 - seconds - 0.1)

    assert not used(made(redis, clock=clock))


def test_where_a_process_has_no_room_it_relies_on_redis():
    store = made(FakeRedis(), limit=1)
    keys = [b"%d" % number for number in range(10)]

    assert [used(store, key) for key in keys * 2] == [True] * 10 + [False] * 10


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [([FORMER], [NEXT, FORMER]), ([NEXT, FORMER], [FORMER]), ([NEXT, FORMER], [NEXT])],
    ids=["first-step", "behind", "second-step"],
)
def test_attack_150_a_use_is_known_under_each_key_that_is_shared(ours, theirs):
    redis = FakeRedis()

    assert [used(made(redis, *ours)), used(made(redis, *theirs))] == [True, False]
