"""The end of a listener: nobody who is served regularly loses a request."""

import asyncio

import pytest

from edgeauth.listeners.server import LAST_CALL
from tests.attacks.edge import GET, OK, Client, Edge, Upstream, run, running_edge

pytestmark = pytest.mark.slow


async def served(client: Client) -> bool:
    """Returns whether the connection stays open after one more request."""
    client.send(GET)
    answer = await client.answer()
    assert answer.status == 200
    return not answer.all(b"connection")


async def begun(edge: Edge) -> "asyncio.Task[None]":
    """Begins to drain."""
    draining = asyncio.create_task(edge.listener.drain(10))
    while not edge.listener.draining:
        await asyncio.sleep(0)
    return draining


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_a_request_on_a_connection_that_was_idle_is_the_last_one_and_is_answered(tls: bool):
    async def scenario() -> None:
        async with (
            running_edge(Upstream(OK), tls=tls) as edge,
            edge.client() as one,
            edge.client() as another,
        ):
            assert await served(one)
            assert await served(another)
            draining = await begun(edge)
            assert not await served(one)
            assert not await served(another)
            assert await one.all() == b""
            assert await another.all() == b""
            async with asyncio.timeout(LAST_CALL):  # nobody is left to wait for
                await draining

    run(scenario())


def test_a_connection_that_nobody_uses_is_closed_after_a_while():
    async def scenario() -> None:
        async with running_edge(Upstream(OK)) as edge, edge.client() as idle:
            assert await served(idle)
            draining = await begun(edge)
            async with asyncio.timeout(2 * LAST_CALL):
                assert await idle.all() == b""
                await draining

    run(scenario())
