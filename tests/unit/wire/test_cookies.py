"""Cookies are found in linear time; what makes no sense is skipped."""

import pytest

from edgeauth.wire.cookies import find_cookie


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"", None),
        (b"sessio=1", None),
        (b"session", None),
        (b"Session=1", None),
        (b"xsession=1", None),
        (b"session =1", None),
        (b"a=session=1", None),
        (b";;;=;", None),
        (b"x" * 20_000 + b";session=1", None),
        (b"session=1", "1"),
        (b"session=", ""),
        (b"a=b; session=1;c=d", "1"),
        (b"a=b;\tsession=1 ", "1"),
        (b'session="1"', "1"),
        (b'session="', None),
        (b'session="1', None),
        (b"session=a\\b", None),
        (b"session=\xc3\xa9", None),
        (b"session=\xff; session=1", "1"),
        (b"session=a b,c", "a b,c"),
        (b"session=a=b", "a=b"),
        (b"session=\xff", None),
    ],
)
def test_a_cookie_is_found_by_its_exact_name(field, value):
    assert find_cookie(field, "session") == value


def test_a_cookie_holds_visible_ascii_without_quotes_and_backslashes_and_nothing_else():
    for octet in set(range(256)) - {ord(";")}:
        held = 0x20 <= octet <= 0x7E and octet not in b'"\\'
        assert find_cookie(b"session=a%cb" % octet, "session") == (f"a{octet:c}b" if held else None)


def test_the_first_of_two_wins():
    assert find_cookie(b"a=1; a=2", "a") == "1"


def test_attack_051_many_pairs_are_no_burden():
    assert find_cookie(b'"' * 8000 + b";" * 8000, "a") is None
