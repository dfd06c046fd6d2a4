"""Clients on real sockets that send or read next to nothing, and those that are only slow."""

import asyncio

import pytest

from edgeauth.listeners.limits import Limits
from tests.attacks.edge import OK, Client, Edge, Upstream, request, run, running_edge

pytestmark = pytest.mark.slow

LENGTH = 8 * 1024 * 1024
UPLOAD = request(b"/upload", b"Content-Length: 100000", method=b"POST")
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LENGTH + b"x" * LENGTH
PACE = 0.02
"""Seconds between two pieces; the sweep looks twice a second."""


async def said_slowly(client: Client, edge: Edge, octets: int) -> bytes:
    """Sends pieces of content until the edge has had enough, or all has come."""
    client.send(UPLOAD)
    left = 100_000
    while left and edge.listener._connections:
        client.send(b"x" * min(octets, left))
        left -= min(octets, left)
        await asyncio.sleep(PACE)  # what makes it slow
    return (await client.all())[:12]


def test_attack_073_content_that_trickles_is_answered_408():
    async def scenario() -> None:
        limits = Limits(read_timeout=0.4, upload_rate=5000)
        async with running_edge(limits=limits) as edge, edge.client() as client:
            assert await said_slowly(client, edge, 10) == b"HTTP/1.1 408"
            async with edge.client() as other:
                assert await other.usable()

    run(scenario())


def test_content_that_comes_slowly_but_comes_is_forwarded():
    async def scenario() -> None:
        upstream = Upstream(OK.replace(b"200 OK\r\n", b"200 OK\r\nConnection: close\r\n"))
        limits = Limits(read_timeout=5.0, upload_rate=1000)
        async with running_edge(upstream, limits=limits) as edge, edge.client() as client:
            client.send(UPLOAD.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n"))
            for _ in range(50):
                client.send(b"x" * 2000)
                await asyncio.sleep(PACE)
            assert (await client.answer()).status == 200
            assert len(edge.upstream.requests[0].body) == 100_000

    run(scenario())


def test_attack_073_a_client_that_does_not_read_is_cut_off():
    async def scenario() -> None:
        limits = Limits(write_timeout=0.4)
        async with running_edge(Upstream(LARGE), limits=limits) as edge, edge.client() as client:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            client.send(request(b"/large"))
            async with asyncio.timeout(10):
                while not edge.upstream.requests or edge.listener._connections:
                    await asyncio.sleep(PACE)
            assert edge.listener.in_flight == 0

    run(scenario())


def test_a_request_that_lasts_too_long_is_answered_for_the_service():
    async def wait(_: Upstream, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass

    async def scenario() -> None:
        limits = Limits(request_time=0.1)
        async with (
            running_edge(Upstream(script=wait), limits=limits) as edge,
            edge.client() as client,
        ):
            client.send(request(b"/slow"))
            assert (await client.answer()).status == 504
            async with asyncio.timeout(10):
                while not edge.upstream.closed:
                    await asyncio.sleep(PACE)

    run(scenario())
