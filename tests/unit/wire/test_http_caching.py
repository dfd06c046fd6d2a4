import pytest
from hypothesis import given, strategies as st

from edgeauth.wire.http_caching import (
    LONGEST_FRESHNESS,
    confirms,
    freshness,
    may_be_stored,
    parse_cache_control,
    validators,
)
from edgeauth.wire.http_dates import parse_http_date

NOW = 1_700_000_000.0
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
LATER = "Tue, 14 Nov 2023 22:14:20 GMT"


@pytest.mark.parametrize(
    "fields",
    [
        {"cache-control": "no-store"},
        {"cache-control": "max-age=60, NO-STORE"},
        {"cache-control": "max-age=60, max-age=61"},
        {"cache-control": "max-age=60;"},
        {"cache-control": "é"},
        {"cache-control": "a=" + "1" * 2_000},
        {"vary": "*"},
        {"vary": "Accept, *"},
    ],
    ids=ascii,
)
def test_what_may_not_or_can_not_be_understood_is_not_kept(fields):
    assert not may_be_stored(fields)


@pytest.mark.parametrize(
    "fields",
    [{}, {"cache-control": "private, max-age=60"}, {"cache-control": "no-cache"},
     {"cache-control": 'private="set-cookie", max-age="60", x-y=z'}, {"vary": "Accept"}],
    ids=ascii,
)  # fmt: skip
def test_the_rest_is_kept(fields):
    assert may_be_stored(fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"cache-control": "no-cache, max-age=60"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": "max-age=1e3"}, 0),
        ({"cache-control": "max-age=60", "age": "x"}, 0),
        ({"cache-control": "max-age=60", "age": "61"}, 0),
        ({"expires": "0"}, 0),
        ({"expires": DATE, "date": LATER}, 0),
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'max-age="60"'}, 60),
        ({"cache-control": "max-age=60", "age": "20"}, 40),
        ({"cache-control": "max-age=60", "expires": "0"}, 60),
        ({"cache-control": "s-maxage=5, max-age=60"}, 60),
        ({"expires": LATER, "date": DATE}, 60),
        ({"expires": LATER}, 60),
        ({}, 7),
        ({"cache-control": "private"}, 7),
        ({"age": "3"}, 4),
        ({"cache-control": "max-age=9999999999"}, LONGEST_FRESHNESS),
    ],
    ids=ascii,
)
def test_an_answer_is_fresh_as_long_as_it_says(fields, expected):
    assert freshness(fields, NOW, 7.0) == expected


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=40))
def test_whatever_a_server_says_freshness_is_a_bounded_number(control, age, expires):
    fields = {"cache-control": control, "age": age, "expires": expires}
    assert 0 <= freshness(fields, NOW, 7.0) <= LONGEST_FRESHNESS


def test_directives_are_told_apart():
    assert parse_cache_control('Max-Age=5, private="a, b" ,no-cache') == {
        "max-age": "5",
        "private": "a, b",
        "no-cache": None,
    }


@pytest.mark.parametrize(
    ("fields", "kept", "expected"),
    [
        ({"etag": '"2"'}, {"etag": '"1"'}, False),
        ({"etag": '"2"'}, {"last-modified": "then"}, False),
        ({"etag": '"2"', "last-modified": "then"}, {"last-modified": "then"}, False),
        ({"last-modified": "now"}, {"last-modified": "then"}, False),
        ({"last-modified": "now"}, {"etag": '"1"'}, False),
        ({}, {"etag": '"1"'}, True),
        ({"etag": 'W/"1"'}, {"etag": '"1"'}, True),
        ({"etag": '"1"', "last-modified": "now"}, {"etag": '"1"', "last-modified": "then"}, True),
        ({"last-modified": "then"}, {"last-modified": "then"}, True),
    ],
)
def test_not_modified_speaks_of_the_version_that_it_names(fields, kept, expected):
    assert confirms(fields, kept) is expected


def test_validators_ask_for_the_same_again():
    assert validators({}) == {}
    assert validators({"etag": 'W/"1"', "last-modified": DATE}) == {
        "if-none-match": 'W/"1"',
        "if-modified-since": DATE,
    }


@pytest.mark.parametrize(
    "text",
    ["", "Tue, 31 Feb 2023 22:13:20 GMT", "Tue, 14 Now 2023 22:13:20 GMT", DATE + " ",
     "Tue, 14 Nov 2023 22:13:20 CET", "Tuesday, 14-Nov-23 22:13:20 GMT", "1700000000",
     "Tue, 14 Nov 0000 22:13:20 GMT", "Tue, 14 Nov 2023 24:13:20 GMT"],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_date_is_none(text):
    assert parse_http_date(text) is None


def test_a_date_is_a_moment():
    assert parse_http_date(DATE) == NOW
