"""Sockets that a loop is given, whose descriptors are its own from then on."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edgeauth.services.event_loop import Loop
from tests.fakes.driving import settle
from tests.fakes.resets import ResetBeforeHandshake, neighbours, reset

DESCRIPTORS = Path("/proc/self/fd")
TIMES = 3
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

Meet = Callable[[socket.socket], Awaitable[None]]


@pytest.fixture(params=[Loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def runner(request):
    with asyncio.Runner(loop_factory=request.param) as made:
        yield made


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


async def connected(listening: socket.socket) -> socket.socket:
    """Returns a new connection to a socket that listens."""
    made = socket.socket()
    made.setblocking(False)
    await asyncio.get_running_loop().sock_connect(made, listening.getsockname())
    return made


async def speak_tls(made: socket.socket, context: ssl.SSLContext = TLS) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_connection(asyncio.Protocol, sock=made, ssl=context, server_hostname="a.test")


class Hasty(asyncio.Protocol):
    """Speaks as soon as there is a connection."""

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(b"hello")


# How connections end. What they raise is kept for a while, as libraries do: it keeps the socket.


async def reset_before_the_handshake(listening: socket.socket) -> None:
    context = ResetBeforeHandshake(ssl.PROTOCOL_TLS_CLIENT, listening)
    with pytest.raises(ConnectionError) as kept:
        await speak_tls(await connected(listening), context)
    await settle()
    del kept


async def reset_in_the_handshake(listening: socket.socket) -> None:
    making = asyncio.create_task(speak_tls(await connected(listening)))
    peer, _ = listening.accept()
    await settle()
    reset(peer)
    with pytest.raises(ConnectionError) as kept:
        await making
    await settle()
    del kept


async def failed_handshake(listening: socket.socket) -> None:
    made = await connected(listening)
    peer, _ = listening.accept()
    with peer:
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(ssl.SSLError) as kept:
            await speak_tls(made)
        await settle()
        del kept


async def cancelled_handshake(listening: socket.socket) -> None:
    making = asyncio.create_task(speak_tls(await connected(listening)))
    peer, _ = listening.accept()
    with peer:
        await settle()
        making.cancel()
        with pytest.raises(asyncio.CancelledError) as kept:
            await making
        await settle()
        del kept


async def reset_before_the_first_word(listening: socket.socket) -> None:
    made = await connected(listening)
    reset(listening.accept()[0])
    loop = asyncio.get_running_loop()
    # Whether there was a connection is told in different ways.
    kept = await asyncio.gather(loop.create_connection(Hasty, sock=made), return_exceptions=True)
    await settle()
    del kept


async def closed(listening: socket.socket) -> None:
    made = await connected(listening)
    _, speaker = await asyncio.get_running_loop().create_connection(Hasty, sock=made)
    peer, _ = listening.accept()
    with peer:
        assert peer.recv(5) == b"hello"
        speaker.transport.close()
        await settle()


ENDS = pytest.mark.parametrize(
    "meet",
    [
        reset_before_the_handshake,
        reset_in_the_handshake,
        failed_handshake,
        cancelled_handshake,
        reset_before_the_first_word,
        closed,
    ],
)


@ENDS
def test_no_end_of_a_connection_closes_what_is_somebody_elses(
    runner: asyncio.Runner, listening: socket.socket, meet: Meet
):
    async def often() -> None:
        for _ in range(TIMES):
            async with neighbours():
                await meet(listening)

    runner.run(often())


@ENDS
@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="the system does not say what is open")
def test_no_end_of_a_connection_leaves_a_descriptor_open(
    runner: asyncio.Runner, listening: socket.socket, meet: Meet
):
    async def often() -> None:
        await meet(listening)
        before = len(list(DESCRIPTORS.iterdir()))
        for _ in range(TIMES):
            await meet(listening)
        assert len(list(DESCRIPTORS.iterdir())) == before

    runner.run(often())
