"""Fields that end here, come once, or are not what they seem."""

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.headers import check_singletons, check_value, connection_options, is_token


@pytest.mark.parametrize(
    "name",
    [
        b"authorization",
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-type",
        b"dpop",
        b"expect",
        b"client-cert",
        b"x-forwarded-host",
        b"x-forwarded-method",
        b"x-forwarded-proto",
        b"x-forwarded-uri",
    ],
    ids=bytes.decode,
)
def test_attack_045_some_fields_come_once(name):
    with pytest.raises(Malformed, match=name.decode()):
        check_singletons(Headers([(name, b"a"), (b"x", b"y"), (name, b"a")]))


def test_others_may_come_again():
    check_singletons(
        Headers([(b"accept", b"a"), (b"accept", b"b"), (b"cookie", b"c"), (b"cookie", b"d")])
    )


@pytest.mark.parametrize("value", [b"a\rb", b"a\nb", b"a\x00b", b"\r\n", b"a\r\nX: y"], ids=repr)
def test_attack_047_a_value_of_two_lines_is_never_sent(value):
    with pytest.raises(Malformed):
        check_value(value)


def test_a_value_of_one_line_is_sent():
    assert check_value("é\t ".encode()) == "é\t ".encode()


@pytest.mark.parametrize(
    ("value", "options"),
    [
        (b"close", {b"close"}),
        (b"Keep-Alive ,\tX-User", {b"keep-alive", b"x-user"}),
        (b",,", {b""}),
    ],
)
def test_options_of_a_connection_are_lower_cased(value, options):
    assert connection_options(Headers([(b"connection", value)])) == options


def test_several_connection_fields_are_one():
    fields = [(b"connection", b"close"), (b"connection", b"X-A")]
    assert connection_options(Headers(fields)) == {b"close", b"x-a"}
    assert connection_options(Headers()) == frozenset()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"GET", True),
        (b"!#$%&'*+-.^_`|~0z", True),
        (b"", False),
        (b"a b", False),
        (b"a\x00", False),
        ("é".encode(), False),
        (b"a:", False),
        (b"a/b", False),
    ],
)
def test_a_token_is_one_word(text, is_one):
    assert is_token(text) is is_one
