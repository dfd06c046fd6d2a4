"""Content of any size passes with little memory, however slow either end is."""

import asyncio
import hashlib
from collections.abc import Callable

import pytest

from edgeauth.listeners.limits import Limits
from tests.attacks.edge import (
    PATIENCE,
    Edge,
    Upstream,
    request,
    run,
    running_edge,
    take_answer,
    take_request,
)

SIZE = 20 * 1024 * 1024
BOUND = 1024 * 1024
"""Octets that may wait in the edge for one side: a segment or two above the transport's marks."""
PATIENT = Limits(read_timeout=60.0, write_timeout=60.0)
CONTENT = hashlib.shake_128(b"content").digest(64 * 1024)
BLOCKS = SIZE // len(CONTENT)
DIGEST = hashlib.sha256(CONTENT * BLOCKS).digest()

pytestmark = pytest.mark.slow


def waiting(edge: Edge) -> int:
    """Returns how much waits in the edge's buffers, on all its connections."""
    clients = [connection._transport for connection in edge.listener._connections]
    upstreams = [connection._transport for connection in edge.door._pool.open]
    return sum(transport.get_write_buffer_size() for transport in clients + upstreams)


async def until(condition: Callable[[], bool], edge: Edge) -> None:
    """Waits for a condition, and watches the buffers while it waits."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            assert waiting(edge) < BOUND
            await asyncio.sleep(0)


def framed(block: bytes, *, chunked: bool) -> bytes:
    return b"%x\r\n%b\r\n" % (len(block), block) if chunked else block


def framing(*, chunked: bool) -> bytes:
    return b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % SIZE


@pytest.mark.parametrize("chunked", [False, True], ids=["known length", "chunked"])
def test_a_client_that_does_not_read_stops_a_large_download(chunked):
    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n" + framing(chunked=chunked) + b"\r\n\r\n")
        for _ in range(BLOCKS):
            writer.write(framed(CONTENT, chunked=chunked))
            await writer.drain()
        writer.write(b"0\r\n\r\n" if chunked else b"")
        await reader.read()

    async def scenario() -> None:
        async with (
            running_edge(Upstream(script=script), limits=PATIENT) as edge,
            edge.client() as client,
        ):
            client.writer.transport.pause_reading()
            client.send(request())
            await until(lambda: any(each.stuffed for each in edge.listener._connections), edge)
            for _ in range(200):
                assert waiting(edge) < BOUND
                await asyncio.sleep(0)
            client.writer.transport.resume_reading()
            received = bytearray()
            while len(received) < SIZE or (chunked and not received.endswith(b"0\r\n\r\n")):
                received += await client.reader.read(65_536)
                assert waiting(edge) < BOUND
            taken = take_answer(bytes(received), ended=True) if not chunked else None
            if taken is not None:
                assert hashlib.sha256(taken[0].body).digest() == DIGEST
            else:
                assert hashlib.sha256(unchunked(bytes(received))).digest() == DIGEST

    run(scenario())


def unchunked(stream: bytes) -> bytes:
    place = stream.index(b"\r\n\r\n") + 4
    parts = []
    while True:
        end = stream.index(b"\r\n", place)
        size = int(stream[place:end], 16)
        if not size:
            assert stream[end:] == b"\r\n\r\n"
            return b"".join(parts)
        parts.append(stream[end + 2 : end + 2 + size])
        place = end + 2 + size + 2


@pytest.mark.parametrize("chunked", [False, True], ids=["known length", "chunked"])
def test_an_upstream_that_does_not_read_stops_a_large_upload(chunked):
    async def scenario() -> None:
        released = asyncio.Event()
        stream = bytearray()

        async def script(
            _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            writer.transport.pause_reading()
            await released.wait()
            writer.transport.resume_reading()
            while len(stream) < SIZE or (chunked and not stream.endswith(b"0\r\n\r\n")):
                stream.extend(await reader.read(65_536))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await reader.read()

        async def upload(writer: asyncio.StreamWriter) -> None:
            writer.write(request(b"/", framing(chunked=chunked), method=b"POST"))
            for _ in range(BLOCKS):
                writer.write(framed(CONTENT, chunked=chunked))
                await writer.drain()
            writer.write(b"0\r\n\r\n" if chunked else b"")

        async with (
            running_edge(Upstream(script=script), limits=PATIENT) as edge,
            edge.client() as client,
        ):
            sending = asyncio.create_task(upload(client.writer))
            await until(lambda: any(each._held for each in edge.listener._connections), edge)
            await until(lambda: bool(edge.door._pool.open), edge)
            await until(lambda: any(each._held for each in edge.listener._connections), edge)
            for _ in range(200):
                assert waiting(edge) < BOUND
                await asyncio.sleep(0)
            assert not sending.done()
            released.set()
            assert (await client.answer()).body == b"ok"
            await sending
            assert await_head(bytes(stream))
            body = unchunked(bytes(stream)) if chunked else bytes(stream)[-SIZE:]
            assert hashlib.sha256(body).digest() == DIGEST

    run(scenario())


def await_head(stream: bytes) -> bool:
    """Returns whether the stream begins with a head that a strict upstream takes."""
    head = stream[: stream.index(b"\r\n\r\n") + 4]
    closed = head.replace(b"content-length: %d\r\n" % SIZE, b"").replace(
        b"transfer-encoding: chunked\r\n", b""
    )
    return take_request(closed) is not None


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536, 65_537, 65_538, 131_072, 300_001])
@pytest.mark.parametrize("cut", [1, 100, 65_536, 65_600])
def test_long_content_ends_exactly_where_it_says(length, cut):
    """Beyond 64 KiB the parser is passed by; neither end may lose or gain an octet there."""
    content = (CONTENT * 5)[:length]
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (length, content)

    async def script(
        upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            for start in range(0, len(raw), max(cut, len(raw) // 50)):
                writer.write(raw[start : start + max(cut, len(raw) // 50)])
                await writer.drain()
                await asyncio.sleep(0)

    upstream = Upstream(script=script)

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            for _ in range(3):
                client.send(request())
                assert (await client.answer()).body == content

    run(scenario())
    assert len(upstream.streams) == 1, "the connection was clean, and used again"


def test_a_silent_client_is_given_up_by_the_sweep():
    async def scenario() -> None:
        limits = Limits(read_timeout=0.1)
        async with (
            running_edge(limits=limits) as edge,
            edge.client() as quiet,
            edge.client() as half,
        ):
            half.send(b"GET / HTTP/1.1\r\nHost")
            assert await quiet.all() == b""
            assert await half.all() == b""

    run(scenario())


def test_a_silent_upstream_is_given_up_by_the_sweep():
    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()

    async def scenario() -> None:
        limits = Limits(read_timeout=0.1)
        async with (
            running_edge(Upstream(script=script), limits=limits) as edge,
            edge.client() as client,
        ):
            client.send(request())
            assert (await client.answer()).status == 504

    run(scenario())
