"""Content that rules look at: what is decided about is what the upstream gets, or nothing is."""

import asyncio
import hashlib

import pytest
from msgspec.structs import replace

from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.step import AuthorizeStep
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.server import Decide
from edgeauth.mechanisms.authorizers.cel import CelAuthorizer, CelSpecification
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.wire.answers import Answers
from tests.attacks.edge import (
    EDITS,
    OWNED,
    PORTS,
    Client,
    Edge,
    Upstream,
    request,
    run,
    running_edge,
)
from tests.fakes.rules import book, rule

LIMITS = Limits(content_octets=1000, read_timeout=30.0)
JSON = b"Content-Type: application/json"
SMALL = b'{"amount": 5}'
LARGE = b'{"amount": 7}'
CHUNKED = b"Transfer-Encoding: chunked"


def looking(condition: str = "Request.Body().amount <= 5.0") -> Decide:
    """Returns decisions by a rule with one condition, whose upstream is the test's."""
    specification = CelSpecification.model_validate({"expressions": [{"expression": condition}]})
    step = AuthorizeStep("may", "may", CelAuthorizer(specification))
    point = DecisionPoint(book(rule(checks=[step])), Answers(), lambda *_: None)

    async def decide(asked: Request, content: ContentSource) -> Decision:
        if asked.path == "/probe":
            return Permit("rule", "alice", EDITS, Target("127.0.0.1", PORTS[-1]), OWNED)
        decision = await point.decide(asked, content)
        if isinstance(decision, Permit):
            target = Target("127.0.0.1", PORTS[-1], "http")
            return replace(decision, target=target, edits=EDITS, owned=OWNED)
        return decision

    return decide


def post(body: bytes, *fields: bytes) -> bytes:
    return request(
        b"/orders", JSON, b"Content-Length: %d" % len(body), *fields, method=b"POST", body=body
    )


def chunked(*pieces: bytes) -> bytes:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*pieces, b""))
    return request(b"/orders", JSON, CHUNKED, method=b"POST", body=framed)


async def converse(edge: Edge, client: Client, raw: bytes) -> tuple[int, bool]:
    """Returns the status of the answer, and whether the connection goes on."""
    client.send(raw)
    answer = await client.answer()
    return answer.status, not answer.all(b"connection")


REFUSED = {
    "a condition that is false": (post(LARGE), 403),
    "a condition that is false, chunked": (chunked(LARGE[:3], LARGE[3:]), 403),
    "attack-076 a length beyond the limit": (post(SMALL + b" " * 1000), 413),
    "attack-076 chunks beyond the limit": (chunked(*[b" " * 100] * 10, SMALL), 413),
    "attack-077 malformed JSON": (post(SMALL[:-1]), 500),
    "attack-078 a repeated name": (post(b'{"amount": 7, "amount": 5}'), 500),
    "attack-078 nesting": (post(b"[" * 500), 500),
    "attack-079 JSON as text": (post(SMALL).replace(b"application/json", b"text/plain"), 500),
    "attack-079 another charset": (post(SMALL).replace(b"json\r", b"json;charset=utf-16\r"), 500),
    "attack-075 compressed": (post(SMALL, b"Content-Encoding: gzip"), 500),
    "no content": (request(b"/orders", JSON, method=b"POST"), 500),
    "malformed chunks": (chunked(SMALL).replace(b"\r\n0\r\n", b"\r\nzz\r\n"), 400),
    "a chunk longer than it says": (
        chunked(SMALL).replace(b"\r\nd\r\n", b"\r\n5\r\n"),
        400,
    ),
}


@pytest.mark.parametrize("door", ["proxy", "decision"])
@pytest.mark.parametrize(("raw", "status"), REFUSED.values(), ids=REFUSED)
def test_content_that_does_not_satisfy_reaches_nobody(raw: bytes, status: int, door: str):
    async def scenario() -> None:
        async with (
            running_edge(door=door, decide=looking(), limits=LIMITS) as edge,
            edge.client() as client,
        ):
            told, goes_on = await converse(edge, client, raw)
            assert told == status
            # What has come as a whole is over, whatever it was.
            assert goes_on is (
                status in {403, 500} or (raw.endswith(b"0\r\n\r\n") and status == 413)
            )
            assert edge.upstream.requests == []

    run(scenario())


