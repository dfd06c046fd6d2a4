"""Conversations through the parser in Python, with real sockets on both sides."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.attacks.edge import GET, OK, Message, Upstream, request, run, running_edge
from tests.fakes.parsing import using


@pytest.fixture(autouse=True)
def _in_python() -> Iterator[None]:
    with using("python"):
        yield


def echo(message: Message) -> bytes:
    """Returns an answer that holds target and content of the request, in chunks."""
    said = message.target + b" " + message.body
    pieces = b"".join(b"%x;a=b\r\n%b\r\n" % (1, said[at : at + 1]) for at in range(len(said)))
    return (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\nX-Trailer: a\r\n\r\n" % pieces
    )


def test_a_connection_is_kept_on_both_sides():
    upstream = Upstream()

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            for _ in range(3):
                client.send(GET)
                assert (await client.answer()).body == b"ok"

    run(scenario())
    assert len(upstream.streams) == 1


def test_pipelined_requests_get_their_own_answers():
    async def scenario() -> None:
        async with running_edge(Upstream(echo)) as edge, edge.client() as client:
            client.send(b"".join(request(b"/%d" % number) for number in range(20)))
            answers = [(await client.answer()).body for _ in range(20)]
            assert answers == [b"/%d " % number for number in range(20)]

    run(scenario())


def test_chunks_go_up_and_down_and_trailers_nowhere():
    upstream = Upstream(echo)
    sent = b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-User: root\r\n\r\n"

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            fields = b"Transfer-Encoding: chunked"
            for octet in request(b"/", fields, method=b"POST", body=sent):
                client.send(bytes([octet]))
                await asyncio.sleep(0)
            answer = await client.answer()
            assert (answer.body, answer.all(b"x-trailer")) == (b"/ hello world", [])
            assert await client.usable()

    run(scenario())
    assert upstream.requests[0].body == b"hello world"


def test_a_client_that_waits_is_told_to_continue():
    async def scenario() -> None:
        async with running_edge(Upstream(echo)) as edge, edge.client() as client:
            head = request(b"/", b"Expect: 100-continue", b"Content-Length: 3", method=b"PUT")
            client.send(head)
            assert (await client.answer()).status == 100
            client.send(b"abc")
            assert (await client.answer()).body == b"/ abc"

    run(scenario())


@pytest.mark.parametrize("status", [200, 304])
def test_answers_without_content_leave_the_connection_as_it_was(status: int):
    head = b"HTTP/1.1 %d Whatever\r\nContent-Length: 2\r\n\r\n" % status
    upstream = Upstream(lambda message: OK if message.target == b"/probe" else head)
    method = b"HEAD" if status == 200 else b"GET"

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(request(method=method))
            answer = await client.answer(to_head=True)
            assert (answer.status, answer.all(b"content-length")) == (status, [b"2"])
            assert await client.usable()

    run(scenario())
    assert len(upstream.streams) == 1


def test_an_answer_may_last_until_its_connection_ends():
    async def script(_: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.0 200 OK\r\n\r\nhel")
        await asyncio.sleep(0)
        writer.write(b"lo")

    async def scenario() -> None:
        async with running_edge(Upstream(script=script)) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).body == b"hello"

    run(scenario())
