"""Request lines octet for octet, however what is sent is cut into segments."""

import re

import pytest

from tests.fakes.connections import FakeClient

REST = b" HTTP/1.1\r\nHost: a\r\n\r\n"
DENIED = b"GET /deny" + REST
LENIENT = b"GET  /deny" + REST
CHUNKS = b"POST /deny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def statuses(*segments: bytes) -> list[bytes]:
    client = FakeClient()
    for segment in segments:
        client.connection.data_received(segment)
    return re.findall(rb"HTTP/1.1 ([0-9]{3})", bytes(client.transport.written))


@pytest.mark.parametrize(
    "segments",
    [
        (LENIENT,),
        (b"GET ", LENIENT[4:]),
        (DENIED, LENIENT),
        (DENIED + LENIENT,),
        (DENIED + LENIENT[:4], LENIENT[4:]),
        (DENIED + b"\r", b"\r\n" + DENIED),
        (DENIED, b"\n", DENIED),
        (DENIED + b"\n", DENIED),
        (DENIED + b"\r", b"GET /deny" + REST),
        (DENIED + b"GET /deny RTSP/1.0" + REST[9:],),
    ],
    ids=repr,
)
def test_attack_047_more_than_the_grammar_has_is_refused_wherever_it_begins(segments):
    assert statuses(*segments)[-1] == b"400"


@pytest.mark.parametrize(
    "segments",
    [
        (DENIED + b"\r", b"\n" + DENIED),
        (DENIED, b"\r\n\r", b"\n" + DENIED),
        (DENIED + DENIED[:1], DENIED[1:]),
        (DENIED[:-2], DENIED[-2:] + DENIED),
    ],
    ids=repr,
)
def test_blank_lines_and_requests_may_be_cut_anywhere(segments):
    assert statuses(*segments) == [b"403", b"403"]


@pytest.mark.parametrize("last", [(b"0\r\n\r\n",), (b"0", b"\r\n\r\n"), (b"0\r\n\r", b"\n")])
def test_chunks_may_end_anywhere(last):
    assert statuses(CHUNKS, *last) == [b"403"]


LENGTH = b"POST /deny HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
CHUNKED = CHUNKS + b"0\r\n\r\n"


@pytest.mark.parametrize("content", [b"\0\0", b"\r\r", b"\r\n", b"\n\n"])
def test_content_may_end_anywhere_behind_chunks(content):
    """Behind chunks of the same segment nobody knows where a request begins."""
    client = FakeClient()
    before = CHUNKED.replace(b"/deny", b"/a") + LENGTH.replace(b"/deny", b"/a")
    client.send(before + content, DENIED)
    client.finish()
    assert client.bugs == []
    assert re.findall(rb"HTTP/1.1 ([0-9]{3})", bytes(client.transport.written))[-1] == b"403"


def test_content_that_looks_like_a_request_line_does_not_tell_the_version_of_the_next_request():
    """HTTP/1.0 knows no chunks, also where they come behind chunks that say otherwise."""
    client = FakeClient()
    said = b"15\r\nPOST /deny HTTP/1.1\r\n\r\n0\r\n\r\n"
    old = CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0")
    client.send(CHUNKS.replace(b"/deny", b"/a") + said + old)
    client.finish()
    assert re.findall(rb"HTTP/1.1 ([0-9]{3})", bytes(client.transport.written)) == [b"200", b"400"]
