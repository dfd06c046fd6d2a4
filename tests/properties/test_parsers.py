"""Two parsers, one reading: ours finds what llhttp finds, or refuses."""

import itertools

import pytest
from hypothesis import given, settings, strategies as st

from tests.corpus.cases import corpus
from tests.fakes.parsing import OURS_AND_LLHTTP, Found, Reading

METHODS = st.sampled_from(
    [b"GET", b"POST", b"OPTIONS", b"CONNECT", b"M-SEARCH", b"PRI", b"PLAY", b"get", b"", b"GETS"]
)
TARGETS = st.sampled_from(
    [
        b"/", b"*", b"/a?b=c", b"/a#b?c#d", b"http://a.test/b", b"http://a?b", b"http://", b"a:80",
        b"http://[::1]:80/", b"HTTPS://u@h/", b"http:/a", b"a", b"", b"/\x80", b"/a b", b"*a", b"?",
        b'/|"<>{}^`\\', b"http://a|b/", b"http://a#b", b"/\t", b"/\x7f", b"http://a/b#c", b"h2://a/",
    ]
)  # fmt: skip
VERSIONS = st.sampled_from(
    [b"HTTP/1.1"] * 12
    + [b"HTTP/1.0"] * 4
    + [b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1.2", b"http/1.1", b"RTSP/1.0", b"HTTP/1.1 ", b""]
)
STATUSES = st.sampled_from([b"%03d" % n for n in (0, 99, 100, 101, 102, 103, 105, 199, 200, 204)]
    + [b"205", b"304", b"404", b"999", b"20", b"2000", b"abc", b""])  # fmt: skip
PHRASES = st.sampled_from([b" OK", b" ", b"", b" a b\t", b" \xff", b" \x00", b"  x", b"x"])
LINE_ENDS = st.sampled_from([b"\r\n"] * 30 + [b"\n", b"\r", b"\r\r\n", b"\n\r\n", b" \r\n", b""])
OPTIONS = st.lists(
    st.sampled_from(
        [b"close", b"keep-alive", b"upgrade", b"Close", b"x", b"", b" close", b"close\t",
         b"\tclose", b"close x", b"closed", b"Keep-Alive ", b"x close", b"upgrade ", b"\x80",
         b"keep-alive\tx"]
    ),
    min_size=1,
    max_size=3,
).map(b",".join)  # fmt: skip
LENGTHS = st.sampled_from(
    [b"0", b"3", b"3 ", b"3\t", b"05", b"+3", b"-0", b"", b" ", b"3,3", b"3 3", b"0x3", b"\t3",
     b"99999999999999999999", b"9999999999999999999", b"18446744073709551615", b"3\x80"]
)  # fmt: skip
CODINGS = st.sampled_from(
    [b"chunked"] * 6
    + [b"Chunked", b"chunked ", b"chunked\t", b"gzip", b"gzip, chunked", b"chunked, gzip", b"",
       b" ", b"xchunked", b"chunkedx", b"chunked,", b"chunked,chunked", b",chunked",
       b"gzip,chunked", b"identity", b"chunked;a", b"gzip chunked", b"chunked x", b"x,chunked ",
       b"\tchunked"]
)  # fmt: skip
VALUES = st.sampled_from(
    [b"", b" ", b"a", b" a b \t", b"\t\t", b"\xff", b"a\x00", b"\x7f", b"a\rb"]
)
FIELDS = st.one_of(
    st.tuples(st.sampled_from([b"Connection", b"Proxy-Connection", b"connection"]), OPTIONS),
    st.tuples(st.just(b"Content-Length"), LENGTHS),
    st.tuples(st.just(b"Transfer-Encoding"), CODINGS),
    st.tuples(st.sampled_from([b"Upgrade", b"upgrade"]), st.sampled_from([b"x", b"", b" ", b"\t"])),
    st.tuples(
        st.sampled_from(
            [b"X", b"Host", b"x!#$%&'*+-.^_`|~1", b"", b"X ", b" X", b"\x80", b"a(", b"\t"]
        ),
        VALUES,
    ),
).flatmap(lambda pair: st.sampled_from([b": ", b":", b":  \t"]).map(lambda mark: mark.join(pair)))
RAW = st.one_of(FIELDS, FIELDS, FIELDS, st.sampled_from([b"X", b" folded", b":", b"X:", b"\x00"]))
EXTENSIONS = st.one_of(
    *(st.just(b"") for _ in range(3)),
    st.lists(st.sampled_from([b";", b"a", b"=", b'"', b"\\", b" ", b"\t", b"\x80", b"\x01", b"b",
                              b"\x7f", b";a=b", b';a="b"', b';a="b\\"c"', b"(", b"{",
                              b"["]), max_size=5)
    .map(b"".join),
)  # fmt: skip


@st.composite
def chunks(draw: st.DrawFn) -> bytes:
    parts = []
    for piece in draw(st.lists(st.binary(min_size=1, max_size=20), max_size=3)):
        size = draw(st.sampled_from([b"%x", b"%X", b"0%x", b" %x", b"%x "] + [b"%x"] * 9))
        parts += [size % len(piece), draw(EXTENSIONS), draw(LINE_ENDS), piece, draw(LINE_ENDS)]
    parts.append(
        draw(st.sampled_from([b"0"] * 9 + [b"00", b"", b"0 ", b"-0", b"fffffffffffffffff"]))
    )
    parts += [draw(EXTENSIONS), draw(LINE_ENDS)]
    for field in draw(st.lists(RAW, max_size=2)):
        parts += [field, draw(LINE_ENDS)]
    return b"".join([*parts, draw(LINE_ENDS)])


CONTENT = st.one_of(st.just(b""), st.just(b""), st.binary(max_size=8), st.just(b"abc"), chunks())
FRAMINGS = st.sampled_from([b"", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n"])


@st.composite
def message(draw: st.DrawFn, kind: str) -> bytes:
    """Returns something that is a message, or nearly."""
    if kind == "requests":
        blank = st.sampled_from([b" "] * 20 + [b"  ", b"\t", b""])
        line = (draw(METHODS), draw(blank), draw(TARGETS), draw(blank), draw(VERSIONS))
    else:
        line = (draw(VERSIONS), b" ", draw(STATUSES), draw(PHRASES))
    parts = [draw(st.sampled_from([b""] * 9 + [b"\r\n", b"\r\n\r\n", b"\n", b"\r"])), *line]
    parts.append(draw(LINE_ENDS))
    for field in draw(st.lists(RAW, max_size=3)):
        parts += [field, draw(LINE_ENDS)]
    framing = draw(FRAMINGS)
    parts += [framing, draw(LINE_ENDS)]
    parts.append(draw(CONTENT))
    return b"".join(parts)


@st.composite
def good_message(draw: st.DrawFn, kind: str) -> bytes:
    """Returns a message without a mistake in it."""
    if kind == "requests":
        line = draw(
            st.sampled_from([b"GET / HTTP/1.1", b"POST /a HTTP/1.1", b"PUT http://a.b/ HTTP/1.0"])
        )
    else:
        line = draw(st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 404 ", b"HTTP/1.1 204 None"]))
    fields = draw(
        st.lists(
            st.sampled_from([b"X: y", b"X:", b"Connection: keep-alive", b"Connection: close",
                             b"Upgrade: a", b"Y: \xff a \t", b"Connection: upgrade",
                             b"Connection: a, close"]), max_size=3)
    )  # fmt: skip
    framed, pieces = draw(st.sampled_from(["length", "chunks", "none"])), b""
    content = draw(st.binary(max_size=20))
    if framed == "length":
        fields.append(b"Content-Length: %d" % len(content))
        pieces = content
    elif framed == "chunks":
        fields.append(b"Transfer-Encoding: chunked")
        cut = draw(st.integers(0, len(content)))
        parts = [part for part in (content[:cut], content[cut:]) if part]
        extension = draw(st.sampled_from([b"", b";a=b", b';a="b;c"', b";a"]))
        pieces = b"".join(b"%x%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
        pieces += b"0\r\n" + draw(st.sampled_from([b"", b"T: u\r\n"])) + b"\r\n"
    if b" 204" in line:
        pieces = b""
    return b"\r\n".join([line, *fields, b"", pieces])


@st.composite
def segments(draw: st.DrawFn, data: bytes) -> list[bytes]:
    if draw(st.integers(0, 5)) == 0:
        return [data[place : place + 1] for place in range(len(data))]
    places = sorted({0, *draw(st.lists(st.integers(0, len(data)), max_size=8)), len(data)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


def heads_agree(ours: Found, theirs: Found) -> bool:
    """Returns whether the heads say the same.

    Ours refuses lists of codings behind the head, and never says that such a message persists.
    """
    first, version, persists, upgrades = theirs.head
    listed = any(
        name.lower() == b"transfer-encoding" and value.strip(b" \t").lower() != b"chunked"
        for name, value in ours.fields
    )
    return ours.head == theirs.head or (
        listed and ours.head == (first, version, False, upgrades) and bool(persists)
    )


def begins_like(ours: Found, theirs: Found) -> bool:
    """Returns whether what ours has found of a message is the beginning of what llhttp has."""
    if ours.complete:
        return ours == theirs
    # Ours tells of a field when its line ends, httptools when the next one begins.
    known = ours.trailers[: len(theirs.trailers)]
    return (
        (ours.target, ours.fields) == (theirs.target, theirs.fields)
        and heads_agree(ours, theirs)
        and theirs.body.startswith(ours.body)
        and known == theirs.trailers[: len(known)]
        and len(known) >= len(ours.trailers) - 1
    )


def check(kind: str, pieces: list[bytes], whole: bytes) -> bool:
    """Checks that ours reads as llhttp does, or refuses; returns whether it reads all of it."""
    ours, llhttp = OURS_AND_LLHTTP[kind]
    found, other = Reading(ours, pieces), Reading(llhttp, [whole])
    if other.refused and not found.refused:
        # Ours judges lines that are complete: it waits for the end, and says no then.
        found.feed(b"\n")
        assert found.refused
    assert all(each.complete for each in found.messages[:-1])
    assert len(found.heads) <= len(other.heads)
    for one, another in zip(found.heads, other.heads, strict=False):
        assert begins_like(one, another)
    if found.refused:
        return False
    assert len(found.heads) == len(other.heads)
    assert len(found.messages) == len(other.messages)
    for one, another in zip(found.heads, other.heads, strict=True):
        assert (one.body, one.complete) == (another.body, another.complete)
    assert found.said == other.said
    return True


KINDS = pytest.mark.parametrize("kind", list(OURS_AND_LLHTTP))


@KINDS
@given(st.data())
@settings(max_examples=400, deadline=None)
def test_messages_with_mistakes_are_read_as_llhttp_reads_them_or_refused(kind: str, data):
    whole = b"".join(data.draw(st.lists(message(kind), min_size=1, max_size=3)))
    check(kind, data.draw(segments(whole)), whole)


@KINDS
@given(st.data())
@settings(max_examples=200, deadline=None)
def test_messages_without_mistakes_are_read_as_llhttp_reads_them(kind: str, data):
    whole = b"".join(data.draw(st.lists(good_message(kind), min_size=1, max_size=3)))
    llhttp = OURS_AND_LLHTTP[kind][1]
    assert check(kind, data.draw(segments(whole)), whole) == (not Reading(llhttp, [whole]).refused)


@KINDS
@given(st.lists(st.binary(max_size=60), max_size=8))
@settings(max_examples=200, deadline=None)
def test_garbage_raises_nothing_but_the_error_of_the_parser(kind: str, pieces: list[bytes]):
    check(kind, pieces, b"".join(pieces))


@pytest.mark.parametrize(("step", "longest"), [(1, 1000), (7, 20_000), (100_000, 10**9)])
def test_the_corpus_is_read_as_llhttp_reads_it_or_refused(step: int, longest: int):
    for sent in (case.sent for case in corpus() if len(case.sent) <= longest):
        check("requests", [sent[at : at + step] for at in range(0, len(sent), step)], sent)
