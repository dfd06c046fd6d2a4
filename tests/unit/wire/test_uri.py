"""Paths have one normal form, and what can be read in two ways has none."""

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.uri import (
    decode_slashes,
    parse_path,
    parse_query,
    parse_resolved_path,
    readable_parameters,
)

MALFORMED = {
    "empty": b"",
    "no slash": b"a/b",
    "asterisk": b"*",
    "attack-002 encoded dots": b"/%2e%2e/a",
    "attack-002 encoded dot at the end": b"/a/%2E",
    "attack-002 half encoded": b"/a/.%2e",
    "attack-003 dots behind an encoded slash": b"/a%2f..",
    "attack-003 dot between encoded slashes": b"/a%2F.%2Fb",
    "attack-004 backslash": b"/a\\b",
    "attack-004 encoded backslash": b"/a%5Cb",
    "attack-005 dot twice": b"/%252e",
    "attack-005 slash twice": b"/%252F",
    "attack-005 percent twice": b"/%2525",
    "attack-005 encoded digits": b"/%25%32%65",
    "attack-007 parameter": b"/a;b",
    "attack-007 encoded parameter behind dots": b"/a/..%3B/b",
    "attack-007 encoded parameter behind encoded dots": b"/a/%2e%2e%3bx=y/b",
    "attack-013 encoded query behind dots": b"/a/..%3fx",
    "attack-012 encoded fragment behind a dot": b"/a/.%23/b",
    "attack-008 encoded blank behind dots": b"/a/..%20/b",
    "attack-008 NUL": b"/%00",
    "attack-008 delete": b"/%7F",
    "attack-008 blank": b"/a b",
    "attack-009 over-long": b"/%c0%af",
    "attack-009 surrogate": b"/%ed%a0%80",
    "attack-012 fragment": b"/a#b",
    "attack-013 query": b"/a?b",
    "percent": b"/%",
    "percent behind": b"/a%2",
    "percent without digits": b"/%zz",
    "measured 10: dot and NUL": b"/.%00",
    "attack-010 beyond ASCII": "/é".encode(),
}

NORMAL = {
    "root": (b"/", "/"),
    "plain": (b"/a/b.c/~d_e-f/", "/a/b.c/~d_e-f/"),
    "letters": (b"/%66oo", "/foo"),
    "digits in upper case": (b"/%c3%a9%2f", "/%C3%A9%2F"),
    "sub-delimiters stay": (b"/!$&'()*+,=:@", "/!$&'()*+,=:@"),
    "encoded ones stay": (b"/%21%3B%3F%23", "/%21%3B%3F%23"),
    "a blank stays encoded": (b"/a%20b", "/a%20b"),
    "measured 10: what has to be escaped": (b'/|"<>^`{}', "/%7C%22%3C%3E%5E%60%7B%7D"),
    "measured 10: brackets stay": (b"/[a]", "/[a]"),
    "measured 9: dot at the end": (b"/a/b/.", "/a/b"),
    "measured 9: dots at the end": (b"/a/b/..", "/a"),
    "measured 9: dots and a slash": (b"/a/b/../", "/a/"),
    "only dots": (b"/..", "/"),
    "dots and slashes": (b"/../..//", "/"),
    "attack-006 slashes": (b"//a///b//", "/a/b/"),
    "three dots": (b"/...", "/..."),
    "dot file": (b"/.well-known/%6Awks", "/.well-known/jwks"),
}


UNRESOLVED = {
    "attack-001 dots": b"/private/../open/x",
    "attack-001 dots first": b"/../x",
    "attack-001 dots last": b"/open/x/..",
    "attack-001 nothing but dots": b"/..",
    "attack-001 dot": b"/open/./x",
    "attack-001 dot last": b"/open/.",
    "attack-002 dots beside an encoded letter": b"/%6fpen/../x",
    "attack-006 two slashes": b"//x",
    "attack-006 two slashes in between": b"/open//x",
    "attack-006 two slashes last": b"/open/x//",
    "attack-006 nothing but slashes": b"//",
}

RESOLVED = ("root", "plain", "letters", "sub-delimiters stay", "three dots", "dot file")
"""Those of NORMAL that say the same to whoever resolves them and to whoever does not."""


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_path_that_may_be_read_in_two_ways_is_malformed(raw):
    with pytest.raises(Malformed) as caught:
        parse_path(raw)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "raw", [*MALFORMED.values(), *UNRESOLVED.values()], ids=[*MALFORMED, *UNRESOLVED]
)
def test_a_path_that_somebody_else_may_resolve_in_another_way_is_malformed(raw):
    with pytest.raises(Malformed) as caught:
        parse_resolved_path(raw)
    assert caught.value.status == 400


@pytest.mark.parametrize("name", RESOLVED)
def test_a_path_without_dot_segments_and_empty_ones_has_the_same_normal_form(name):
    raw, expected = NORMAL[name]
    assert parse_resolved_path(raw) == expected


@pytest.mark.parametrize(("raw", "expected"), NORMAL.values(), ids=NORMAL.keys())
def test_a_path_has_one_normal_form(raw, expected):
    assert parse_path(raw) == expected


@pytest.mark.parametrize("raw", [b"a b", b"a\tb", b"a#b", b"\x00", b"\x7f", "é".encode()], ids=repr)
def test_a_query_with_foreign_characters_is_malformed(raw):
    with pytest.raises(Malformed):
        parse_query(raw)


def test_a_query_holds_visible_ascii_without_a_number_sign_and_nothing_else():
    for octet in range(256):
        raw = b"a=%c" % octet
        if 0x21 <= octet <= 0x7E and octet != ord("#"):
            assert parse_query(raw) == raw.decode()
        else:
            with pytest.raises(Malformed):
                parse_query(raw)


@pytest.mark.parametrize("raw", [b"", b"a=b&c", b"?", b"a=%zz;b", b"a=/../b", b'"<>'], ids=repr)
def test_a_query_stays_as_it_is(raw):
    assert parse_query(raw) == raw.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a=%zz", ""),
        ("a=%", ""),
        ("%z1=b", ""),
        ("a=1;b=2", ""),
        ("a=1&b=%z&c;&d=%20", "a=1&d=%20"),
        ("a=1&&b", "a=1&&b"),
        ("", ""),
    ],
)
def test_parameters_that_can_be_read_in_several_ways_are_left_out(query, expected):
    assert readable_parameters(query) == expected


@pytest.mark.parametrize("path", ["/a%2F%2Fb", "/%2Fa", "/a/%2Fb", "/a%2F/b", "/%2F"])
def test_slashes_that_hide_an_empty_segment_are_not_decoded(path):
    with pytest.raises(Malformed):
        decode_slashes(path)


@pytest.mark.parametrize(
    ("path", "expected"), [("/a%2Fb", "/a/b"), ("/a%2F", "/a/"), ("/a%20b", "/a%20b"), ("/", "/")]
)
def test_slashes_are_decoded(path, expected):
    assert decode_slashes(path) == expected


def test_a_long_path_costs_no_more_than_its_length():
    assert parse_path(b"/a" * 4000) == "/a" * 4000
    assert parse_path(b"/.." * 2000 + b"/%61") == "/a"
    with pytest.raises(Malformed):
        parse_path(b"/%2e" * 2000)
