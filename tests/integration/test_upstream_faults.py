"""Upstreams that refuse, reset, stall, answer early, twice or too much, and too many requests."""

import asyncio
import io
import json
import socket
import struct
from typing import Any

import pytest

from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder
from edgeauth.model.decision import Decision, HeaderEdits, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.services.access_log import AccessLog
from edgeauth.services.clock import SystemClock
from edgeauth.services.line_writer import LineWriter
from tests.attacks.edge import GET, OK, Client, Script, Upstream, request, run, running_edge

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
MALFORMED = "its response is malformed: HttpParserError"
MUCH = b"HTTP/1.1 200 OK\r\n" + b"x: %b\r\n" % (b"y" * 1000) * 100
# Long enough for a machine that runs other tests as well, and short enough to wait for.
BRIEF = Limits(read_timeout=0.8, idle_timeout=1.0, connect_timeout=2.0)


class Lines:
    """An access log that is read by a test."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        self._writer = LineWriter(self._written)
        self.recorder = Recorder(AccessLog(self._writer, "json"), "proxy", SystemClock())

    async def told(self, lines: int) -> list[dict[str, Any]]:
        """Returns the lines, once there are so many."""
        async with asyncio.timeout(10):
            while self._written.getvalue().count(b"\n") < lines:
                await asyncio.sleep(0)
                self._writer.flush()
        return [json.loads(line) for line in self._written.getvalue().splitlines()]


def reset(writer: asyncio.StreamWriter) -> None:
    """Ends a connection without a farewell."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def faulty(said: bytes, end: str) -> Script:
    """Returns an upstream that says something to a request and then resets, closes or stalls."""

    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await writer.drain()
        if end == "reset":
            reset(writer)
        elif end == "stall":
            await reader.read()

    return script


@pytest.mark.parametrize(
    ("said", "end", "status"),
    [
        (b"", "close", 502),
        (b"", "reset", 502),
        (b"HTTP/1.1 20", "close", 502),
        (b"HTTP/1.1 20", "reset", 502),
        (b"nonsense\r\n\r\n", "stall", 502),
        (b"", "stall", 504),
        (b"HTTP/1.1 20", "stall", 504),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", "stall", 504),
    ],
    ids=repr,
)
def test_what_the_upstream_did_is_told_apart(said, end, status):
    async def scenario() -> None:
        upstream = Upstream(script=faulty(said, end))
        async with running_edge(upstream, limits=BRIEF) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).status == status
            assert edge.door._pool.open == set()

    run(scenario())


@pytest.mark.parametrize(
    ("said", "end", "error", "detail"),
    [
        (b"", "close", "answer", "it closed the connection"),
        (b"", "reset", "answer", "it reset the connection"),
        (b"", "stall", "timeout", "it did not answer in time"),
        (HEAD, "close", "answer", "it closed the connection in the middle of its answer"),
        (HEAD, "reset", "answer", "it reset the connection in the middle of its answer"),
        (HEAD, "stall", "timeout", "it fell silent in the middle of its answer"),
        (b"x: y\r\n\r\n", "stall", "answer", "its status line is none"),
        (HEAD[:17] + b"x y\r\n\r\n", "stall", "answer", MALFORMED),
        (MUCH, "stall", "answer", "the head of its response is too large"),
    ],
    ids=[
        "closed", "reset", "silent", "closed-later", "reset-later", "silent-later", "no-answer",
        "malformed", "too-large",
    ],
)  # fmt: skip
def test_a_line_of_the_access_log_tells_what_the_upstream_did(said, end, error, detail):
    async def scenario() -> None:
        upstream, lines = Upstream(script=faulty(said, end)), Lines()
        async with (
            running_edge(upstream, limits=BRIEF, recorder=lines.recorder) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            await client.reader.read(1)
            (line,) = await lines.told(1)
        assert (line["upstream_error"], line["upstream_detail"]) == (error, detail)
        assert line["upstream"] == f"127.0.0.1:{upstream.port}"
        assert line["error"] == "communication_error"
        assert 0 <= line["upstream_connect_time"] <= line["upstream_time"] <= line["duration"]

    run(scenario())


def test_a_line_of_the_access_log_tells_that_there_was_nobody():
    async def scenario() -> None:
        upstream, lines = Upstream(), Lines()
        with socket.socket() as bound:
            bound.bind(("127.0.0.1", 0))
            target = Target("127.0.0.1", bound.getsockname()[1])

            async def elsewhere(_request: Request, _content: ContentSource) -> Decision:
                return Permit("rule", "alice", HeaderEdits(), target)

            async with (
                running_edge(upstream, decide=elsewhere, recorder=lines.recorder) as edge,
                edge.client() as client,
            ):
                client.send(GET)
                assert (await client.answer()).status == 502
                (line,) = await lines.told(1)
        assert line["upstream_error"] == "connection"
        assert line["upstream_detail"] == "no connection: ConnectionRefusedError"
        assert "upstream_connect_time" not in line

    run(scenario())


@pytest.mark.parametrize("end", ["close", "reset", "stall"])
def test_an_answer_that_breaks_off_does_not_look_whole(end):
    async def scenario() -> None:
        upstream = Upstream(script=faulty(HEAD + b"half", end))
        async with running_edge(upstream, limits=BRIEF) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.all()).partition(b"\r\n\r\n")[2] in {b"", b"half"}

    run(scenario())


