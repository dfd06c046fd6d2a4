"""What a gateway hears at the decision door; how it is read, the corpus shows."""

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
                (b"content-length", b"0"),
            ]
            assert await client.usable()

    run(scenario())
