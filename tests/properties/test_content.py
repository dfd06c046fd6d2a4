"""However content is cut into segments and chunks, a step reads the same, and so does upstream."""

import itertools

from hypothesis import given, settings, strategies as st

from edgeauth.listeners.limits import Limits
from edgeauth.model.decision import Decision, Deny, Permit, Refusal, Response
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import take_answers, take_request
from tests.fakes.connections import EDITS, OWNED, TARGET, FakeClient
from tests.fakes.driving import run, settle

LIMIT = 60
CONTENT = st.binary(max_size=LIMIT + 20) | st.just(
    b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n"
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Returns the content of a request, and the octets of the request."""
    content = draw(CONTENT)
    expecting = draw(st.sampled_from([b"", b"Expect: 100-continue\r\n"]))
    head = b"POST / HTTP/1.1\r\nHost: a\r\n" + expecting
    if draw(st.booleans()):
        return content, head + b"Content-Length: %d\r\n\r\n" % len(content) + content
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), max_size=5)))
    pieces = [content[a:b] for a, b in itertools.pairwise([0, *cuts, len(content)])]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
    return content, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


class Reader:
    """Reads all content, and keeps what it got; None for too much."""

    def __init__(self) -> None:
        self.read: list[bytes | None] = []

    async def __call__(self, _: Request, content: ContentSource) -> Decision:
        try:
            self.read.append(await content.read())
        except Fault as fault:
            self.read.append(None)
            return Deny(Response(fault.status or 500), Refusal(Reason.PRECONDITION, ""))
        return Permit("rule", "alice", EDITS, TARGET, OWNED)


@given(st.lists(messages(), min_size=1, max_size=4), st.data())
@settings(max_examples=150, deadline=None)
def test_any_cut_into_segments_gives_the_same_content(
    stream: list[tuple[bytes, bytes]], data: st.DataObject
):
    octets = b"".join(raw for _, raw in stream)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=12)))
    segments = [octets[a:b] for a, b in itertools.pairwise([0, *cuts, len(octets)])]
    reader = Reader()
    clients: list[FakeClient] = []

    async def converse() -> None:
        client = FakeClient(Limits(content_octets=LIMIT), reader)
        clients.append(client)
        for segment in segments:
            while not client.transport.reading and not client.transport.closing:
                await settle()
                client.door.progress()
            if not client.transport.closing:
                client.connection.data_received(segment)
            await settle()
        while client.door.progress():
            await settle()
        if not client.transport.closing:
            assert not client.listener._tasks

    run(converse())
    (client,) = clients
    assert client.bugs == []

    expected = [content if len(content) <= LIMIT else None for content, _ in stream]
    assert reader.read == expected[: len(reader.read)]
    statuses = [
        each.status for each in take_answers(bytes(client.transport.written)) if each.status != 100
    ]
    assert statuses == [413 if each is None else 200 for each in reader.read]
    forwarded = [take_request(bytes(each.sent)) for each in client.door.attached]
    assert all(each is not None and each[1] == b"" for each in forwarded)
    assert [each[0].body for each in forwarded if each] == [x for x in reader.read if x is not None]
    assert len(reader.read) == len(stream) or None in reader.read
