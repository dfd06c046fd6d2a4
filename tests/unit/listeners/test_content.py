"""Content that a step reads: when it is asked for, how much, how long, and that it goes on."""

import asyncio
from collections.abc import Callable

import pytest

from edgeauth.listeners.limits import Limits
from edgeauth.model.decision import Decision, Deny, Permit, Refusal, Response
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.wire.http1 import CONTINUE
from tests.attacks.edge import take_request
from tests.fakes.connections import EDITS, OWNED, TARGET, FakeClient
from tests.fakes.driving import run, settle

POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
EXPECTING = POST[:-2] + b"Expect: 100-continue\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LIMITS = Limits(read_timeout=5.0, write_timeout=7.0, idle_timeout=11.0, content_octets=100)


class Reader:
    """A decision that reads the content, and notes what it got."""

    def __init__(self) -> None:
        self.read: list[bytes | Fault] = []

    async def __call__(self, request: Request, content: ContentSource) -> Decision:
        try:
            octets = await content.read()
        except Fault as fault:
            self.read.append(fault)
            answer = Response(fault.status or 500)
            return Deny(answer, Refusal.of(fault))
        self.read.append(octets)
        assert await content.read() == octets, "it stays there"
        if octets.startswith(b"no"):
            return Deny(Response(403), Refusal(Reason.AUTHORIZATION, "no"))
        return Permit("rule", "alice", EDITS, TARGET, OWNED)


