"""Requests from octets: what is refused, what is found, and when."""

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.message_facts import HttpParserError
from edgeauth.wire.message_parser import HttpParserUpgrade
from edgeauth.wire.request_parser import HttpRequestParser
from tests.fakes.parsing import Reading

CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


def read(*segments: bytes) -> Reading:
    return Reading(HttpRequestParser, segments)


@pytest.mark.parametrize(
    "sent",
    [
        b"\n",
        b"\rG",
        b"FOO",
        b"get / HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01",
        b"GET  /",
        b"GET\t/",
        b"GET /\r\n",
        b"GET /a\tb",
        b"GET /\xff",
        b"GET ?a ",
        b"GET a:80 ",
        b"GET http:/a ",
        b"GET http://a#b ",
        b"CONNECT * ",
        b"GET / HTTP/1.1\n",
        b"GET / HTTP/1.1 \r\n",
        b"GET / HTTP/1.2\r\n",
        b"GET / RTSP/1.0\r\n",
        b"GET /  HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\n a: b\r\n",
        b"GET / HTTP/1.1\r\na : b\r\n",
        b"GET / HTTP/1.1\r\n: b\r\n",
        b"GET / HTTP/1.1\r\na\r\n",
        b"GET / HTTP/1.1\r\na: b\n",
        b"GET / HTTP/1.1\r\na: b\rc\r\n",
        b"GET / HTTP/1.1\r\na: b\x00\r\n",
        b"GET / HTTP/1.1\r\na: b\r\n c\r\n",
        b"GET / HTTP/1.1\r\na: b\r\n\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        CHUNKED + b"5\r\nhelloX",
        CHUNKED + b"5\r\nhello\n",
        CHUNKED + b"0\r\nTransfer-Encoding: chunked\r\n",
        CHUNKED + b"0\r\nContent-Length: 1\r\n",
        CHUNKED + b"5;a=" + b"b" * 5000,
        CHUNKED + b"0\r\nA : b\r\n",
        b"GET / HTTP/1.0\r\n\r\nGET",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n\r\nx",
    ],
    ids=lambda sent: repr(sent[-40:]),
)
def test_what_could_be_read_in_two_ways_is_refused_for_good(sent: bytes):
    found = read(sent)

    assert found.refused
    with pytest.raises(HttpParserError):
        found.parser.feed_data(b"GET / HTTP/1.1\r\n\r\n")


def test_fields_are_told_line_by_line_and_a_target_as_it_comes():
    found = read(b"GET /a", b"b", b" HTTP/1.1\r", b"\nA:\t b \r\nB", b": c")

    assert found.messages[0].target == b"/ab"
    assert found.messages[0].fields == [(b"A", b"b ")]
    assert found.heads == []


def test_content_is_handed_on_as_it_comes():
    found = read(
        b"PUT / HTTP/1.1\r\nContent-Length: 6\r\n\r\nab", b"cd", b"efGET / HTTP/1.1\r\n\r\n"
    )

    assert found.pieces == [b"ab", b"cd", b"ef"]
    assert [each.complete for each in found.messages] == [True, True]


def test_chunks_are_handed_on_as_they_come_and_trailers_behind_them():
    found = read(CHUNKED + b"4;a=b\r\nab", b"cd\r", b"\n0", b"\r\nT: u\r\n\r", b"\n")

    assert found.pieces == [b"ab", b"cd"]
    assert found.messages[0].trailers == [(b"T", b"u")]
    assert found.messages[0].complete


def test_attack_060_extensions_in_any_segments_are_bounded():
    assert read(CHUNKED, b"5;a=", *[b"b" * 100] * 41).refused


def test_attack_061_a_trailer_may_end_the_connection_and_not_switch_it():
    ended = read(CHUNKED + b"0\r\nConnection: close\r\n\r\nG")
    switched = read(
        CHUNKED + b"0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    )

    assert ended.refused
    assert [each.head[3] for each in switched.heads] == [False, False]


@pytest.mark.parametrize(
    ("head", "upgrades"),
    [
        (b"GET / HTTP/1.1\r\nUpgrade: a\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n", True),
        (b"CONNECT / HTTP/1.1\r\n\r\n", True),
    ],
)
def test_behind_an_upgrade_it_says_where_the_rest_begins(head: bytes, upgrades: bool):
    for cut in range(len(head)):
        found = read(head[:cut], head[cut:] + b"\r\nrest")
        assert found.said == (b"\r\nrest" if upgrades else None)
        assert found.messages[0].complete


def test_nothing_is_read_behind_an_upgrade():
    parser = read(b"CONNECT / HTTP/1.1\r\n\r\n").parser

    with pytest.raises(HttpParserError):
        parser.feed_data(b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("version", ["0.9", "1.0", "1.1", "2.0"])
def test_the_version_is_told_be_it_one_that_nobody_serves(version: str):
    found = read(b"GET / HTTP/" + version.encode() + b"\r\n\r\n")

    assert found.heads[0].head == (b"GET", version, version == "1.1", False)


def test_a_line_in_single_octets_is_read_once():
    sent = b"GET /%b HTTP/1.1\r\nA: %b\r\n\r\n" % (b"a" * 30_000, b"b" * 30_000)
    found = read(*(sent[at : at + 1] for at in range(len(sent))))

    assert found.messages[0].complete
    assert found.messages[0].fields == [(b"A", b"b" * 30_000)]


class Unwilling(Reading):
    """Takes no field."""

    def on_header(self, name: bytes, value: bytes) -> None:
        raise Malformed("too much") if name == b"A" else KeyError(name)


@pytest.mark.parametrize(("name", "raised"), [(b"A", HttpParserError), (b"B", KeyError)])
def test_whatever_is_raised_meanwhile_ends_the_parsing(name: bytes, raised: type[Exception]):
    parser = Unwilling(HttpRequestParser, []).parser

    with pytest.raises(raised):
        parser.feed_data(b"GET / HTTP/1.1\r\n" + name + b": b\r\n\r\n")
    with pytest.raises(HttpParserError):
        parser.feed_data(b"\r\n")


def test_an_upgrade_is_no_error():
    assert not issubclass(HttpParserUpgrade, HttpParserError)
