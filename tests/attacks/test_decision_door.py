"""What a gateway hears at the decision door; how it is read, the corpus shows."""

import pytest

from edgeauth.model.decision import Decision, HeaderEdits, Permit
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import GET, request, run, running_edge


def test_content_that_a_gateway_sends_along_is_not_waited_for():
    async def scenario() -> None:
        async with running_edge(door="decision") as edge, edge.client() as client:
            client.send(request(b"/", b"Content-Length: 5", method=b"POST", body=b"hello") + GET)
            answers = await client.answers()
            assert [(each.status, each.all(b"connection")) for each in answers] == [
                (200, [b"close"])
            ]

    run(scenario())


def test_a_gateway_hears_what_to_tell_and_no_framing():
    edits = HeaderEdits(
        (
            (b"x-user", b"alice"),
            (b"x-user", b"again"),
            (b"content-length", b"99"),
            (b"transfer-encoding", b"chunked"),
            (b"connection", b"close"),
        ),
        (("session", "1"),),
    )

    async def permit(_: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", edits, None)

    async def scenario() -> None:
        async with running_edge(decide=permit, door="decision") as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).fields == [
                (b"x-user", b"alice"),
                (b"x-user", b"again"),
                (b"set-cookie", b"session=1"),
                (b"cache-control", b"no-store"),
                (b"content-length", b"0"),
            ]
            assert await client.usable()

    run(scenario())


@pytest.mark.parametrize("own", [(), ((b"cache-control", b"max-age=5"),)], ids=["none", "own"])
def test_attack_166_a_permit_is_kept_only_where_a_finalizer_says_so(own):
    async def permit(_: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", HeaderEdits(own), None)

    async def scenario() -> None:
        async with running_edge(decide=permit, door="decision") as edge, edge.client() as client:
            client.send(GET)
            told = (await client.answer()).all(b"cache-control")
            assert told == [own[0][1] if own else b"no-store"]

    run(scenario())


@pytest.mark.parametrize(
    "field",
    [b"X-User: a\0b", b"X-User: a\rb", b"X User: a", b"X-User\xff: a"],
    ids=["nul", "carriage-return", "blank-in-a-name", "octet-in-a-name"],
)
def test_attack_085_a_field_that_is_none_is_answered_and_not_left_to_the_gateway(field):
    """A gateway that hears nothing may let the request pass."""

    async def scenario() -> None:
        async with running_edge(door="decision") as edge, edge.client() as client:
            client.send(request(b"/", field))
            answer = await client.answer()
            assert (answer.status, answer.all(b"cache-control")) == (400, [b"no-store"])

    run(scenario())


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param(b"/private/../open/x", id="attack-001-dots"),
        pytest.param(b"/open/x/..", id="attack-001-dots-at-the-end"),
        pytest.param(b"/private/./../open/x?a=b", id="attack-001-dots-before-a-query"),
        pytest.param(b"http://a.test/private/../open/x", id="attack-019-a-URL"),
        pytest.param(b"/private/%2e%2e/open/x", id="attack-002-encoded-dots"),
        pytest.param(b"/private/.%2E/open/x", id="attack-002-half-encoded-dots"),
        pytest.param(b"/private%2f..%2fopen/x", id="attack-003-encoded-slashes"),
        pytest.param(b"/private\\..\\open/x", id="attack-004-backslashes"),
        pytest.param(b"/private/..%5copen/x", id="attack-004-encoded-backslash"),
        pytest.param(b"/private/%252e%252e/open/x", id="attack-005-encoded-twice"),
        pytest.param(b"//open/x", id="attack-006-two-slashes"),
        pytest.param(b"/open//x", id="attack-006-two-slashes-in-between"),
        pytest.param(b"/private/..;/open/x", id="attack-007-parameter"),
    ],
)
def test_a_path_that_the_gateway_may_forward_as_it_came_is_never_decided_about(uri):
    async def nobody(_: Request, _content: ContentSource) -> Decision:
        raise AssertionError("this is decided about")

    async def scenario() -> None:
        gateway = ("127.0.0.1/32",)
        edge = running_edge(door="decision", decide=nobody, trusted=gateway, only_resolved=True)
        async with edge as running, running.client() as client:
            client.send(request(b"/ask", b"X-Forwarded-Uri: " + uri))
            answer = await client.answer()
            assert (answer.status, answer.all(b"cache-control")) == (400, [b"no-store"])

    run(scenario())


def test_attack_088_who_is_no_gateway_can_only_ask_about_itself():
    asked: list[Request] = []

    async def decide(seen: Request, _content: ContentSource) -> Decision:
        asked.append(seen)
        return Permit("rule", "alice", HeaderEdits(), None)

    async def scenario() -> None:
        async with running_edge(decide=decide, door="decision") as edge, edge.client() as client:
            client.send(
                request(
                    b"/own",
                    b"X-Forwarded-Uri: /other",
                    b"X-Forwarded-Host: other.test",
                    b"X-Forwarded-Method: DELETE",
                    b"X-Forwarded-Proto: https",
                    b"X-Forwarded-For: 10.0.0.1",
                )
            )
            await client.answer()

    run(scenario())
    (seen,) = asked
    assert (seen.method, seen.scheme, seen.host, seen.path) == ("GET", "http", "a.test", "/own")
    assert seen.client_addresses == ("127.0.0.1",)
