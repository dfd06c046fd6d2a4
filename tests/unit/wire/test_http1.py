"""Framing: exactly one, exactly readable, made anew."""

import pytest

from edgeauth.model.decision import Response
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.http1 import (
    CHUNKED,
    NO_CONTENT,
    UNTIL_CLOSE,
    Framing,
    announced_length,
    chunk,
    expects_continue,
    has_content,
    is_status_line,
    render_response,
    request_framing,
    response_framing,
    status_line,
)

LENGTH = (b"content-length", b"5")
CODING = (b"transfer-encoding", b"chunked")


NO_STATUS_LINES = [b"", b"HTTP/1.1 200 OK", b"HTTP/2.0 200 OK\r\n", b"RTSP/1.1 200 OK\r\n"]
NO_STATUS_LINES += [b"\r\nHTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 O\x00K\r\n", b"HTTP/1.1 20 OK\r\n"]


@pytest.mark.parametrize("line", NO_STATUS_LINES)
def test_what_no_response_of_ours_begins_with_is_no_status_line(line):
    assert not is_status_line(line)


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1 200 OK\r\nA: b", b"HTTP/1.0 404 \r\n", b"HTTP/1.1 999\r\n"]
)
def test_a_phrase_may_be_missing(line):
    assert is_status_line(line)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ([(b"Content-Length", b"1")], True),
        ([(b"Transfer-Encoding", b"chunked")], True),
        ([(b"content-length", b"00")], False),
        ([(b"Link", b"</a>")], False),
    ],
)
def test_an_interim_response_with_a_length_or_a_coding_has_content(fields, found):
    assert has_content(fields) is found


@pytest.mark.parametrize(
    ("method", "version", "fields", "status"),
    [
        (b"GET", "0.9", [], 505),
        (b"GET", "2.0", [], 505),
        (b"GET", "1.2", [], 505),
        (b"CONNECT", "1.1", [], 405),
        (b"TRACE", "1.1", [], 405),
        (b"POST", "1.1", [LENGTH, CODING], 400),
        (b"POST", "1.0", [CODING], 400),
        (b"POST", "1.1", [(b"transfer-encoding", b"gzip")], 501),
        (b"POST", "1.1", [(b"transfer-encoding", b"chunked, chunked")], 501),
        (b"POST", "1.1", [(b"transfer-encoding", b"chunked\x0b")], 501),
        (b"POST", "1.1", [(b"content-length", b"+5")], 400),
        (b"POST", "1.1", [(b"content-length", b"")], 400),
        (b"POST", "1.1", [(b"content-length", b"5,5")], 400),
        (b"POST", "1.1", [(b"content-length", b"5\n")], 400),
        (b"POST", "1.1", [(b"content-length", "５".encode())], 400),
        (b"POST", "1.1", [(b"content-length", b"1" * 19)], 400),
        (b"GET", "1.1", [LENGTH], 400),
        (b"HEAD", "1.1", [CODING], 400),
        (b"DELETE", "1.1", [LENGTH], 400),
        (b"POST", "1.1", [LENGTH, (b"upgrade", b"x")], 400),
    ],
)
def test_a_request_that_is_framed_in_no_clear_way_is_malformed(method, version, fields, status):
    with pytest.raises(Malformed) as caught:
        request_framing(method, version, Headers(fields))
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("method", "version", "fields", "framing"),
    [
        (b"GET", "1.1", [], NO_CONTENT),
        (b"GET", "1.1", [(b"content-length", b"0")], NO_CONTENT),
        (b"POST", "1.1", [(b"content-length", b"00")], NO_CONTENT),
        (b"GET", "1.1", [(b"upgrade", b"x")], NO_CONTENT),
        (b"POST", "1.0", [LENGTH], Framing(5, chunked=False)),
        (b"POST", "1.1", [(b"transfer-encoding", b"Chunked")], CHUNKED),
        (b"OPTIONS", "1.1", [LENGTH], Framing(5, chunked=False)),
    ],
)
def test_a_request_has_one_framing(method, version, fields, framing):
    found = request_framing(method, version, Headers(fields))
    assert found == framing
    assert (found is NO_CONTENT) == (found.length == 0)


@pytest.mark.parametrize(
    ("status", "version", "fields", "to_head", "framing"),
    [
        (200, "1.1", [LENGTH], False, Framing(5, chunked=False)),
        (200, "1.1", [LENGTH], True, NO_CONTENT),
        (204, "1.1", [LENGTH], False, NO_CONTENT),
        (304, "1.1", [LENGTH], False, NO_CONTENT),
        (200, "1.1", [CODING], False, CHUNKED),
        (200, "1.1", [], False, UNTIL_CLOSE),
        (200, "1.0", [], False, UNTIL_CLOSE),
    ],
)
def test_a_response_has_one_framing(status, version, fields, to_head, framing):
    asked = response_framing(status, lambda: version, Headers(fields), to_head=to_head)
    assert asked == framing


@pytest.mark.parametrize(
    ("version", "fields"),
    [
        ("1.1", [LENGTH, CODING]),
        ("1.0", [CODING]),
        ("1.1", [(b"transfer-encoding", b"chunked\t")]),
        ("1.1", [(b"transfer-encoding", b"gzip")]),
        ("1.1", [(b"content-length", b"5"), (b"content-length", b"5")]),
        ("1.1", [(b"content-length", b"-1")]),
    ],
)
def test_a_response_that_is_framed_in_no_clear_way_is_malformed(version, fields):
    with pytest.raises(Malformed):
        response_framing(200, lambda: version, Headers(fields), to_head=False)


@pytest.mark.parametrize(
    ("status", "value", "length"),
    [(200, b"005", 5), (304, b"5", 5), (204, b"5", None), (200, b"x", None), (200, b"5,5", None)],
)
def test_a_length_is_told_in_our_own_digits(status, value, length):
    assert announced_length(status, Headers([(b"content-length", value)])) == length
    assert announced_length(status, Headers()) is None


@pytest.mark.parametrize("value", [b"", b"100", b"100-continue, x", b"200-ok", b"100-continue\x0b"])
def test_attack_063_another_expectation_is_not_met(value):
    with pytest.raises(Malformed) as caught:
        expects_continue(value, "1.1")
    assert caught.value.status == 417


def test_100_is_for_those_who_know_it():
    assert expects_continue(b"100-Continue", "1.1")
    assert not expects_continue(b"100-Continue", "1.0")


def test_an_answer_is_rendered_whole():
    made = Response(403, ((b"a", b"b"),), b"no")
    head = b"HTTP/1.1 403 Forbidden\r\na: b\r\n"
    assert render_response(made, keep_alive=True) == head + b"content-length: 2\r\n\r\nno"
    assert (
        render_response(made, keep_alive=False, to_head=True)
        == head + b"connection: close\r\ncontent-length: 2\r\n\r\n"
    )


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_content_tells_no_length(status):
    made = Response(status, (), b"text")
    assert render_response(made, keep_alive=True) == status_line(status) + b"\r\n"


@pytest.mark.parametrize("status", [0, 99, 100, 101, 199, 600, 1000])
def test_a_status_that_ends_no_exchange_is_never_sent(status):
    with pytest.raises(ValueError, match="status"):
        render_response(Response(status), keep_alive=True)


def test_an_unknown_status_has_no_phrase():
    assert status_line(599) == b"HTTP/1.1 599 \r\n"


def test_a_chunk_tells_its_size_in_hexadecimal():
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"
