"""Connections to upstreams that end before they are made, or that nobody waits for any more."""

import asyncio
import gc
import socket
import ssl
from contextlib import suppress

import pytest

from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.listeners.upstream_trust import Trust
from edgeauth.services.event_loop import Loop
from tests.fakes.driving import settle
from tests.fakes.resets import ResetBeforeHandshake, neighbours, reset as reset_at_once

TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
LOOPS = pytest.mark.parametrize("loop", [Loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])


class Speaker(asyncio.Protocol):
    """Has nothing to say."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


async def given_up(scheme: str, turns: int, *, reset: bool) -> list[object]:
    """Returns complaints about a dial that was given up.

    Args:
        scheme: with or without TLS.
        turns: of the loop, from the connection until nobody waits any more.
        reset: whether the upstream has reset the connection before.
    """
    loop, complaints = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    dialler = Dialler(10.0, lambda origin: Trust(TLS, origin.host))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        origin = Origin(scheme, "127.0.0.1", listening.getsockname()[1])
        dialling = loop.create_task(dialler.open(origin, Speaker))
        accepted, _ = await loop.sock_accept(listening)
        with accepted:
            if reset:
                reset_at_once(accepted)
            for _ in range(turns):
                await asyncio.sleep(0)
            dialling.cancel()
            with suppress(asyncio.CancelledError, UpstreamFault):
                speaker, _ = await dialling
                speaker.transport.abort()
            del dialling
            async with asyncio.timeout(10):
                while len(asyncio.all_tasks()) > 1:
                    await asyncio.sleep(0.001)
    gc.collect()
    await asyncio.sleep(0)
    return complaints


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "open"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@LOOPS
def test_a_dial_that_is_given_up_leaves_nothing_behind(loop, scheme, reset):
    with asyncio.Runner(loop_factory=loop) as runner:
        for turns in range(5):
            assert runner.run(given_up(scheme, turns, reset=reset)) == []


@LOOPS
def test_an_upstream_that_resets_before_the_handshake_closes_nothing_of_others(loop):
    async def check(listening: socket.socket) -> None:
        context = ResetBeforeHandshake(ssl.PROTOCOL_TLS_CLIENT, listening)
        dialler = Dialler(10.0, lambda origin: Trust(context, origin.host))
        origin = Origin("https", "127.0.0.1", listening.getsockname()[1])
        for _ in range(3):
            async with neighbours():
                with pytest.raises(UpstreamFault) as kept:
                    await dialler.open(origin, Speaker)
                await settle()
                del kept

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        asyncio.Runner(loop_factory=loop) as runner,
    ):
        runner.run(check(listening))
