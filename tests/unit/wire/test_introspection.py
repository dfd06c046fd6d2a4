import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.introspection import (
    OLDEST_ANSWER,
    check_signed_answer,
    introspection_form,
    is_active,
    parse_answer,
    parse_signed_answer,
)
from edgeauth.wire.json import dumps
from edgeauth.wire.jws import sign_compact
from tests.fakes.keys import signing_key

NOW = 1_700_000_000.0
CLAIMS = {"iss": "https://idp.test", "aud": "edge", "iat": int(NOW)}


def signed(claims, **header):
    head = {"typ": "token-introspection+jwt", "alg": "ES256", **header}
    return sign_compact(head, dumps(claims), signing_key("ES256"))


@pytest.mark.parametrize(
    "answer",
    [{}, {"active": None}, {"active": "false"}, {"active": "true"}, {"active": 1}, {"active": []}],
    ids=["missing", "null", "text-false", "text-true", "one", "list"],
)
def test_attack_131_what_is_neither_true_nor_false_is_no_answer(answer):
    with pytest.raises(Malformed):
        is_active(answer)


def test_only_true_is_active():
    assert is_active({"active": True})
    assert not is_active({"active": False})


@pytest.mark.parametrize(
    "octets", [b"", b"[]", b"true", b'{"active":true,"active":false}', b"a.b.c"]
)
def test_what_is_no_object_is_no_answer(octets):
    with pytest.raises(Malformed):
        parse_answer(octets)


def test_a_token_is_escaped_in_the_question():
    assert (
        introspection_form(b"a+b&c=d/~") == b"token=a%2Bb%26c%3Dd%2F~&token_type_hint=access_token"
    )


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b'{"active":true}', id="plain"),
        pytest.param(signed({"token_introspection": {}}, typ="JWT"), id="attack-112-type"),
        pytest.param(signed(CLAIMS), id="no-answer-in-it"),
        pytest.param(signed({**CLAIMS, "token_introspection": "x"}), id="answer-is-text"),
        pytest.param(signed({**CLAIMS, "token_introspection": {}}) + b".x", id="four-parts"),
    ],
)
def test_what_is_no_signed_answer_is_malformed(octets):
    with pytest.raises(Malformed):
        parse_signed_answer(octets)


def test_the_answer_is_inside_of_a_signed_one():
    answer = parse_signed_answer(signed({**CLAIMS, "token_introspection": {"active": True}}))

    assert answer.answer == {"active": True}
    assert answer.claims["iss"] == "https://idp.test"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": None},
        {"iss": "https://evil.test"},
        {"iss": ["https://idp.test"]},
        {"aud": None},
        {"aud": "other"},
        {"aud": []},
        {"iat": None},
        {"iat": "now"},
        {"iat": NOW + 11},
        {"iat": NOW - OLDEST_ANSWER - 11},
        {"exp": NOW - 11},
    ],
    ids=[
        "no-issuer", "another-issuer", "issuers", "no-audience", "another-audience",
        "empty-audience", "no-date", "date-is-text", "future", "attack-150-old", "ended",
    ],
)  # fmt: skip
def test_a_signed_answer_of_another_time_or_party_is_refused(changed):
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}

    assert (
        check_signed_answer(claims, ["https://idp.test"], frozenset({"edge"}), NOW, 10) is not None
    )


def test_a_signed_answer_to_us_passes():
    ours = frozenset({"edge", "other"})

    assert check_signed_answer(CLAIMS, ["https://idp.test"], ours, NOW, 10) is None
    assert check_signed_answer(CLAIMS, ["https://idp.test"], frozenset(), NOW, 10) is not None
    assert check_signed_answer(CLAIMS, [], ours, NOW, 10) is not None
