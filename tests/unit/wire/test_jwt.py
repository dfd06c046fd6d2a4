import math

import pytest

from edgeauth.model.errors import Malformed, Reason
from edgeauth.wire.jws import JoseHeader
from edgeauth.wire.jwt import (
    Assertions,
    check_claims,
    check_header,
    check_times,
    expires_at,
    parse_claims,
)

NOW = 1_700_000_000.0
ISSUER = "https://accounts.example"
ASSERTIONS = Assertions(issuers=frozenset({ISSUER}))
GOOD = {"iss": ISSUER, "sub": "alice", "exp": NOW + 60, "nbf": NOW - 60, "iat": NOW - 60}


@pytest.mark.parametrize(
    "issuer",
    [
        pytest.param("https://accounts.exampl", id="attack-109-shorter"),
        pytest.param("https://accounts.example.evil", id="attack-109-longer"),
        pytest.param("https://accounts.example/", id="attack-109-slash"),
        pytest.param("HTTPS://accounts.example", id="attack-109-case"),
        pytest.param("", id="attack-109-empty"),
        pytest.param([ISSUER], id="attack-109-list"),
        pytest.param({ISSUER: 1}, id="attack-109-object"),
        pytest.param(None, id="attack-109-null"),
    ],
)
def test_another_issuer_is_refused(issuer):
    assert check_claims(GOOD | {"iss": issuer}, ASSERTIONS, NOW).reason is Reason.AUTHENTICATION


def test_no_issuer_is_trusted_where_none_is_configured():
    assert check_claims(GOOD, Assertions(issuers=frozenset()), NOW) is not None
    assert check_claims({}, Assertions(issuers=frozenset()), NOW) is not None


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="attack-110-missing"),
        pytest.param({"aud": "other"}, id="attack-110-of-another-service"),
        pytest.param({"aud": ["other"]}, id="attack-110-list-of-another-service"),
        pytest.param({"aud": "articles other"}, id="attack-110-text-with-blanks"),
        pytest.param({"aud": "article"}, id="attack-110-part-of-the-name"),
        pytest.param({"aud": []}, id="attack-110-empty-list"),
        pytest.param({"aud": ["articles", 1]}, id="attack-110-list-with-a-number"),
        pytest.param({"aud": {"articles": 1}}, id="attack-110-object"),
        pytest.param({"aud": True}, id="attack-110-boolean"),
        pytest.param({"aud": None}, id="attack-110-null"),
    ],
)
def test_a_token_for_somebody_else_is_refused(claims):
    assertions = Assertions(issuers=frozenset({ISSUER}), audience=frozenset({"articles", "wiring"}))

    assert check_claims(GOOD | claims, assertions, NOW) is not None


@pytest.mark.parametrize("audience", ["articles", ["x", "articles"], ["wiring"]])
def test_a_token_for_us_passes(audience):
    assertions = Assertions(issuers=frozenset({ISSUER}), audience=frozenset({"articles", "wiring"}))

    assert check_claims(GOOD | {"aud": audience}, assertions, NOW) is None


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("1700000000", id="attack-111-text"),
        pytest.param(None, id="attack-111-null"),
        pytest.param(True, id="attack-111-boolean"),
        pytest.param([1700000000], id="attack-111-list"),
        pytest.param(math.nan, id="attack-111-nan"),
        pytest.param(math.inf, id="attack-111-infinity"),
        pytest.param(-math.inf, id="attack-111-minus-infinity"),
        pytest.param(-1, id="attack-111-negative"),
        pytest.param(10**400, id="attack-111-giant"),
        pytest.param(1_700_000_000_000, id="attack-111-milliseconds"),
    ],
)
def test_what_is_no_date_is_refused(name, value):
    assert check_times({name: value}, NOW, 10) is not None
    assert check_claims(GOOD | {name: value}, ASSERTIONS, NOW) is not None


@pytest.mark.parametrize(
    ("claims", "passes"),
    [
        pytest.param({"exp": NOW - 10}, False, id="at-the-end-with-leeway"),
        pytest.param({"exp": NOW - 9.5}, True, id="before-the-end-with-leeway"),
        pytest.param({"nbf": NOW + 10.5}, False, id="before-the-beginning"),
        pytest.param({"nbf": NOW + 10}, True, id="at-the-beginning-with-leeway"),
        pytest.param({"iat": NOW + 10.5}, False, id="issued-in-the-future"),
        pytest.param({"iat": NOW + 10}, True, id="issued-now-with-leeway"),
        pytest.param({}, True, id="attack-111-absent"),
    ],
)
def test_leeway_is_granted_on_either_side(claims, passes):
    assert (check_times(claims, NOW, 10) is None) is passes


@pytest.mark.parametrize(
    "payload", [b"", b"null", b"[]", b'"a"', b'{"sub":"a","sub":"b"}', b"{", b"\xff"]
)
def test_a_payload_that_is_no_object_is_refused(payload):
    with pytest.raises(Malformed):
        parse_claims(payload)


@pytest.mark.parametrize(
    ("algorithm", "media_type"),
    [
        pytest.param("RS256", "jwt", id="attack-96-rs256-must-be-asked-for"),
        pytest.param("EdDSA", "jwt", id="eddsa-must-be-asked-for"),
        pytest.param("HS256", "jwt", id="attack-95-hmac-must-be-asked-for"),
        pytest.param("none", "jwt", id="attack-94-none"),
        pytest.param("ES256", "dpop+jwt", id="attack-112-proof-of-possession"),
        pytest.param("ES256", "logout+jwt", id="attack-112-logout-token"),
        pytest.param("ES256", "secevent+jwt", id="attack-112-security-event"),
    ],
)
def test_a_token_of_another_kind_is_refused_before_keys_are_looked_for(algorithm, media_type):
    assert check_header(JoseHeader(algorithm, None, media_type), ASSERTIONS) is not None


@pytest.mark.parametrize("media_type", ["", "jwt", "at+jwt"])
def test_a_login_passes(media_type):
    assert check_header(JoseHeader("ES256", "kid", media_type), ASSERTIONS) is None
    assert (
        check_claims(parse_claims(b'{"iss":"https://accounts.example"}'), ASSERTIONS, NOW) is None
    )


def test_the_first_of_issuer_audience_and_times_is_reported():
    assertions = Assertions(issuers=frozenset({ISSUER}), audience=frozenset({"articles"}))
    claims = {}
    seen = []
    for mended in ({}, {"iss": ISSUER}, {"aud": "articles", "exp": 1}):
        claims |= mended
        seen.append(check_claims(claims, assertions, NOW).detail)

    assert [next(w for w in ("issuer", "aud", "exp") if w in each) for each in seen] == [
        "issuer", "aud", "exp",
    ]  # fmt: skip
    assert check_claims(claims | {"exp": NOW + 1}, assertions, NOW) is None


def test_a_refusal_repeats_nothing_of_the_token():
    refusal = check_claims({"iss": "https://mallory.example"}, ASSERTIONS, NOW)

    assert "mallory" not in refusal.detail


def test_the_end_of_a_token_is_known():
    assert expires_at({"exp": 12.5}) == 12.5
    assert expires_at({}) is None
