"""Stale answers are told at once while their endpoint does not answer."""

import asyncio

import pytest

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.services import EndpointAnswer
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.endpoints.answers import HttpCacheOfAnswers
from edgeauth.services.endpoints.kept_answers import Kept, kept_answers
from edgeauth.services.endpoints.outages import MOST, REMEMBERED, RETRY, Outages
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.driving import run, settle
from tests.unit.services.endpoints.made import call

TTL, STALE = 10.0, 600.0
CONFIG = {"http_cache": {"enabled": True, "stale_if_error": "10m"}}
SILENT = Fault(Reason.COMMUNICATION, "silent")


class World:
    """Kept answers of an endpoint that does what a test says, by clocks that a test moves."""

    def __init__(self) -> None:
        self.clock, self.monotonic = FakeClock(), FakeClock(50.0)
        cache = MemoryCache(self.clock, monotonic=self.monotonic.now)
        self.answers = HttpCacheOfAnswers(cache, self.clock, self.monotonic.now)
        self.outcome: Fault | int = 200
        self.asked = 0
        self.version = b"old"
        self.gate = asyncio.Event()
        self.gate.set()

    def advance(self, seconds):
        self.clock.advance(seconds)
        self.monotonic.advance(seconds)

    async def send(self, _):
        self.asked += 1
        await self.gate.wait()
        if isinstance(self.outcome, Fault):
            raise self.outcome
        headers = (("cache-control", f"max-age={TTL:.0f}"),)
        return EndpointAnswer(self.outcome, "text/plain", self.version, headers)

    async def told(self, path="/", **more):
        """Returns what is told, None where that is no answer to be used."""
        question = call(f"http://a.test{path}", **CONFIG, **more)
        try:
            answer = await self.answers.send(question, self.send)
        except Fault:
            return None
        finally:
            await settle()
        return answer.body if answer.status == 200 else None

    async def broken(self, *paths, outcome=SILENT):
        """Has kept what is at the paths, and notices then that nobody answers."""
        for path in paths or ("/",):
            await self.told(path)
        self.advance(TTL)
        self.outcome = outcome
        for path in paths or ("/",):
            await self.told(path)
        self.asked = 0


def check(scenario):
    run(scenario(World()))


BROKEN = pytest.mark.parametrize("outcome", [SILENT, 503], ids=["silent", "503"])


@BROKEN
def test_what_is_over_is_not_told_however_recent_the_failure(outcome):
    async def scenario(world):
        await world.broken(outcome=outcome)
        world.advance(STALE - RETRY)
        await world.told()
        world.advance(RETRY - 0.1)
        assert await world.told() == b"old"
        world.advance(0.1)
        assert await world.told() is None

    check(scenario)


def test_who_demands_the_current_answer_waits_for_it():
    async def scenario(world):
        await world.broken()
        assert await world.told(headers={"Cache-Control": "no-cache"}) is None

    check(scenario)


def test_nobody_waits_for_an_endpoint_that_hangs():
    async def scenario(world):
        await world.broken("/", "/other")
        world.gate.clear()
        for _ in range(10):
            world.advance(1)
            async with asyncio.timeout(5):
                told = [await world.told(), await world.told("/other")]
            assert told == [b"old", b"old"]
        assert world.asked == 2, "one question at a time"
        world.gate.set()

    check(scenario)


@BROKEN
def test_an_endpoint_is_asked_again_every_few_seconds(outcome):
    async def scenario(world):
        await world.broken(outcome=outcome)
        for _ in range(100):
            world.advance(1)
            assert await world.told() == b"old"
        assert world.asked == 100 / RETRY

    check(scenario)


def test_the_next_answer_counts_as_soon_as_it_is_there():
    async def scenario(world):
        await world.broken()
        world.outcome, world.version = 200, b"new"
        world.advance(RETRY)
        assert await world.told() == b"old"
        assert await world.told() == b"new", "asked for beside the request"
        assert world.asked == 1

    check(scenario)


@pytest.mark.parametrize(
    "outcome",
    [404, 403, 501, Fault(Reason.INTERNAL, "TLS", final=True)],
    ids=["404", "403", "501", "tls"],
)
def test_an_endpoint_that_answers_otherwise_is_taken_at_its_word(outcome):
    async def scenario(world):
        await world.broken()
        world.outcome = outcome
        world.advance(RETRY)
        assert await world.told() == b"old"
        assert await world.told() is None

    check(scenario)


def test_a_failure_says_nothing_of_what_else_is_asked_there():
    async def scenario(world):
        await world.told("/other")
        await world.broken("/")
        world.outcome, world.version = 200, b"new"
        assert await world.told("/other") == b"new"
        assert await world.told("/") == b"old"

    check(scenario)


def test_more_failures_than_are_remembered_are_waited_for():
    clock = FakeClock()
    outages = Outages(clock.now)
    for number in range(MOST + 1):
        outages.note(b"%d" % number, failed=True)

    assert [outages.is_known(b"%d" % number) for number in (0, 1, MOST)] == [False, True, True]


def test_after_a_while_a_failure_says_nothing_any_more():
    async def scenario(world):
        await world.broken()
        world.outcome, world.version = 200, b"new"
        world.advance(REMEMBERED)
        assert await world.told() == b"new"

    check(scenario)


class TestClocks:
    """Attack 215: no clock that is set back or forward prolongs what is kept."""

    @pytest.mark.parametrize("moved", [-3600.0, -1.0, 0.0, 1.0, 3600.0])
    def test_an_answer_is_fresh_no_longer_than_it_was(self, moved):
        async def scenario(world):
            await world.told()
            world.clock.advance(moved)
            world.monotonic.advance(TTL)
            await world.told()
            assert world.asked == 2

        check(scenario)

    @pytest.mark.parametrize("moved", [-3600.0, -1.0, 0.0, 1.0, 3600.0])
    def test_nor_is_it_used_longer_when_it_is_stale(self, moved):
        async def scenario(world):
            await world.told()
            world.outcome = SILENT
            world.clock.advance(moved)
            world.monotonic.advance(TTL + STALE)
            assert await world.told() is None

        check(scenario)

    def test_the_time_of_day_counts_as_well_as_while_a_machine_sleeps(self):
        async def scenario(world):
            await world.told()
            world.clock.advance(TTL)
            await world.told()
            assert world.asked == 2

        check(scenario)

    def test_the_time_that_an_answer_took_is_a_part_of_its_age(self):
        async def scenario(world):
            world.gate.clear()
            asking = asyncio.create_task(world.told())
            await settle()
            world.advance(TTL - 1)
            world.gate.set()
            await asking
            world.advance(1)
            await world.told()
            assert world.asked == 2

        check(scenario)

    @pytest.mark.parametrize(
        ("now", "left"), [(NOW, 10.0), (NOW + 4, 6.0), (NOW + 20, -10.0), (NOW - 3600, 10.0)]
    )
    def test_other_processes_believe_it_no_longer_than_it_was_fresh(self, now, left):
        answer = EndpointAnswer(200, "text/plain", b"", ())
        here = kept_answers(lambda: NOW, lambda: 50.0)
        there = kept_answers(lambda: now, lambda: 70.0)

        read = there.read(here.write(Kept(answer, NOW + 10, 10.0, 60.0)))

        assert read.deadline == 70.0 + left