class ReadingClient(FakeClient):
    """A client of an edge whose every decision reads the content."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.decisions = Reader()
        super().__init__(limits, self.decisions)

    async def say(self, *segments: bytes) -> None:
        """Sends segments, and lets the edge work after each."""
        for segment in segments:
            if not self.transport.closing:
                self.connection.data_received(segment)
            await settle()

    @property
    def statuses(self) -> list[bytes]:
        heads = bytes(self.transport.written).split(b"HTTP/1.1 ")[1:]
        return [head[:3] for head in heads]

    def forwarded(self) -> list[tuple[bytes, bool]]:
        """Lets the upstream work; returns content and whether it came in chunks."""
        while self.door.progress():
            pass
        found = []
        for each in self.door.attached:
            taken = take_request(bytes(each.sent))
            assert taken is not None
            assert taken[1] == b""
            found.append((taken[0].body, taken[0].chunked))
        return found


def scenario(test: Callable[[ReadingClient], object]) -> Callable[[], None]:
    """Runs a test in a loop, with a client; at the end nothing may be left behind."""

    async def played() -> None:
        client = ReadingClient()
        await test(client)  # type: ignore[misc]  # a coroutine
        client.transport.abort()
        await settle()
        assert client.bugs == []
        assert not client.listener._tasks

    def runner() -> None:
        run(played())

    runner.__doc__ = test.__doc__
    return runner


@scenario
async def test_attack_076_a_length_beyond_the_limit_is_refused_before_anything_is_read(client):
    await client.say(EXPECTING.replace(b": 10\r", b": 101\r"))
    assert client.statuses == [b"413"]
    assert client.transport.ended
    assert b"connection: close" in client.transport.written


@scenario
async def test_attack_076_chunks_beyond_the_limit_are_refused_when_they_come(client):
    await client.say(CHUNKED, b"32\r\n" + b"x" * 50 + b"\r\n")
    assert client.statuses == []
    await client.say(b"33\r\n" + b"x" * 51 + b"\r\n")
    assert client.statuses == [b"413"]
    assert client.door.waiting == []


@scenario
async def test_attack_076_too_much_together_with_the_head_is_refused_as_well(client):
    await client.say(CHUNKED + b"65\r\n" + b"x" * 101 + b"\r\n")
    assert client.statuses == [b"413"]


@scenario
async def test_what_follows_too_much_content_is_no_request(client):
    await client.say(POST.replace(b"10", b"200"), b"x" * 200 + GET)
    assert client.statuses == [b"413"]
    assert client.decisions.read[1:] == []


@scenario
async def test_malformed_chunks_are_refused_while_a_step_waits(client):
    await client.say(CHUNKED, b"2\r\nab\r\n", b"zz\r\n")
    assert client.statuses == [b"400"]
    assert client.decisions.read == []
    assert client.door.waiting == []


@scenario
async def test_a_client_that_has_gone_ends_the_decision(client):
    await client.say(POST, b"hello")
    client.transport.abort()
    await settle()
    assert client.decisions.read == []


@scenario
async def test_half_a_content_is_none(client):
    await client.say(POST, b"hello")
    assert client.connection.eof_received() is False
    await settle()
    assert client.decisions.read == []
    assert client.door.waiting == []


@scenario
async def test_attack_073_content_that_does_not_come_is_not_waited_for(client):
    await client.say(POST)
    assert client.connection.deadline == client.deadlines.now + 5.0
    client.connection.expire()
    await settle()
    assert client.statuses == [b"408"]
    assert client.decisions.read == []
    client.let_time_pass()
    assert client.transport.lost


@scenario
async def test_attack_073_octets_one_by_one_buy_next_to_no_time(client):
    await client.say(POST)
    begun = client.connection.deadline
    for octet in b"123456789":
        client.deadlines.now += 0.5
        await client.say(bytes((octet,)))
    assert begun <= client.connection.deadline < begun + 0.01


@scenario
async def test_without_a_timeout_there_is_no_deadline(client):
    client.connection.limits = Limits(read_timeout=0.0)
    await client.say(POST, b"hello")
    assert client.connection.deadline == 0.0


@scenario
async def test_a_refusal_over_complete_content_keeps_the_connection(client):
    await client.say(POST + b"no thanks!" + GET)
    assert client.statuses == [b"403"]
    assert [each[0] for each in client.forwarded()] == [b""]
    assert client.decisions.read == [b"no thanks!", b""]


def test_a_client_that_waits_is_told_to_go_on_once_a_step_reads():
    @scenario
    async def waits(client):
        await client.say(EXPECTING)
        assert bytes(client.transport.written) == CONTINUE
        await client.say(b"0123456789")
        assert client.forwarded() == [(b"0123456789", False)]
        assert bytes(client.transport.written).count(CONTINUE) == 1

    waits()


@pytest.mark.parametrize("whole", [True, False], ids=["with the head", "after the head"])
@pytest.mark.parametrize(
    ("head", "content", "chunked"),
    [
        (POST, b"0123456789", False),
        (CHUNKED, b"4\r\n0123\r\n6;x=y\r\n456789\r\n0\r\nX-User: root\r\n\r\n", True),
    ],
    ids=["known length", "chunked"],
)
def test_content_goes_on_in_the_framing_that_it_came_in(head, content, chunked, whole):
    @scenario
    async def goes_on(client):
        segments = [head + content] if whole else [head, content[:5], content[5:]]
        await client.say(*segments)
        assert client.decisions.read == [b"0123456789"]
        assert client.forwarded() == [(b"0123456789", chunked)]
        await client.say(GET)
        assert client.forwarded()[1:] == [(b"", False)]

    goes_on()


@scenario
async def test_an_empty_chunked_content_is_empty(client):
    await client.say(CHUNKED + b"0\r\n\r\n")
    assert client.decisions.read == [b""]
    assert client.forwarded() == [(b"", True)]


def test_a_request_without_content_never_leaves_the_fast_path():
    client = ReadingClient()
    client.connection.data_received(GET)
    assert client.decisions.read == [b""]


def test_exactly_the_limit_is_read():
    @scenario
    async def reads(client):
        await client.say(POST.replace(b"10", b"100"), b"x" * 50, b"y" * 50)
        assert client.forwarded() == [(b"x" * 50 + b"y" * 50, False)]

    reads()


def test_what_no_step_reads_has_no_limit():
    async def streams() -> None:
        client = FakeClient(LIMITS)
        client.send(POST.replace(b"10", b"1000"), b"x" * 400, b"y" * 600)
        client.finish()
        await asyncio.sleep(0)
        assert len(client.door.attached[0].sent) > 1000

    run(streams())
