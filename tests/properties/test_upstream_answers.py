"""Whatever an upstream says, in any pieces: a client gets one answer, a part of it, or none."""

import asyncio
import itertools

from hypothesis import given, settings, strategies as st

from edgeauth.listeners.limits import Limits
from tests.attacks.edge import GET, Edge, Message, Upstream, run, running_edge, take_answer

CONTENT = st.binary(max_size=60) | st.just(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad")


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, bytes, bytes]:
    """Returns status, content and octets of an answer."""
    status = draw(st.sampled_from([200, 201, 404, 500, 204, 304]))
    early = draw(st.sampled_from([b"", b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"]))
    head = early + b"HTTP/1.1 %d Whatever\r\nServer: x\r\n" % status
    if status in {204, 304}:
        return status, b"", head + b"\r\n"
    content = draw(CONTENT)
    if draw(st.booleans()):
        return status, content, head + b"Content-Length: %d\r\n\r\n%b" % (len(content), content)
    cut = draw(st.integers(0, len(content)))
    pieces = [piece for piece in (content[:cut], content[cut:]) if piece]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return status, content, head + b"Transfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % framed


@st.composite
def segments(draw: st.DrawFn, data: bytes) -> list[bytes]:
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=8))
    places = sorted({0, *cuts, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def saying(conversation: list[tuple[list[bytes], str]]) -> Upstream:
    """Returns an upstream that says something to each request, and then goes on or ends."""
    said = iter(conversation)

    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            pieces, ending = next(said)
            for piece in pieces:
                if writer.transport.is_closing():
                    return
                writer.write(piece)
                await asyncio.sleep(0)
            if ending == "reset":
                writer.transport.abort()
            if ending != "go on":
                return

    return Upstream(script=script)


async def left_clean(edge: Edge) -> None:
    async with asyncio.timeout(10):
        while edge.listener._connections or edge.listener._tasks:
            await asyncio.sleep(0.001)  # nothing tells when a socket is closed
    assert all(connection._exchange is None for connection in edge.door._pool.open)
    assert edge.listener.in_flight == 0


@given(st.lists(answers(), min_size=1, max_size=4), st.data())
@settings(max_examples=100, deadline=None)
def test_an_answer_in_any_segments_is_the_same_answer(stream, data):
    upstream = saying([(data.draw(segments(raw)), "go on") for *_, raw in stream])
    seen: list[Message] = []

    async def scenario() -> None:
        async with running_edge(upstream) as edge:
            async with edge.client() as client:
                for _ in stream:
                    client.send(GET)
                    seen.append(await client.answer())
            await left_clean(edge)

    run(scenario())
    assert [(each.status, each.body) for each in seen] == [each[:2] for each in stream]
    assert len(upstream.streams) == 1, "the connection was clean, and used again"


GARBAGE = st.lists(
    st.binary(max_size=40)
    | answers().map(lambda answer: answer[2])
    | st.sampled_from(
        [
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.0 200 OK\r\n",
            b"HTTP/1.1 101 Sure\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: 18446744073709551616\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b"Connection: close\r\n",
            b"\r\n",
            b"\n",
            b"\x00",
            b"5\r\nhello\r\n",
            b"0\r\n\r\n",
            b"ffffffffffffffff\r\n",
        ]
    ),
    max_size=8,
)


@given(st.lists(st.tuples(GARBAGE, st.sampled_from(["close", "reset"])), min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_garbage_of_an_upstream_is_one_answer_a_part_of_one_or_a_bad_gateway(conversation):
    # A request that may be repeated is, when a connection that was kept has just ended.
    upstream = saying([*conversation, *(([], "close") for _ in range(8))])

    async def scenario() -> None:
        async with running_edge(upstream, limits=Limits(read_timeout=5)) as edge:
            for _ in conversation:
                async with edge.client() as client:
                    client.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                    said = await client.all()
                whole = take_answer(said, ended=True)
                assert whole is None or whole[1] == b"", "more than one answer"
            await left_clean(edge)

    run(scenario())
