"""Which upstreams an entry means."""

import pytest
from pydantic import ValidationError

from edgeauth.config.models.upstreams import Upstreams, parse_pattern

REFUSED = ["", "*a", "a.*", "*.*.a", "**", "*.", "*..a", "a:0", "*:70000", "a/b", "[::1", "a b", 1]


@pytest.mark.parametrize("text", REFUSED, ids=repr)
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(ValidationError):
        Upstreams.model_validate({"tls": [{"hosts": [text]}]})


@pytest.mark.parametrize("name", ["", "a:1", "*.a", "a..b", "http://a", 1], ids=repr)
def test_what_is_no_server_name_is_refused(name):
    with pytest.raises(ValidationError):
        Upstreams.model_validate({"tls": [{"hosts": ["a"], "server_name": name}]})


@pytest.mark.parametrize(
    ("pattern", "host", "port", "fits"),
    [
        ("orders", "orders", 443, True),
        ("Orders", "orders", 443, True),
        ("orders", "a.orders", 443, False),
        ("orders:8443", "orders", 443, False),
        ("orders:8443", "orders", 8443, True),
        ("*.internal", "a.internal", 443, True),
        ("*.internal", "a.b.internal", 443, True),
        ("*.internal", "internal", 443, False),
        ("*.internal", "evilinternal", 443, False),
        ("*.internal", "a.internal.evil", 443, False),
        ("*", "anything", 443, True),
        ("*:8443", "anything", 443, False),
        ("[::1]", "[::1]", 443, True),
        ("10.0.0.7", "10.0.0.7", 443, True),
    ],
)
def test_a_pattern_fits_what_it_says(pattern, host, port, fits):
    assert parse_pattern(pattern).fits(host, port) is fits


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("*", "orders", True),
        ("*", "*.internal", True),
        ("*.internal", "*.a.internal", True),
        ("*.a.internal", "*.internal", False),
        ("*.internal", "*", False),
        ("*:8443", "orders", False),
        ("orders", "orders:8443", True),
        ("orders:8443", "orders", False),
        ("a.internal", "*.internal", False),
        ("*.internal", "internal", False),
    ],
)
def test_a_pattern_covers_those_that_mean_nothing_else(one, other, covers):
    assert parse_pattern(one).covers(parse_pattern(other)) is covers


def test_the_first_entry_that_fits_counts():
    found = Upstreams.model_validate(
        {"tls": [{"hosts": ["a.internal"], "min_version": "TLS1.3"}, {"hosts": ["*.internal"]}]}
    )
    assert found.tls_of("a.internal", 443) is found.tls[0]
    assert found.tls_of("b.internal", 443) is found.tls[1]
    assert found.tls_of("elsewhere", 443) is None