@pytest.mark.parametrize("door", ["proxy", "decision"])
@pytest.mark.parametrize(
    "raw", [post(SMALL), chunked(SMALL[:3], SMALL[3:])], ids=["known length", "chunked"]
)
def test_what_was_decided_about_is_what_the_upstream_gets(raw: bytes, door: str):
    async def scenario() -> None:
        async with (
            running_edge(door=door, decide=looking(), limits=LIMITS) as edge,
            edge.client() as client,
        ):
            # Twice, and at once: the second must not be taken for content of the first.
            client.send(raw + raw)
            assert [(await client.answer()).status for _ in range(2)] == [200, 200]
            assert edge.upstream.faults == []
            if door == "proxy":
                assert await client.usable()
                first, second, _ = edge.upstream.requests
                assert (first.body, second.body) == (SMALL, SMALL)
                assert first.chunked is second.chunked is (CHUNKED in raw)

    run(scenario())


def test_attack_063_continue_is_said_once_a_step_reads_and_not_before_a_refusal():
    async def scenario() -> None:
        async with running_edge(decide=looking(), limits=LIMITS) as edge:
            async with edge.client() as client:
                head, _, body = post(SMALL, b"Expect: 100-continue").partition(b"\r\n\r\n")
                client.send(head + b"\r\n\r\n")
                assert (await client.answer()).status == 100
                client.send(body)
                assert (await client.answer()).status == 200
            async with edge.client() as client:
                head, _, _ = post(b" " * 1001, b"Expect: 100-continue").partition(b"\r\n\r\n")
                client.send(head + b"\r\n\r\n")
                assert (await client.answer()).status == 413

    run(scenario())


def test_attack_073_a_client_that_owes_content_is_told_and_let_go():
    async def scenario() -> None:
        limits = Limits(content_octets=1000, read_timeout=0.001)
        async with (
            running_edge(decide=looking(), limits=limits) as edge,
            edge.client() as client,
        ):
            client.send(post(SMALL)[:-1])
            (answer,) = await client.answers()
            assert answer.status == 408
            assert answer.all(b"connection") == [b"close"]
            assert edge.upstream.requests == []

    run(scenario())


def test_a_client_that_leaves_before_its_content_leaves_nothing_behind():
    async def scenario() -> None:
        async with running_edge(decide=looking(), limits=LIMITS) as edge:
            async with edge.client() as client:
                client.send(post(SMALL)[:-1])
                while not edge.listener._tasks:
                    await asyncio.sleep(0)
                client.reset()
            while edge.listener._connections or edge.listener._tasks:
                await asyncio.sleep(0)
            assert edge.upstream.requests == []

    run(scenario())


@pytest.mark.slow
@pytest.mark.parametrize("framing", ["known length", "chunked"])
def test_fifty_mebibytes_that_no_condition_looks_at_stream(framing: str):
    block = hashlib.shake_128(b"content").digest(64 * 1024)
    count = 50 * 16
    digest, length = hashlib.sha256(), 0

    async def swallow(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal length
        await reader.readuntil(b"\r\n\r\n")
        while length < count * len(block):
            data = b""
            if framing == "chunked":
                size = int((await reader.readuntil(b"\r\n"))[:-2], 16)
                data = (await reader.readexactly(size + 2))[:-2]
            else:
                data = await reader.read(65_536)
            digest.update(data)
            length += len(data)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    condition = 'Request.Method != "POST" && Request.Body().amount <= 5.0 || true'

    async def scenario() -> None:
        async with (
            running_edge(
                Upstream(script=swallow), decide=looking(condition), limits=LIMITS
            ) as edge,
            edge.client() as client,
        ):
            total = b"Content-Length: %d" % (count * len(block))
            client.send(
                request(
                    b"/orders", JSON, CHUNKED if framing == "chunked" else total, method=b"POST"
                )
            )
            for _ in range(count):
                piece = b"10000\r\n" + block + b"\r\n" if framing == "chunked" else block
                client.send(piece)
                await client.writer.drain()
                for connection in edge.listener._connections:
                    for exchange in connection._queue:
                        assert len(exchange._waiting) < 1024 * 1024
                for upstream in edge.door._pool.open:
                    assert upstream._transport.get_write_buffer_size() < 1024 * 1024
            client.send(b"0\r\n\r\n" if framing == "chunked" else b"")
            assert (await client.answer()).status == 200

    run(scenario())
    assert length == count * len(block)
    assert digest.digest() == hashlib.sha256(block * count).digest()
