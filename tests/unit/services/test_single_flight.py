import asyncio

import pytest

from edgeauth.model.errors import Fault, Reason
from edgeauth.services.single_flight import MOST_LEFT, SingleFlight
from tests.fakes.driving import run, settle


class Works:
    """Work that goes on until it is told to end."""

    def __init__(self):
        self.flights = SingleFlight()
        self.go_on = asyncio.Event()
        self.begun = 0
        self.ended = 0

    async def work(self):
        self.begun += 1
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended += 1
            raise
        return "found"

    def ask(self, key=b"a"):
        return asyncio.create_task(self.flights.run(key, self.work))

    async def ask_and_leave(self, *keys):
        asked = [self.ask(key) for key in keys]
        await settle()
        for each in asked:
            each.cancel()
        await settle()

    async def fill(self):
        """Has as much work going on without anybody as may."""
        await self.ask_and_leave(*(b"left %d" % number for number in range(MOST_LEFT)))


def test_attack_214_clients_that_ask_and_leave_do_not_leave_more_and_more_behind():
    async def scenario():
        works = Works()
        await works.ask_and_leave(*(b"%d" % number for number in range(3 * MOST_LEFT)))
        assert works.begun - works.ended == MOST_LEFT
        works.go_on.set()
        await settle()
        assert not any(works.flights.is_running(b"%d" % number) for number in range(works.begun))

    run(scenario())


def test_nobody_waits_for_work_that_was_given_up():
    async def scenario():
        works = Works()
        await works.fill()
        leaving = works.ask()
        await settle()
        leaving.cancel()
        asked = works.ask()
        await settle()
        works.go_on.set()
        assert await asked == "found"
        assert (works.begun, works.ended) == (MOST_LEFT + 2, 1)

    run(scenario())


def test_work_that_somebody_waits_for_again_counts_as_left_no_more():
    async def scenario():
        works = Works()
        await works.fill()
        back = works.ask(b"left 0")
        await settle()
        await works.ask_and_leave(b"in its place")
        assert works.ended == 0
        works.go_on.set()
        assert await back == "found"

    run(scenario())


def test_what_others_wait_for_or_was_begun_for_nobody_is_not_given_up():
    async def scenario():
        works = Works()
        await works.fill()
        works.flights.begin(b"b", works.work)
        leaving, staying = works.ask(), works.ask()
        await settle()
        leaving.cancel()
        await works.ask_and_leave(b"b")
        assert works.ended == 0
        works.go_on.set()
        assert await staying == "found"
        await settle()
        assert not works.flights.is_running(b"b")

    run(scenario())


def test_room_comes_back_with_work_that_is_done():
    async def scenario():
        works = Works()
        await works.fill()
        works.go_on.set()
        await settle()
        works.go_on.clear()
        await works.fill()
        assert works.ended == 0

    run(scenario())


def test_each_who_waits_gets_a_fault_of_their_own():
    async def scenario():
        flights = SingleFlight()

        async def fail():
            return Fault(Reason.COMMUNICATION, "nobody is there")

        asked = [flights.run(b"a", fail) for _ in range(2)]
        one, other = await asyncio.gather(*asked, return_exceptions=True)
        assert (one.detail, other.detail) == ("nobody is there",) * 2
        assert one is not other

    run(scenario())


def test_a_bug_of_the_work_is_raised_and_nothing_stays_behind():
    async def scenario():
        flights = SingleFlight()

        async def break_down():
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await flights.run(b"a", break_down)
        assert not flights.is_running(b"a")

    run(scenario())
