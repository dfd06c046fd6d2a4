"""Responses from octets: where each of them ends."""

import pytest

from edgeauth.wire.response_parser import HttpResponseParser
from tests.fakes.parsing import Reading

NEXT = b"HTTP/1.1 201 \r\nContent-Length: 0\r\n\r\n"


def read(*segments: bytes) -> Reading:
    return Reading(HttpResponseParser, segments)


@pytest.mark.parametrize(
    "said",
    [
        b"\n",
        b"SSH",
        b"http/1.1 200 OK\r\n",
        b"ICE/1.0 200 OK\r\n",
        b"HTTP/2.0 200 OK\r\n",
        b"HTTP/1.1  200 OK\r\n",
        b"HTTP/1.1 20 OK\r\n",
        b"HTTP/1.1 2000 OK\r\n",
        b"HTTP/1.1 200OK\r\n",
        b"HTTP/1.1 200 \x00\r\n",
        b"HTTP/1.1 200 OK\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 101 OK\r\n\r\n",
        b"HTTP/1.1 105 OK\r\nContent-Length: 1\r\n\r\n",
        b"HTTP/1.1 105 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.0 204 OK\r\n\r\nH",
    ],
    ids=repr,
)
def test_what_could_be_read_in_two_ways_is_refused(said: bytes):
    assert read(said).refused


@pytest.mark.parametrize("status", [100, 102, 103, 204, 304])
@pytest.mark.parametrize(
    "framing", [b"", b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n"]
)
def test_some_never_have_content_whatever_they_say(status: int, framing: bytes):
    found = read(b"HTTP/1.1 %d \r\n%b\r\n" % (status, framing) + NEXT)

    assert [each.head[0] for each in found.heads] == [status, 201]
    assert found.pieces == []


@pytest.mark.parametrize(
    ("said", "content", "complete"),
    [
        (b"Content-Length: 3\r\n\r\nabc", b"abc", True),
        (b"Content-Length: 4\r\n\r\nabc", b"abc", False),
        (b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", b"abc", True),
        (b"\r\nabc", b"abc", False),
        (b"Connection: upgrade\r\nUpgrade: x\r\n\r\nabc", b"abc", False),
    ],
    ids=["length", "more to come", "chunks", "until the connection ends", "an offer to switch"],
)
def test_content_ends_where_the_head_says(said: bytes, content: bytes, complete: bool):
    [found] = read(b"HTTP/1.1 200 OK\r\n" + said).messages

    assert (found.body, found.complete) == (content, complete)


def test_a_response_that_ends_with_the_connection_does_not_keep_it():
    assert read(b"HTTP/1.1 200 OK\r\n\r\n").heads[0].head == (200, "1.1", False, False)


def test_a_switch_is_told_with_the_place_of_what_follows():
    found = read(b"HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: x\r\n\r", b"\nrest")

    assert found.said == b"rest"
    assert found.heads[0].head == (101, "1.1", True, True)
