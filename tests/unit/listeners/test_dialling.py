"""Connections to upstreams that nobody waits for any more."""

import asyncio
import gc
import socket
import ssl
import struct
from contextlib import suppress

import pytest
import uvloop

from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.listeners.upstream_trust import Trust

RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets."""
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


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
                accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                accepted.close()
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
@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_a_dial_that_is_given_up_leaves_nothing_behind(loop, scheme, reset):
    with asyncio.Runner(loop_factory=loop) as runner:
        for turns in range(5):
            assert runner.run(given_up(scheme, turns, reset=reset)) == []
