"""Lines in the combined format: what analysers expect, and what no client can forge."""

import re

import pytest
from hypothesis import given, strategies as st

from edgeauth.wire.combined_log import CombinedEntry, combined_line

ENTRY = CombinedEntry(
    "192.0.2.1",
    "alice",
    1_790_000_000.75,
    "GET",
    "/articles/1",
    "HTTP/1.1",
    200,
    2326,
    "https://blog.test/",
    "curl/8",
)
LINE = re.compile(
    rb'(\S+) - (\S+) \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "((?:[^"\\]|\\.)*)" '
    rb'(\d{3}|-) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
)
"""How an analyser reads a line."""


def test_a_line_is_as_apache_writes_it():
    assert combined_line(ENTRY) == (
        b'192.0.2.1 - alice [21/Sep/2026:14:13:20 +0000] "GET /articles/1 HTTP/1.1" 200 2326 '
        b'"https://blog.test/" "curl/8"'
    )


def test_what_is_not_there_is_a_dash():
    empty = CombinedEntry("192.0.2.1", "", 0.0, "", "", "", 0, 0, "", "")

    assert combined_line(empty) == (b'192.0.2.1 - - [01/Jan/1970:00:00:00 +0000] "-" - - "-" "-"')


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ('a" 200 1 "', rb"a\" 200 1 \""),
        ("a\\", rb"a\\"),
        ("a\r\n192.0.2.9 - -", rb"a\x0d\x0a192.0.2.9 - -"),
        ("\x1b[31m", rb"\x1b[31m"),
        ("\x00\x7f", rb"\x00\x7f"),
        ("é", rb"\xc3\xa9"),
        ("\u2028", rb"\xe2\x80\xa8"),
        ("\ud800", rb"?"),
    ],
    ids=["quotes", "backslash", "line", "terminal", "nul", "beyond-ascii", "separator", "half"],
)
def test_attack_178_what_a_client_says_stays_in_its_quotes(said: str, written: bytes):
    for field in ("user_agent", "referer", "target"):
        assert written in combined_line(ENTRY._replace(**{field: said}))


def test_the_name_of_a_subject_is_one_word():
    line = combined_line(ENTRY._replace(user="Alice Smith [x]"))

    assert rb" - Alice\x20Smith\x20[x] [" in line


@given(st.text(max_size=50), st.text(max_size=50), st.text(max_size=50), st.text(max_size=50))
def test_every_line_is_read_as_one_with_the_same_fields(user, target, referer, agent):
    line = combined_line(
        ENTRY._replace(user=user, target=target, referer=referer, user_agent=agent)
    )

    assert line.isascii()
    assert line.decode().isprintable()
    found = LINE.fullmatch(line)
    assert found is not None
    assert found[4] == b"200"
