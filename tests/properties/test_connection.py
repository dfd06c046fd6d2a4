"""Whatever is sent, in whatever pieces: requests stay apart, and nothing hangs, raises or leaks."""

import itertools

from hypothesis import example, given, settings, strategies as st

from tests.attacks.edge import Message, NotStrict, take_answers, take_request
from tests.fakes.connections import FakeClient

TARGETS = st.sampled_from([b"/", b"/a", b"/deny", b"/a?b=c", b"/../x"])
CONTENT = st.binary(max_size=40) | st.just(b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")


def head(method: bytes, target: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join((method + b" " + target + b" HTTP/1.1", b"Host: a", *fields, b"", b""))


@st.composite
def chunks(draw: st.DrawFn) -> tuple[bytes, bytes]:
    pieces = draw(st.lists(CONTENT.filter(len), max_size=4))
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    trailer = draw(st.sampled_from([b"", b"X-User: root\r\n"]))
    return b"".join(pieces), framed + b"0\r\n" + trailer + b"\r\n"


@st.composite
def messages(draw: st.DrawFn) -> tuple[bytes, bytes, bytes, bytes]:
    """Returns method, target, content and octets of a request."""
    target = draw(TARGETS)
    method = draw(st.sampled_from([b"GET", b"GET", b"OPTIONS", b"POST", b"PUT"]))
    if method == b"GET":
        return method, target, b"", head(method, target, b"X: " + b"y" * draw(st.integers(0, 40)))
    if draw(st.booleans()):
        content, framed = draw(chunks())
        return method, target, content, head(method, target, b"Transfer-Encoding: chunked") + framed
    content = draw(CONTENT)
    length = b"Content-Length: %d" % len(content)
    return method, target, content, head(method, target, length) + content


@st.composite
def pieces(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Returns the octets in segments."""
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=12))
    places = sorted({0, *cuts, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def forwarded(client: FakeClient) -> list[Message]:
    found = []
    for forwarding in client.door.attached:
        taken = take_request(bytes(forwarding.sent))
        if taken is None:
            assert forwarding.abandoned or not forwarding.exchange.complete
            continue
        assert taken[1] == b"", "more than one request on the way"
        found.append(taken[0])
    return found


@given(st.lists(messages(), min_size=1, max_size=6), st.data(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_segments_of_a_stream_give_the_same_requests_and_answers(stream, data, eagerly):
    client = FakeClient()
    octets = b"".join(raw for *_, raw in stream)
    client.send(*data.draw(pieces(octets)), eagerly=eagerly)
    client.finish()
    assert client.bugs == []

    answers = take_answers(bytes(client.transport.written))
    seen = [(each.start[0], each.body) for each in forwarded(client)]
    expected = [(method, content) for method, target, content, _ in stream if target != b"/deny"]
    closed = [bool(answer.all(b"connection")) for answer in answers]
    assert not any(closed[:-1])
    if closed[-1]:
        # Only a refusal in front of content may end the connection before its time.
        method, target, _, _ = stream[len(answers) - 1]
        assert (target, method != b"GET") == (b"/deny", True)
        assert client.transport.ended or client.transport.closing
    else:
        assert len(answers) == len(stream)
        assert not client.transport.closing
    assert seen == expected[: len(seen)]
    statuses = [403 if target == b"/deny" else 200 for _, target, _, _ in stream]
    assert [answer.status for answer in answers] == statuses[: len(answers)]
    assert len(seen) == statuses[: len(answers)].count(200)
    client.let_time_pass()
    assert client.transport.lost


GARBAGE = st.lists(
    st.binary(max_size=60)
    | messages().map(lambda message: message[3])
    | st.sampled_from(
        [
            b"\r\n",
            b"\n",
            b"\r",
            b"\x00",
            b"GET ",
            b"/",
            b" HTTP/1.1\r\n",
            b"Host: a\r\n",
            b"\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Content-Length: 5\r\n",
            b"Connection: upgrade\r\nUpgrade: websocket\r\n",
            b"Connection: close\r\n",
            b"Expect: 100-continue\r\n",
            b"5\r\nhello\r\n",
            b"0\r\n\r\n",
            b"fffffffffffffffff\r\n",
            b"X-User: root\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ]
    ),
    max_size=12,
)


@given(GARBAGE, st.booleans(), st.sampled_from(["eof", "time", "loss"]))
@settings(max_examples=200, deadline=None)
@example([b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"GET ", b"\x00"], False, "time")
def test_garbage_never_raises_hangs_or_leaks(garbage, eagerly, ending):
    client = FakeClient()
    client.send(*garbage, eagerly=eagerly)
    if ending == "loss":
        client.transport.abort()
    elif ending == "eof" and not client.transport.closing and not client.connection.eof_received():
        client.transport.close()
    client.finish()
    assert client.bugs == []
    for message in forwarded(client):
        assert message.all(b"x-user") == [b"alice"]
        assert not message.target.startswith(b"/deny")
    client.let_time_pass()
    assert client.transport.lost
    assert not client.listener._connections
    for forwarding in client.door.attached:
        assert forwarding.abandoned or forwarding.exchange.answered
    try:
        take_answers(bytes(client.transport.written))
    except NotStrict as fault:
        raise AssertionError(fault) from fault


@given(st.lists(messages(), min_size=1, max_size=4), st.integers(0, 400), st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_one_wrong_octet_never_makes_two_requests_of_one(stream, place, octet):
    octets = bytearray(b"".join(raw for *_, raw in stream))
    octets[place % len(octets)] = octet
    client = FakeClient()
    client.send(bytes(octets), eagerly=True)
    client.finish()
    assert client.bugs == []
    answers = take_answers(bytes(client.transport.written))
    assert len(forwarded(client)) <= len(answers) + 1
