"""Nobody keeps what was permitted to him for longer than his credentials last (218, 220)."""

import asyncio
import time

import pytest

from edgeauth.config.models.serve import EndWithCredentials
from edgeauth.listeners.limits import Limits
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import (
    EDITS,
    GET,
    OWNED,
    PORTS,
    Edge,
    Upstream,
    request,
    run,
    running_edge,
)

pytestmark = pytest.mark.slow

ASKED = request(
    b"/chat",
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
SWITCHED = b"HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
HELLO = b"\x81\x05Hello"
EXPIRED = b"\x88\x15\x11\x31credentials expired"
EVENTS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n"
)
DOWNLOAD = EVENTS.replace(b"Text/Event-Stream", b"text/plain")


async def briefly(_request: Request, _content: ContentSource) -> Decision:
    """Permits everything for a moment."""
    target = Target("127.0.0.1", PORTS[-1], "http")
    return Permit("rule", "alice", EDITS, target, OWNED, expires_at=time.time() + 0.2)


def saying(said: bytes) -> Upstream:
    """Returns an upstream that says something and then goes on for ever."""

    async def script(
        upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await reader.read()

    return Upstream(script=script)


def limits(ends: EndWithCredentials = "streams") -> Limits:
    return Limits(end_with_credentials=ends)


async def left(edge: Edge) -> None:
    """Waits until the upstream has been left."""
    async with asyncio.timeout(10):
        while not edge.upstream.closed or edge.door._pool.open:
            await asyncio.sleep(0)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_attack_218_a_websocket_is_told_that_its_credentials_have_ended(tls: bool):
    async def scenario() -> None:
        async with (
            running_edge(saying(SWITCHED + HELLO), decide=briefly, tls=tls) as edge,
            edge.client() as client,
        ):
            client.send(ASKED)
            async with asyncio.timeout(10):
                head = await client.reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 101 ")
                said = await client.reader.readexactly(len(HELLO + EXPIRED))
            assert said == HELLO + EXPIRED
            client.send(b"\x88\x82\x00\x00\x00\x00\x11\x31")  # the client's Close
            await left(edge)
            assert await client.all() == b""

    run(scenario())


@pytest.mark.parametrize("ends", ["upgrades", "streams", "all"])
def test_attack_218_a_websocket_that_is_in_the_middle_of_a_frame_is_cut(ends: EndWithCredentials):
    async def scenario() -> None:
        upstream = saying(SWITCHED + HELLO[:4])
        async with (
            running_edge(upstream, decide=briefly, limits=limits(ends)) as edge,
            edge.client() as client,
        ):
            client.send(ASKED)
            assert (await client.all()).endswith(HELLO[:4])
            await left(edge)

    run(scenario())


def test_attack_220_a_stream_of_events_is_cut_when_its_credentials_have_ended():
    async def scenario() -> None:
        async with (
            running_edge(saying(EVENTS), decide=briefly) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            assert (await client.all()).endswith(b"data: 1\n\n\r\n"), "not as if it were whole"
            await left(edge)

    run(scenario())


@pytest.mark.parametrize(
    ("said", "answer"),
    [(DOWNLOAD, b"HTTP/1.1 200 "), (b"", b"HTTP/1.1 504 ")],
    ids=["download", "long-poll"],
)
def test_attack_220_every_answer_is_where_the_operator_wants_it(said: bytes, answer: bytes):
    async def scenario() -> None:
        async with (
            running_edge(saying(said), decide=briefly, limits=limits("all")) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            await left(edge)
            client.writer.write_eof()
            assert (await client.all()).startswith(answer)

    run(scenario())


def test_attack_220_an_upload_is_cut_where_the_operator_wants_it():
    async def scenario() -> None:
        async with (
            running_edge(saying(b""), decide=briefly, limits=limits("all")) as edge,
            edge.client() as client,
        ):
            client.send(request(b"/", b"Content-Length: 9", method=b"POST", body=b"half"))
            assert (await client.answer()).status == 408
            await left(edge)

    run(scenario())
