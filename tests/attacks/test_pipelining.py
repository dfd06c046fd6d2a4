"""Each answer belongs to its own request, whatever is sent at once."""

import asyncio

import pytest

from edgeauth.model.decision import Decision, Deny, Permit, Refusal, Response
from edgeauth.model.errors import Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import (
    GET,
    OK,
    Message,
    Upstream,
    by_path,
    request,
    run,
    running_edge,
)

DENIED = request(b"/deny")
SMUGGLED = request(b"/smuggled")


def echo(message: Message) -> bytes:
    content = message.target + b" " + message.body
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)


FRAMED = {
    "attack-062 chunked": (
        b"Transfer-Encoding: chunked",
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED),
    ),
    "attack-062 of known length": (b"Content-Length: %d" % len(SMUGGLED), SMUGGLED),
    "attack-062 in chunks that look like framing": (
        b"Transfer-Encoding: chunked",
        b"5\r\n0\r\n\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED),
    ),
}


@pytest.mark.parametrize(("framing", "body"), FRAMED.values(), ids=FRAMED.keys())
@pytest.mark.parametrize(
    "before", [b"", GET, GET * 3, DENIED], ids=["first", "second", "fourth", "after no"]
)
def test_a_request_in_content_stays_content(framing, body, before):
    """A chunked body that waited behind another request once lost its framing on the way."""
    upstream = Upstream(echo)
    raw = before + request(b"/upload", framing, method=b"POST", body=body) + request(b"/after")

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(raw)
            answers = [await client.answer() for _ in range(raw.count(b"Host:") - 1)]
            assert SMUGGLED in answers[-2].body
            assert answers[-1].body == b"/after "

    run(scenario())
    assert upstream.faults == []
    assert b"/smuggled" not in upstream.targets
    assert upstream.targets[-2:] == [b"/upload", b"/after"]


def test_content_that_waits_for_its_turn_is_read_in_the_end():
    """The rest of the content comes when its request is the first; once it was never read."""
    upstream = Upstream(echo)

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(
                GET + request(b"/upload", b"Content-Length: 10", method=b"POST", body=b"hello")
            )
            await client.answer()
            client.send(b"world" + GET)
            assert (await client.answer()).body == b"/upload helloworld"
            assert await client.usable()

    run(scenario())
    assert upstream.faults == []


def test_a_head_that_comes_in_pieces_behind_others_is_not_too_large():
    upstream = Upstream()

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(DENIED * 300 + GET[:20])
            for _ in range(300):
                await client.answer()
            client.send(GET[20:])
            assert (await client.answer()).status == 200

    run(scenario())


def test_attack_084_a_request_waits_while_the_one_before_it_is_decided():
    order: list[str] = []
    gate = asyncio.Event

    async def scenario() -> None:
        opened = gate()

        async def slowly(request: Request, content: ContentSource) -> Decision:
            order.append(request.path)
            if request.path == "/slow":
                await opened.wait()
            return await by_path(request, content)

        async with running_edge(Upstream(echo), decide=slowly) as edge, edge.client() as client:
            client.send(request(b"/slow") + request(b"/deny") + request(b"/fast"))
            async with edge.client() as other:
                other.send(request(b"/other"))
                assert (await other.answer()).body == b"/other "
            assert order == ["/slow", "/other"]
            opened.set()
            assert (await client.answer()).body == b"/slow "
            assert (await client.answer()).status == 403
            assert (await client.answer()).body == b"/fast "

    run(scenario())


BROKEN: dict[str, BaseException] = {
    "a bug": RuntimeError("x"),
    "a wrong value": ValueError("x"),
    "cancellation": asyncio.CancelledError(),
    "exhaustion": MemoryError(),
}


@pytest.mark.parametrize("error", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("waits", [False, True], ids=["at once", "later"])
def test_attack_081_a_decision_that_breaks_is_no_permit(error, waits):
    upstream = Upstream()

    async def breaks(request: Request, content: ContentSource) -> Decision:
        if waits:
            await asyncio.sleep(0)
        if request.path == "/break":
            raise error
        return await by_path(request, content)

    async def scenario() -> None:
        async with running_edge(upstream, decide=breaks) as edge, edge.client() as client:
            client.send(request(b"/break") + GET)
            assert [each.status for each in await client.answers()] in ([], [500])
            async with edge.client() as other:
                assert await other.usable()

    run(scenario())
    assert upstream.targets == [b"/probe"]


def test_a_permit_that_can_not_be_sent_is_an_internal_error():
    from edgeauth.model.decision import HeaderEdits
    from edgeauth.model.routing import Target

    upstream = Upstream()
    bad = [
        HeaderEdits(((b"x-user", b"a\r\nX-Role: root"),)),
        HeaderEdits((), (("session", "\ud800"),)),
        HeaderEdits((), (("session", "a\r\nX-Role: root"),)),
        None,
    ]

    async def unsendable(request: Request, _content: ContentSource) -> Decision:
        edits = bad[int(request.path[1:])]
        return Permit("rule", "alice", edits, Target("127.0.0.1", 1))  # type: ignore[arg-type]

    async def scenario() -> None:
        for door in ("proxy", "decision"):
            async with running_edge(upstream, decide=unsendable, door=door) as edge:
                for number in range(len(bad)):
                    async with edge.client() as client:
                        client.send(request(b"/%d" % number) + GET)
                        answers = await client.answers()
                        assert answers[0].status in {400, 500}
                        assert b"root" not in client.rest

    run(scenario())
    assert upstream.streams == []


def test_a_refusal_with_content_to_head_sends_the_length_only():
    async def refuse(request: Request, _content: ContentSource) -> Decision:
        return Deny(Response(403, (), b"text"), Refusal(Reason.AUTHORIZATION, "no"))

    async def scenario() -> None:
        async with running_edge(decide=refuse) as edge, edge.client() as client:
            client.send(request(method=b"HEAD") + GET)
            assert (await client.answer(to_head=True)).all(b"content-length") == [b"4"]
            assert (await client.answer()).body == b"text"

    run(scenario())


def test_a_client_that_half_closes_gets_all_its_answers():
    async def scenario() -> None:
        async with running_edge(Upstream(OK)) as edge, edge.client() as client:
            client.send(GET + DENIED + GET)
            client.writer.write_eof()
            assert [each.status for each in await client.answers()] == [200, 403, 200]

    run(scenario())