@pytest.mark.parametrize("extra", [OK, b"x"], ids=["second answer", "octet"])
def test_what_comes_after_an_answer_reaches_no_other_client(extra):
    upstream = Upstream(script=faulty(OK.replace(b"ok", b"no") + extra, "stall"))

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as one, edge.client() as two:
            for client in (one, two, one):
                client.send(GET)
                assert (await client.answer()).body == b"no"

    run(scenario())
    assert len(upstream.streams) == 3


def test_the_next_address_of_a_name_is_tried():
    """`localhost` is often ::1 first, where nobody listens."""

    async def scenario() -> None:
        upstream = Upstream()
        async with running_edge(upstream, decide=by_name) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).status == 200

    run(scenario())


async def by_name(_request: Request, _content: ContentSource) -> Decision:
    from tests.attacks.edge import EDITS, OWNED, PORTS

    return Permit("rule", "alice", EDITS, Target("localhost", PORTS[-1]), OWNED)


def held(release: asyncio.Event, most: list[int]) -> Script:
    """Returns an upstream that answers when it is released; notes its connections at a time."""
    now = 0

    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal now
        now += 1
        most.append(now)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await release.wait()
                writer.write(OK)
        finally:
            now -= 1

    return script


async def clients(edge_port: int, count: int) -> list[Client]:
    return [Client(*await asyncio.open_connection("127.0.0.1", edge_port)) for _ in range(count)]


def test_requests_beyond_the_limit_wait_for_a_connection():
    most: list[int] = []

    async def scenario() -> None:
        release = asyncio.Event()
        limits = Limits(upstream_connections=2)
        async with running_edge(Upstream(script=held(release, most)), limits=limits) as edge:
            asking = await clients(edge.port, 20)
            for client in asking:
                client.send(GET)
            while len(most) < 2 or len(edge.listener._connections) < 20:
                await asyncio.sleep(0)
            release.set()
            assert [(await client.answer()).status for client in asking] == [200] * 20
            for client in asking:
                client.close()

    run(scenario())
    assert max(most) == 2
    assert len(most) == 2, "connections were handed from one request to the next"


def test_who_waits_for_too_long_hears_that_it_is_too_much():
    async def scenario() -> None:
        limits = Limits(upstream_connections=1, connect_timeout=0.1)
        upstream = Upstream(script=held(asyncio.Event(), []))
        async with (
            running_edge(upstream, limits=limits) as edge,
            edge.client() as first,
            edge.client() as second,
        ):
            first.send(GET)
            while not upstream.streams:
                await asyncio.sleep(0)
            second.send(GET)
            refused = await second.answer()
            assert (refused.status, refused.all(b"retry-after")) == (503, [b"1"])
            assert edge.door.occupancy().waiting == 0

    run(scenario())


def test_who_leaves_the_line_takes_no_connection_and_gives_its_place_back():
    most: list[int] = []

    async def scenario() -> None:
        release = asyncio.Event()
        limits = Limits(upstream_connections=1)
        upstream = Upstream(script=held(release, most))
        async with running_edge(upstream, limits=limits) as edge:
            asking = await clients(edge.port, 5)
            for client in asking:
                client.send(GET)
            while not most or len(edge.listener._connections) < 5:
                await asyncio.sleep(0)
            for client in asking[:4]:
                client.reset()
            while len(edge.listener._connections) > 1:
                await asyncio.sleep(0)
            release.set()
            assert (await asking[4].answer()).status == 200
            asking[4].close()

    run(scenario())


def test_places_are_given_back_whatever_became_of_the_connection():
    async def nowhere(_request: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", HeaderEdits(), Target("127.0.0.1", 1))

    async def scenario() -> None:
        limits = Limits(upstream_connections=1)
        async with running_edge(decide=nowhere, limits=limits) as edge:
            for _ in range(3):
                async with edge.client() as client:
                    client.send(request(b"/"))
                    assert (await client.answer()).status == 502
                async with edge.client() as client:
                    client.send(request(b"/"))
                    client.reset()
            while edge.listener._connections or edge.listener._tasks:
                await asyncio.sleep(0)
            assert [lane.taken for lane in edge.door._pool._lanes.values()] == [0]

    run(scenario())
