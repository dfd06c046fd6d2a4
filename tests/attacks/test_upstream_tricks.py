"""What upstreams do wrong stays between them and their own request."""

import asyncio
import os
from contextlib import suppress

import pytest

from tests.attacks.edge import (
    GET,
    OK,
    PROBE,
    Client,
    Message,
    Upstream,
    request,
    run,
    running_edge,
    take_request,
)


def answer(*fields: bytes, status: bytes = b"200 OK", body: bytes = b"") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status, *fields, b"", body))


LENGTH = b"Content-Length: 2"
CHUNKED = b"Transfer-Encoding: chunked"

MALFORMED = {
    "attack-071 bare CR in a value": answer(b"A: b\rX: y", LENGTH, body=b"ok"),
    "attack-071 NUL in a value": answer(b"A: b\x00", LENGTH, body=b"ok"),
    "attack-071 line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "attack-071 folded field": answer(b"A: b\r\n c", LENGTH, body=b"ok"),
    "attack-071 blank before a colon": answer(b"A : b", LENGTH, body=b"ok"),
    "attack-071 empty name": answer(b": b", LENGTH, body=b"ok"),
    "attack-071 bare CR in the phrase": answer(LENGTH, status=b"200 O\rK", body=b"ok"),
    "attack-058 two lengths": answer(LENGTH, b"Content-Length: 3", body=b"ok"),
    "attack-058 two equal lengths": answer(LENGTH, LENGTH, body=b"ok"),
    "attack-058 both framings": answer(LENGTH, CHUNKED, body=b"0\r\n\r\n"),
    "attack-058 length with a plus": answer(b"Content-Length: +2", body=b"ok"),
    "attack-058 length in a list": answer(b"Content-Length: 2, 2", body=b"ok"),
    "attack-058 empty length": answer(b"Content-Length:", body=b"ok"),
    "attack-059 other coding": answer(b"Transfer-Encoding: gzip", body=b"ok"),
    "attack-059 two codings": answer(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "attack-059 chunked twice": answer(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "attack-059 chunked in version 1.0": answer(CHUNKED, body=b"0\r\n\r\n").replace(b"1.1", b"1.0"),
    "attack-070 too many interim answers": answer(status=b"103 Early Hints") * 9 + OK,
    "attack-070 interim answer with content": answer(LENGTH, status=b"105 X", body=b"no") + OK,
    "attack-070 interim answer with an answer in it": answer(
        b"Content-Length: %d" % len(OK), status=b"104 X", body=OK
    )
    + OK,
    "attack-070 interim answer in chunks": answer(
        CHUNKED, status=b"199 X", body=b"2\r\nno\r\n0\r\n\r\n"
    )
    + OK,
    "attack-070 early hints with a length": answer(LENGTH, status=b"103 Early Hints") + OK,
    "attack-059 tab behind the coding": answer(CHUNKED + b"\t", body=b"2\r\nok\r\n0\r\n\r\n"),
    "attack-065 switching unasked": answer(
        b"Connection: upgrade", b"Upgrade: websocket", status=b"101 Switching Protocols"
    ),
    "attack-065 switching without saying to what": answer(status=b"101 Switching Protocols"),
    "attack-068 version 2.0": OK.replace(b"1.1", b"2.0"),
    "attack-068 version 0.9": OK.replace(b"1.1", b"0.9"),
    "attack-068 version 2.0 behind an interim answer": answer(status=b"103 Early Hints")
    + OK.replace(b"1.1", b"2.0"),
    "attack-068 RTSP": OK.replace(b"HTTP", b"RTSP"),
    "attack-071 line feed in front": b"\n" + OK,
    "attack-071 NUL in the phrase": answer(LENGTH, status=b"200 O\x00K", body=b"ok"),
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "status 000": answer(LENGTH, status=b"000 OK", body=b"ok"),
    "status 99": answer(LENGTH, status=b"099 OK", body=b"ok"),
    "status of four digits": answer(LENGTH, status=b"2000 OK", body=b"ok"),
    "attack-068 no head": b"hello",
    "attack-068 another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "attack-057 head too large": answer(*(b"A%d: " % n + b"b" * 1000 for n in range(300)))[:-2],
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nA: b\r\n",
}


def one_shot(raw: bytes, seen: Upstream) -> Upstream:
    """Answers the first request with raw octets and hangs up; the probe gets its answer."""

    async def script(
        upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rest = b""
        while data := await reader.read(65_536):
            rest += data
            while (taken := take_request(rest)) is not None:
                message, rest = taken
                upstream.requests.append(message)
                if message.target == b"/probe":
                    writer.write(OK)
                    continue
                writer.write(raw)
                return

    seen.script = script
    return seen


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_an_answer_that_can_be_read_in_two_ways_is_not_passed_on(raw):
    upstream = one_shot(raw, Upstream())

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(GET)
            answered = await client.answer()
            assert (answered.status, answered.body) == (502, b"")
            assert await client.usable()

    run(scenario())


BROKEN_OFF = {
    "close in the middle of known length": answer(b"Content-Length: 10", body=b"hello"),
    "close in the middle of long content": answer(b"Content-Length: 100000", body=b"x" * 70_000),
    "close in the middle of a chunk": answer(CHUNKED, body=b"a\r\nhello"),
    "close between chunks": answer(CHUNKED, body=b"5\r\nhello\r\n"),
    "close before the last line": answer(CHUNKED, body=b"5\r\nhello\r\n0\r\n"),
    "chunk size that is no number": answer(CHUNKED, body=b"5\r\nhello\r\nzz\r\n"),
    "chunk that is too long": answer(CHUNKED, body=b"5\r\nhelloX\r\n0\r\n\r\n"),
    "endless trailer": answer(CHUNKED, body=b"5\r\nhello\r\n0\r\nA: " + b"b" * 2_000_000),
    "endless extension": answer(CHUNKED, body=b"5\r\nhello\r\n1;" + b"b" * 2_000_000),
    "huge chunk size": answer(CHUNKED, body=b"fffffffffffffffff\r\nhello"),
}


@pytest.mark.parametrize("raw", BROKEN_OFF.values(), ids=BROKEN_OFF.keys())
def test_a_part_of_an_answer_never_looks_like_a_whole_one(raw):
    upstream = one_shot(raw, Upstream())

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(GET)
            with pytest.raises(ConnectionError):
                await client.answer()

    run(scenario())


WHOLE = {
    "known length": (answer(LENGTH, body=b"ok"), b"ok"),
    "length with zeros": (answer(b"Content-Length: 0002", body=b"ok"), b"ok"),
    "chunks": (answer(CHUNKED, body=b"1;x=y\r\no\r\n01\r\nk\r\n0\r\nX-User: a\r\n\r\n"), b"ok"),
    "until the end": (answer(body=b"ok"), b"ok"),
    "version 1.0": (b"HTTP/1.0 200 OK\r\n\r\nok", b"ok"),
    "no phrase": (answer(LENGTH, status=b"200", body=b"ok"), b"ok"),
    "a phrase that lies": (answer(LENGTH, status=b"200 Content-Length: 9", body=b"ok"), b"ok"),
    "interim answers": (answer(status=b"103 Early Hints") * 8 + OK, b"ok"),
    "interim answers with credentials": (answer(b"X-User: a", status=b"100 Continue") + OK, b"ok"),
    "long": (answer(b"Content-Length: 300000", body=b"x" * 300_000), b"x" * 300_000),
    "no content": (answer(status=b"204 No Content"), b""),
    "no content, but a length": (answer(LENGTH, status=b"204 No Content"), b""),
    "not modified": (answer(LENGTH, status=b"304 Not Modified"), b""),
    "an odd status": (answer(LENGTH, status=b"599 Odd", body=b"ok"), b"ok"),
}


@pytest.mark.parametrize(("raw", "body"), WHOLE.values(), ids=WHOLE.keys())
@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_an_answer_is_passed_on_in_our_own_framing(raw, body, version):
    upstream = one_shot(raw, Upstream())

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(GET.replace(b"1.1", version))
            if version == b"1.0":
                answers = await client.answers()
                assert [each.body for each in answers] == [body]
            else:
                answered = await client.answer()
                assert answered.body == body
                assert not answered.all(b"x-user")
                assert not (answered.status == 204 and answered.all(b"content-length"))
                assert await client.usable()

    run(scenario())


EXTRA = {
    "attack-062 a second answer": OK + answer(LENGTH, body=b"no"),
    "attack-065 a switch behind": OK
    + answer(b"Connection: upgrade", b"Upgrade: websocket", status=b"101 Switching Protocols"),
    "octets behind": OK + b"garbage",
    "attack-070 interim answer behind": OK + answer(status=b"100 Continue"),
    "content in 204": answer(LENGTH, status=b"204 No Content", body=b"no"),
    "content in 304": answer(LENGTH, status=b"304 Not Modified", body=b"no"),
    "long, and octets behind": answer(b"Content-Length: 100000", body=b"x" * 100_000)
    + b"HTTP/1.1 200 OK\r\n",
    "chunks, and octets behind": answer(CHUNKED, body=b"2\r\nok\r\n0\r\n\r\n") + b"garbage",
}


@pytest.mark.parametrize("raw", EXTRA.values(), ids=EXTRA.keys())
@pytest.mark.parametrize("pause", [False, True], ids=["at once", "later"])
def test_what_comes_behind_an_answer_is_nobodys_answer(raw, pause):
    """The connection is not used again, so the next client can not get it."""
    first = OK if raw.startswith(OK) else b""

    async def script(
        upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if len(upstream.streams) > 1:
            writer.write(answer(LENGTH, body=b"2."))
            return
        if pause and first:
            writer.write(first)
            await asyncio.sleep(0)
            writer.write(raw[len(first) :])
        else:
            writer.write(raw)
        if await reader.read(10):
            upstream.closed -= 100

    upstream = Upstream(script=script)

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).body in {b"ok", b"", b"x" * 100_000}
            while not upstream.closed:
                await asyncio.sleep(0)
            client.send(GET)
            assert (await client.answer()).body == b"2."

    run(scenario())
    assert upstream.closed >= 0


def test_attack_062_an_answer_that_comes_before_the_next_request_is_nobodys_answer():
    """One turn of the event loop sees both: the request first, then what the upstream has said."""
    writers: list[asyncio.StreamWriter] = []

    async def script(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writers.append(writer)
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(OK)

    async def scenario() -> None:
        async with running_edge(Upstream(script=script)) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).body == b"ok"
            late = answer(LENGTH, body=b"no")
            for writer, said in ((client.writer, GET), (writers[0], late)):
                os.write(writer.get_extra_info("socket").fileno(), said)
            assert (await client.answer()).body == b"ok"

    run(scenario())
    assert len(writers) == 2


HEADS = {
    "length": (answer(b"Content-Length: 10"), 1),
    "length and content": (answer(b"Content-Length: 2", body=b"ok"), 2),
    "chunked": (answer(CHUNKED), 1),
    "chunks": (answer(CHUNKED, body=b"2\r\nok\r\n0\r\n\r\n"), 2),
    "nothing": (answer(), 2),
}


@pytest.mark.parametrize(("raw", "connections"), HEADS.values(), ids=HEADS.keys())
def test_the_answer_to_head_has_no_content_whatever_the_upstream_says(raw, connections):
    async def script(
        seen: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            seen.requests.append(Message((), []))
            writer.write(raw if len(seen.requests) == 1 else OK)

    upstream = Upstream(script=script)

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(request(method=b"HEAD"))
            answered = await client.answer(to_head=True)
            assert answered.status == 200
            assert bool(answered.all(b"content-length")) == (b"Length" in raw)
            assert await client.usable()

    run(scenario())
    assert len(upstream.streams) == connections


ECHOED = (b"Authorization: Bearer x", b"X-User: alice", b"x-tenant: t", b"Set-Cookie: a=b")


@pytest.mark.parametrize("status", [b"200 OK", b"403 Forbidden", b"101 Switching Protocols"])
def test_attack_053_what_an_upstream_echoes_of_the_pipeline_does_not_reach_the_client(status):
    switching = status.startswith(b"101")
    asked = (b"Connection: upgrade", b"Upgrade: websocket")
    about = asked if switching else (b"Connection: X-Secret", b"X-Secret: y", LENGTH)
    upstream = Upstream(answer(*ECHOED, *about, status=status, body=b"" if switching else b"ok"))

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(request(b"/", *asked) if switching else GET)
            answered = await client.answer()
            framing = {b"connection", b"upgrade"} if switching else {b"content-length"}
            assert {name for name, _ in answered.fields} - framing == {b"set-cookie"}
            assert answered.start[1] == status[:3]

    run(scenario())


@pytest.mark.parametrize(
    "method", [b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"], ids=bytes.decode
)
def test_a_request_that_may_be_repeated_survives_a_stale_connection(method):
    upstream = stale()

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            assert await client.usable()
            client.send(request(b"/x", method=method))
            assert (await client.answer(to_head=method == b"HEAD")).status == 200

    run(scenario())
    assert len(upstream.streams) == 2


@pytest.mark.parametrize(
    "raw",
    [
        request(b"/x", method=b"POST"),
        request(b"/x", b"Content-Length: 0", method=b"POST"),
        request(b"/x", method=b"PATCH"),
        request(b"/x", b"Content-Length: 5", method=b"PUT", body=b"hello"),
        request(b"/x", b"Transfer-Encoding: chunked", method=b"PUT", body=b"0\r\n\r\n"),
    ],
    ids=["POST", "empty POST", "PATCH", "PUT with content", "PUT with chunks"],
)
def test_nothing_else_is_ever_sent_twice(raw):
    upstream = stale()

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            assert await client.usable()
            client.send(raw)
            assert (await client.answer()).status == 502

    run(scenario())
    assert len(upstream.streams) == 1


def test_a_request_is_not_repeated_once_a_part_of_the_answer_has_come():
    upstream = stale(b"HTTP/1.1 2")

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            assert await client.usable()
            client.send(request(b"/x"))
            assert (await client.answer()).status == 502

    run(scenario())
    assert len(upstream.streams) == 1


def stale(part: bytes = b"") -> Upstream:
    """Returns an upstream whose first connection ends at its second request."""

    async def script(
        upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first = len(upstream.streams) == 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(part)
        if not first:
            writer.write(OK)

    return Upstream(script=script)


def test_connections_are_used_again_while_they_are_clean():
    upstream = Upstream()

    async def scenario() -> None:
        async with running_edge(upstream) as edge:
            for _ in range(3):
                async with edge.client() as client:
                    client.send(GET * 5)
                    for _ in range(5):
                        await client.answer()

    run(scenario())
    assert len(upstream.streams) == 1
    assert upstream.faults == []


def test_an_early_answer_ends_both_connections():
    """The rest of the upload must not become a request, on either side."""

    async def script(
        upstream: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(LENGTH, status=b"413 Too Large", body=b"no"))
        upstream.streams[-1] += await reader.read(-1)

    upstream = Upstream(script=script)
    upload = request(b"/x", b"Content-Length: 1000000", method=b"POST", body=b"x" * 1000)

    async def scenario() -> None:
        async with running_edge(upstream) as edge, edge.client() as client:
            client.send(upload)
            answered = await client.answer()
            assert (answered.status, answered.all(b"connection")) == (413, [b"close"])
            client.send(PROBE * 10)
            assert await client.all() == b""

    run(scenario())
    assert not any(b"probe" in stream for stream in upstream.streams)


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (answer(b"Content-Length: 5", body=b"early", status=b"413 No"), b"early"),
        (
            answer(b"Transfer-Encoding: chunked", body=b"1\r\nx\r\n0\r\n\r\n", status=b"413 No"),
            b"x",
        ),
    ],
    ids=["length", "chunked"],
)
def test_an_early_answer_is_heard_although_the_upstream_takes_no_more(said: bytes, body: bytes):
    async def refuse(
        _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)  # and is closed with content unread, which resets the connection

    async def upload(client: Client) -> None:
        with suppress(ConnectionError):
            for _ in range(200):
                client.send(b"x" * 65_536)
                await client.writer.drain()

    async def scenario() -> None:
        async with running_edge(Upstream(script=refuse)) as edge:
            for _ in range(20):
                async with edge.client() as client:
                    client.send(
                        request(b"/", b"Content-Length: %d" % (200 * 65_536), method=b"POST")
                    )
                    uploading = asyncio.create_task(upload(client))
                    heard = await client.answer()
                    assert (heard.status, heard.body) == (413, body)
                    uploading.cancel()

    run(scenario())


def test_a_client_that_leaves_cancels_the_upstream_request():
    left = asyncio.Event

    async def scenario() -> None:
        arrived, ended = left(), left()

        async def script(
            _: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            await reader.readuntil(b"\r\n\r\n")
            arrived.set()
            try:
                await reader.read()
            finally:
                ended.set()

        async with running_edge(Upstream(script=script)) as edge, edge.client() as client:
            client.send(GET)
            await arrived.wait()
            client.reset()
            async with asyncio.timeout(5):
                await ended.wait()

    run(scenario())


def test_an_upstream_that_is_not_there_is_a_bad_gateway():
    async def scenario() -> None:
        async with running_edge() as edge, edge.client() as client:
            from tests.attacks import edge as module

            module.PORTS.append(1)
            client.send(GET * 2)
            assert [(await client.answer()).status for _ in range(2)] == [502, 502]

    run(scenario())


def test_an_origin_that_has_no_possible_name_is_a_bad_gateway():
    from edgeauth.model.decision import Decision, HeaderEdits, Permit
    from edgeauth.model.request import Request
    from edgeauth.model.routing import Target
    from edgeauth.ports.content import ContentSource

    async def elsewhere(request: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", HeaderEdits(), Target("a" * 64 + ".test"))

    async def scenario() -> None:
        async with running_edge(decide=elsewhere) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).status == 502

    run(scenario())


def test_messages_are_told_apart_by_target() -> None:
    """The recorder itself: what it would not take never counts as passed."""
    assert take_request(b"GET / HTTP/1.1\r\n") is None
    assert isinstance(Message((b"GET", b"/"), []).target, bytes)


ENDINGS = {
    "asked": answer(LENGTH, b"Connection: close", body=b"ok"),
    "until the end": answer(body=b"ok"),
    "malformed": b"nonsense",
    "in the middle": answer(b"Content-Length: 5", body=b"he"),
    "nothing": b"",
}


@pytest.mark.parametrize("raw", ENDINGS.values(), ids=ENDINGS.keys())
def test_attack_214_connections_that_ended_are_forgotten(raw):
    """Those that the upstream closed under a request once stayed in the books for ever."""
    upstream = one_shot(raw, Upstream())

    async def scenario() -> None:
        async with running_edge(upstream) as edge:
            for _ in range(5):
                async with edge.client() as client:
                    client.send(request(b"/", b"Connection: close"))
                    await client.all()
            async with asyncio.timeout(5):
                while edge.door._pool.open or edge.listener._connections or edge.listener._tasks:
                    await asyncio.sleep(0)
            assert edge.door.occupancy().idle_upstreams == 0

    run(scenario())
