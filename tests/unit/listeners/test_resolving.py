"""The addresses of names: how old they get, who waits, and what a failure changes."""

import asyncio
import socket

import pytest

from edgeauth.listeners.resolving import Address, Names, system_look_up
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, settle

ONE, OTHER = Address(socket.AF_INET, "192.0.2.1"), Address(socket.AF_INET, "192.0.2.2")


class NameServer:
    """Answers when it is told to.

    Attributes:
        answer: the addresses; an error is raised.
        asked: how often.
    """

    def __init__(self, *answer: Address) -> None:
        self.answer: tuple[Address, ...] | Exception = answer
        self.asked = 0
        self.silent = False
        self.clock = FakeClock()
        self.names = Names(self.look_up, self.clock.now)

    async def look_up(self, host: str) -> tuple[Address, ...]:
        assert host == "orders.test"
        self.asked += 1
        while self.silent:
            await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def addresses(self) -> tuple[Address, ...]:
        return await self.names.addresses("orders.test")


@pytest.mark.parametrize("error", [OSError(), socket.gaierror(), UnicodeError(), None], ids=repr)
def test_a_name_without_addresses_is_a_failure_that_is_not_asked_for_again_at_once(error):
    async def check():
        server = NameServer()
        server.answer = error or ()
        for _ in range(3):
            with pytest.raises(socket.gaierror):
                await server.addresses()
        assert server.asked == 1
        server.clock.advance(1)
        server.answer = (ONE,)
        assert await server.addresses() == (ONE,)

    run(check())


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "2001:db8::1"])
def test_an_address_is_not_asked_for(host):
    async def check():
        server = NameServer()
        (found,) = await server.names.addresses(host)
        assert found.host == host
        assert server.names.holds(host, found)
        assert server.asked == 0

    run(check())


def test_many_who_want_the_same_name_share_one_question_and_leave_as_they_like():
    async def check():
        server = NameServer(ONE)
        server.silent = True
        waiting = [asyncio.create_task(server.addresses()) for _ in range(3)]
        await settle()
        waiting[0].cancel()
        await settle()
        server.silent = False
        assert await asyncio.gather(*waiting[1:]) == [(ONE,), (ONE,)]
        assert server.asked == 1

    run(check())


def test_addresses_are_learned_anew_beside_the_requests():
    async def check():
        server = NameServer(ONE)
        await server.addresses()
        server.clock.advance(29)
        await server.addresses()
        await settle()
        assert server.asked == 1
        server.clock.advance(1)
        server.answer, server.silent = (OTHER,), True
        assert await server.addresses() == (ONE,)
        server.silent = False
        await settle()
        assert await server.addresses() == (OTHER,)
        assert not server.names.holds("orders.test", ONE)
        assert server.names.holds("orders.test", OTHER)

    run(check())


def test_old_addresses_are_asked_for_before_they_are_used():
    async def check():
        server = NameServer(ONE)
        await server.addresses()
        server.clock.advance(61)
        server.answer = (OTHER,)
        assert await server.addresses() == (OTHER,)

    run(check())


def test_what_was_known_goes_on_for_ten_minutes_when_nobody_answers():
    async def check():
        server = NameServer(ONE)
        await server.addresses()
        server.answer = OSError()
        for _ in range(10):
            server.clock.advance(60)
            assert await server.addresses() == (ONE,)
        assert server.names.holds("orders.test", ONE)
        server.clock.advance(60)
        with pytest.raises(socket.gaierror):
            await server.addresses()
        assert not server.names.holds("orders.test", ONE)

    run(check())


def test_names_of_open_connections_are_kept_up_to_date_and_others_forgotten():
    async def check():
        server = NameServer(ONE)
        await server.addresses()
        server.clock.advance(30)
        server.answer = (OTHER,)
        server.names.refresh({"orders.test", "never.asked"})
        await settle()
        assert not server.names.holds("orders.test", ONE)
        for _ in range(3):
            server.clock.advance(300)
            server.names.refresh(set())
        assert server.names._known == {}

    run(check())


def test_the_system_knows_localhost():
    async def check():
        found = await system_look_up("localhost")
        assert {each.host for each in found} <= {"127.0.0.1", "::1"}
        assert found
        with pytest.raises(UnicodeError):
            await system_look_up("a" * 64)

    run(check())


def test_what_is_being_asked_is_given_up_at_the_end():
    async def check():
        server = NameServer(ONE)
        server.silent = True
        waiting = asyncio.create_task(server.addresses())
        await settle()
        server.names.close()
        with pytest.raises(socket.gaierror):
            await waiting

    run(check())
