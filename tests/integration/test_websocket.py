"""WebSockets with a library of others at both ends, through the proxy door."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder
from edgeauth.listeners.parser import ParserName
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import EDITS, OWNED, Edge, run, running_edge
from tests.fakes.parsing import using

pytestmark = pytest.mark.slow

SIZE = 50 * 1024 * 1024
BLOCK = hashlib.shake_128(b"block").digest(256 * 1024)
BLOCKS = SIZE // len(BLOCK)
BOUND = 2 * 1024 * 1024
"""Octets that may wait in the edge: a segment or two above the transports' marks, each way."""
PATIENT = Limits(read_timeout=60.0, write_timeout=60.0)

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


@asynccontextmanager
async def chatting(
    talk: Talk,
    *,
    limits: Limits = PATIENT,
    life: float | None = None,
    recorder: Recorder | None = None,
) -> AsyncIterator[tuple[Edge, aiohttp.ClientSession, str]]:
    """Runs a service that talks, an edge before it, and a session of a client."""

    async def serve(request: web.Request) -> web.WebSocketResponse:
        assert request.headers["x-user"] == "alice"
        socket = web.WebSocketResponse(max_msg_size=0, protocols=("chat",))
        await socket.prepare(request)
        await talk(socket)
        return socket

    service = web.Application()
    service.router.add_get("/chat", serve)
    runner = web.AppRunner(service, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]

    async def permit(_request: Request, _content: ContentSource) -> Decision:
        ends = None if life is None else time.time() + life
        return Permit("rule", "alice", EDITS, Target("127.0.0.1", port), OWNED, expires_at=ends)

    try:
        async with (
            running_edge(limits=limits, decide=permit, recorder=recorder) as edge,
            aiohttp.ClientSession() as session,
        ):
            yield edge, session, f"ws://127.0.0.1:{edge.port}/chat"
    finally:
        await runner.cleanup()


async def echo(socket: web.WebSocketResponse) -> None:
    async for message in socket:
        await socket.send_str(message.data)


@pytest.mark.parametrize("parser", ["llhttp", "python"])
def test_messages_go_both_ways_and_either_side_may_say_goodbye(parser: ParserName):
    async def scenario() -> None:
        async with (
            chatting(echo) as (edge, session, url),
            session.ws_connect(url, protocols=("chat",)) as socket,
        ):
            assert socket.protocol == "chat"
            for text in ("hello", "", "x" * 100_000):
                await socket.send_str(text)
                assert await socket.receive_str() == text
            await socket.close(code=4000)
            async with asyncio.timeout(5):
                while edge.listener._connections or edge.door._pool.open:
                    await asyncio.sleep(0)

    with using(parser):
        run(scenario())


def test_a_service_that_closes_is_heard():
    async def leave(socket: web.WebSocketResponse) -> None:
        await socket.close(code=4001, message=b"over")

    async def scenario() -> None:
        async with chatting(leave) as (_, session, url), session.ws_connect(url) as socket:
            message = await socket.receive()
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4001)

    run(scenario())


def test_a_client_that_vanishes_is_noticed_by_the_service():
    async def scenario() -> None:
        noticed = asyncio.Event()

        async def wait(socket: web.WebSocketResponse) -> None:
            await socket.receive()
            noticed.set()

        async with chatting(wait) as (_, session, url):
            socket = await session.ws_connect(url)
            connection = socket._conn
            assert connection is not None
            assert connection.transport is not None
            connection.transport.abort()
            async with asyncio.timeout(5):
                await noticed.wait()

    run(scenario())


@pytest.mark.parametrize("slow", ["client", "service"])
def test_fifty_mebibytes_pass_a_slow_reader_with_little_memory(slow):
    digest = hashlib.sha256(BLOCK * BLOCKS).digest()

    async def send(socket: web.WebSocketResponse | aiohttp.ClientWebSocketResponse) -> None:
        for _ in range(BLOCKS):
            await socket.send_bytes(BLOCK)

    async def take(
        socket: web.WebSocketResponse | aiohttp.ClientWebSocketResponse, edge: list[Edge]
    ) -> bytes:
        taken = hashlib.sha256()
        for _ in range(BLOCKS):
            for _ in range(3):  # slower than what is sent
                await asyncio.sleep(0)
            taken.update(await socket.receive_bytes())
            assert waiting(edge[0]) < BOUND
        return taken.digest()

    async def scenario() -> None:
        edges: list[Edge] = []
        results: list[bytes] = []
        done = asyncio.Event()

        async def talk(socket: web.WebSocketResponse) -> None:
            if slow == "service":
                results.append(await take(socket, edges))
                done.set()
            else:
                await send(socket)
                await done.wait()

        async with chatting(talk) as (edge, session, url):
            edges.append(edge)
            async with session.ws_connect(url, max_msg_size=0) as socket, asyncio.timeout(60):
                if slow == "service":
                    await send(socket)
                    await done.wait()
                else:
                    results.append(await take(socket, edges))
                    done.set()
        assert results == [digest]

    run(scenario())


def waiting(edge: Edge) -> int:
    """Returns how much waits in the edge's buffers, on all its connections."""
    clients = [connection._transport for connection in edge.listener._connections]
    upstreams = [connection._transport for connection in edge.door._pool.open]
    return sum(transport.get_write_buffer_size() for transport in clients + upstreams)


@pytest.mark.parametrize("life", [0.1, -5.0], ids=["ends", "has ended"])
def test_attack_218_a_client_hears_that_its_token_has_ended(life):
    async def wait(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    async def scenario() -> None:
        async with (
            chatting(wait, life=life) as (_, session, url),
            session.ws_connect(url) as socket,
        ):
            message = await asyncio.wait_for(socket.receive(), 10)
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4401)

    run(scenario())


def test_the_sweep_ends_what_is_silent():
    async def wait(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    async def scenario() -> None:
        async with (
            chatting(wait, limits=Limits(idle_timeout=0.1)) as (_, session, url),
            session.ws_connect(url) as socket,
        ):
            message = await asyncio.wait_for(socket.receive(), 10)
            assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}

    run(scenario())


def test_a_drain_waits_so_long_and_no_longer():
    async def wait(socket: web.WebSocketResponse) -> None:
        await socket.receive()

    async def scenario() -> None:
        async with (
            chatting(wait) as (edge, session, url),
            session.ws_connect(url) as socket,
        ):
            await asyncio.wait_for(edge.listener.drain(0.05), 5)
            message = await asyncio.wait_for(socket.receive(), 5)
            assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}

    run(scenario())
