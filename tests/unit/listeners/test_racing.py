"""Connecting to the first of several addresses that answers."""

import asyncio
import socket
from collections.abc import Coroutine

import pytest

from edgeauth.listeners.racing import connected, first_of
from edgeauth.listeners.resolving import Address
from tests.fakes.driving import run, settle

A, B, C = (Address(socket.AF_INET, f"127.0.0.{number}") for number in (2, 3, 4))


class Network:
    """Connects when it is told to.

    Attributes:
        refuses: who refuses.
        silent: who does not answer.
        tried: whom was tried, in order.
    """

    def __init__(self, refuses: set[Address], silent: set[Address]) -> None:
        self.refuses, self.silent = refuses, silent
        self.tried: list[Address] = []
        self.made: list[socket.socket] = []

    def attempt(self, address: Address) -> Coroutine[None, None, socket.socket]:
        self.tried.append(address)
        return self._attempt(address)

    async def _attempt(self, address: Address) -> socket.socket:
        await asyncio.sleep(0)
        if address in self.refuses:
            raise ConnectionRefusedError
        if address in self.silent:
            await asyncio.Event().wait()
        self.made.append(socket.socket())
        return self.made[-1]

    def close(self) -> None:
        assert [each.fileno() >= 0 for each in self.made].count(True) <= 1
        for each in self.made:
            each.close()


@pytest.mark.parametrize("addresses", [(A,), (A, B, C)])
def test_when_all_refuse_it_fails_at_once(addresses):
    async def check():
        network = Network({A, B, C}, set())
        with pytest.raises(ConnectionRefusedError):
            await first_of(addresses, network.attempt, head_start=3600)
        assert network.tried == list(addresses)

    run(check())


@pytest.mark.parametrize(
    ("refuses", "silent", "head_start", "winner", "tried"),
    [
        pytest.param(set(), set(), 3600, A, [A], id="the first one"),
        pytest.param({A}, set(), 3600, B, [A, B], id="refused"),
        pytest.param({A, B}, set(), 3600, C, [A, B, C], id="twice"),
        pytest.param(set(), {A}, 0.001, B, [A, B], id="silent"),
        pytest.param({B}, {A}, 0.001, C, [A, B, C], id="silent, refused"),
    ],
)
def test_the_next_one_is_tried(refuses, silent, head_start, winner, tried):
    async def check():
        network = Network(refuses, silent)
        address, made = await first_of((A, B, C), network.attempt, head_start)
        assert address == winner
        assert network.tried[: len(tried)] == tried
        assert made.fileno() >= 0
        await settle()
        network.close()

    run(check())


def test_of_two_that_connect_at_the_same_time_one_is_closed():
    async def check():
        network = Network(set(), set())
        await first_of((A, B, C), network.attempt, head_start=0)
        await settle()
        network.close()

    run(check())


def test_nothing_stays_open_when_nobody_waits_any_more():
    async def check():
        network = Network(set(), {A, B, C})
        race = asyncio.create_task(first_of((A, B, C), network.attempt, 0.001))
        while len(network.tried) < 3:
            await asyncio.sleep(0)
        race.cancel()
        with pytest.raises(asyncio.CancelledError):
            await race
        await settle()
        assert len(asyncio.all_tasks()) == 1

    run(check())


def test_a_port_that_nobody_listens_at_refuses():
    async def check():
        with pytest.raises(ConnectionRefusedError):
            await connected(Address(socket.AF_INET, "127.0.0.1"), 1)

    run(check())
