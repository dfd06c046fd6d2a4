"""Upgrades as a way past the decision: nothing but what three agreed to leaves HTTP."""

import asyncio
import zlib

import pytest

from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import (
    EDITS,
    OWNED,
    PORTS,
    Upstream,
    request,
    run,
    running_edge,
)

HIDDEN = b"GET /deny/hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"
ASKED = (b"Connection: upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13")
SWITCHED = b"HTTP/1.1 101 Sure\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def switching(answer: bytes, seen: bytearray) -> Upstream:
    """Returns an upstream that answers each request with the same octets and records the rest."""

    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        seen.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        while data := await reader.read(65_536):
            seen.extend(data)

    return Upstream(script=script)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n", 426),
        (SWITCHED.replace(b"websocket", b"h2c"), 502),
        (SWITCHED.replace(b"Connection: upgrade\r\n", b""), 502),
        (b"HTTP/1.1 101 Sure\r\n\r\n", 502),
        (SWITCHED.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n"), 502),
        (SWITCHED.replace(b"101 Sure", b"200 OK\r\nContent-Length: 0"), 200),
    ],
    ids=["200", "426", "another protocol", "no option", "bare", "with content", "200 like 101"],
)
def test_attack_065_early_data_reaches_nobody_unless_the_upstream_switches(answer, status):
    seen = bytearray()

    async def scenario() -> None:
        async with running_edge(switching(answer, seen)) as edge, edge.client() as client:
            client.send(request(b"/", *ASKED) + HIDDEN)
            taken = await client.answer()
            assert (taken.status, taken.all(b"connection")) == (status, [b"close"])

    run(scenario())
    assert b"hidden" not in seen


def test_attack_219_frames_pass_as_they_are_whatever_they_would_inflate_to():
    seen = bytearray()
    extension = b"Sec-WebSocket-Extensions: permessage-deflate"
    deflate = zlib.compressobj(wbits=-15)
    bomb = deflate.compress(bytes(1_000_000)) + deflate.flush(zlib.Z_SYNC_FLUSH)
    frame = b"\xc1\x7e" + len(bomb).to_bytes(2, "big") + bomb
    agreed = SWITCHED.replace(b"\r\n\r\n", b"\r\n" + extension + b"\r\n\r\n")

    async def scenario() -> None:
        upstream = switching(agreed + frame, seen)
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(request(b"/", *ASKED, extension))
            assert (await client.answer()).all(b"sec-websocket-extensions")
            client.send(frame)
            client.writer.write_eof()
            assert await client.all() == frame

    run(scenario())
    assert seen.endswith(b"\r\n\r\n" + frame)
    assert b"permessage-deflate" in seen


@pytest.mark.parametrize("cut", [0, 1, 30])
def test_early_data_arrives_behind_the_switch_and_in_front_of_the_rest(cut):
    seen = bytearray()
    upstream = switching(SWITCHED + b"welcome", seen)

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            raw = request(b"/", *ASKED) + HIDDEN
            client.send(raw[: len(raw) - cut])
            taken = await client.answer()
            assert (taken.status, taken.all(b"upgrade")) == (101, [b"websocket"])
            client.send(raw[len(raw) - cut :] + b"and more")
            client.writer.write_eof()
            assert await client.all() == b"welcome"

    run(scenario())
    head, _, rest = bytes(seen).partition(b"\r\n\r\n")
    assert b"connection: upgrade\r\nupgrade: websocket" in head
    assert b"sec-websocket-version: 13" in head
    assert rest == HIDDEN + b"and more"


@pytest.mark.parametrize("wanted", [b"h2c", b"TLS/1.0", b"HTTP/2.0", b"tcp"], ids=repr)
def test_attack_064_no_other_protocol_is_asked_for(wanted):
    upstream = Upstream()

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(request(b"/", b"Connection: upgrade", b"Upgrade: " + wanted) + HIDDEN)
            assert [each.status for each in await client.answers()] == [200]

    run(scenario())
    assert upstream.faults == []
    assert upstream.targets == [b"/"]


def test_a_rule_may_allow_no_switch_at_all():
    upstream = Upstream()

    async def closed(asked: Request, _content: ContentSource) -> Decision:
        target = Target("127.0.0.1", PORTS[-1], upgrades=frozenset())
        return Permit("rule", "alice", EDITS, target, OWNED)

    async def scenario() -> None:
        async with running_edge(upstream, decide=closed) as edge, edge.client() as client:
            client.send(request(b"/", *ASKED))
            assert [each.status for each in await client.answers()] == [200]

    run(scenario())
    assert upstream.requests[0].all(b"upgrade") == []


def test_the_decision_door_answers_and_switches_nothing():
    async def scenario() -> None:
        async with running_edge(door="decision") as edge, edge.client() as client:
            client.send(request(b"/", *ASKED) + HIDDEN)
            assert [each.status for each in await client.answers()] == [200]

    run(scenario())


def test_an_upgrade_waits_for_its_turn_behind_other_requests():
    seen = bytearray()

    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while b"upgrade: " not in (head := await reader.readuntil(b"\r\n\r\n")):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.write(SWITCHED)
        seen.extend(head)
        seen.extend(await reader.readexactly(5))
        writer.write(b"hello")

    async def scenario() -> None:
        async with running_edge(Upstream(script=script)) as edge, edge.client() as client:
            client.send(request(b"/") * 3 + request(b"/", *ASKED) + b"early")
            assert [(await client.answer()).status for _ in range(4)] == [200, 200, 200, 101]
            assert await client.all() == b"hello"

    run(scenario())
    assert seen.endswith(b"early")
