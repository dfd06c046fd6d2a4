"""What every cache promises, whatever it keeps facts in. A backend is tested by a subclass."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import pytest

from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.facts import FactCache, FactKind, Learned, fact_kind
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, settle


class Known(NamedTuple):
    """A fact of tests."""

    value: object


KNOWN: FactKind[Known] = fact_kind("known.1", Known, Known, lambda known: known, lambda read: read)
KINDS = [pytest.param(None, id="local"), pytest.param(KNOWN, id="shared")]


class Work:
    """Finds out a fact when it is told to, and counts how often it was asked."""

    def __init__(self, outcome: object, expires_at: float | None) -> None:
        self._outcome = outcome
        self._expires_at = expires_at
        self.asked = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> Learned[object]:
        self.asked += 1
        await self.go_on.wait()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return Learned(self._outcome, self._expires_at)


class CacheContract:
    """Tests of a cache; `opened` is what differs."""

    def opened(self, clock: FakeClock) -> AbstractAsyncContextManager[FactCache]:
        """Returns a cache that is ready, with keys that no other test has."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    def found_after(self, clock, *steps, kind=None, ask=False):
        """Returns what is found after steps: a pair is stored, a number passes.

        Args:
            clock: of the cache.
            steps: what happens.
            kind: of the facts.
            ask: whether others are asked as well, where a process need not keep what they have.
        """

        async def check():
            async with self.opened(clock) as cache:
                for step in steps:
                    if isinstance(step, tuple):
                        value, left = step
                        cache.store(b"key", Known(value), clock.now() + left, kind)
                    else:
                        clock.advance(step)
                await settle()
                found = cache.find(b"key")
                return await cache.fetch(b"key", KNOWN) if found is None and ask else found

        return run(check())

    def test_an_unknown_fact_is_not_found(self, clock):
        assert self.found_after(clock) is None

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("left", [0.0, -1.0, float("nan"), float("-inf")], ids=str)
    def test_a_fact_that_is_over_already_takes_the_place_of_the_former(self, clock, left, kind):
        assert self.found_after(clock, ("old", 10), ("new", left), kind=kind) is None

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_fact_is_found_until_its_end_and_no_longer(self, clock, kind):
        found = self.found_after(clock, ("fact", 10), 9.9, kind=kind, ask=True)

        assert found == Known("fact")
        assert self.found_after(FakeClock(), ("fact", 10), 10, kind=kind) is None

    def learned(self, clock, outcome, expires_in=10.0, kind=None, people=50):
        """Returns what many who ask at once are told, and how often the work was done."""

        async def check():
            async with self.opened(clock) as cache:
                ends = None if expires_in is None else clock.now() + expires_in
                work = Work(outcome, ends)
                tasks = [
                    asyncio.create_task(cache.learn(b"key", kind, work)) for _ in range(people)
                ]
                await asyncio.sleep(0.01)
                work.go_on.set()
                told = await asyncio.gather(*tasks, return_exceptions=True)
                later = Work(Known("later"), None)
                later.go_on.set()
                return told, work.asked, await cache.learn(b"key", kind, later)

        return run(check())

    @pytest.mark.parametrize("kind", KINDS)
    def test_attack_161_many_who_need_a_fact_have_it_found_out_once(self, clock, kind):
        told, asked, later = self.learned(clock, Known("fact"), kind=kind)

        assert told == [Known("fact")] * 50
        assert asked == 1
        assert later == Known("fact")

    @pytest.mark.parametrize("kind", KINDS)
    def test_attack_161_a_fault_is_told_to_all_who_wait_and_not_remembered(self, clock, kind):
        fault = Fault(Reason.COMMUNICATION, "no answer", final=True)

        told, asked, later = self.learned(clock, fault, kind=kind)

        assert {(each.reason, each.detail, each.final) for each in told} == {
            (Reason.COMMUNICATION, "no answer", True)
        }
        assert len(set(map(id, told))) == 50, "one that is raised twice would grow"
        assert asked == 1
        assert later == Known("later")

    def test_a_refusal_is_told_to_all_who_wait_and_not_remembered(self, clock):
        refusal = Refusal(Reason.AUTHORIZATION, "no")

        told, asked, later = self.learned(clock, refusal, expires_in=None, kind=KNOWN)

        assert (told, asked, later) == ([refusal] * 50, 1, Known("later"))

    def test_a_bug_is_raised_and_not_remembered(self, clock):
        told, _, later = self.learned(clock, KeyError("bug"), people=1)

        assert [type(each) for each in told] == [KeyError]
        assert later == Known("later")

    @pytest.mark.parametrize("kind", KINDS)
    def test_whoever_goes_away_does_not_end_the_work_for_others(self, clock, kind):
        async def check():
            async with self.opened(clock) as cache:
                work = Work(Known("fact"), clock.now() + 10)
                first = asyncio.create_task(cache.learn(b"key", kind, work))
                await asyncio.sleep(0.01)
                second = asyncio.create_task(cache.learn(b"key", kind, work))
                await settle()
                first.cancel()
                await settle()
                work.go_on.set()
                return await second, first.cancelled(), work.asked

        assert run(check()) == (Known("fact"), True, 1)

    def test_different_facts_do_not_wait_for_each_other(self, clock):
        async def check():
            async with self.opened(clock) as cache:
                slow, quick = Work(Known("slow"), None), Work(Known("quick"), None)
                quick.go_on.set()
                waiting = asyncio.create_task(cache.learn(b"slow", KNOWN, slow))
                told = await cache.learn(b"quick", KNOWN, quick)
                slow.go_on.set()
                return told, await waiting

        assert run(check()) == (Known("quick"), Known("slow"))
