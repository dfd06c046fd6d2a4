import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.challenges import basic_challenge, bearer_challenge, dpop_challenge


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param({"realm": "a\r\nSet-Cookie: a=b"}, id="attack-47-line-break-in-realm"),
        pytest.param({"realm": "Büro"}, id="realm-no-ascii"),
        pytest.param({"error": 'a"b'}, id="quote-in-error"),
        pytest.param({"description": "a\\b"}, id="backslash-in-description"),
        pytest.param({"description": "a\n"}, id="attack-47-line-break-in-description"),
        pytest.param({"scope": 'a" b'}, id="quote-in-scope"),
        pytest.param({"error_uri": "https://a/\x00"}, id="nul-in-uri"),
    ],
)
def test_a_character_that_has_no_place_there_is_refused(parameters):
    with pytest.raises(Malformed):
        bearer_challenge(**parameters)


def test_a_realm_can_not_break_out():
    with pytest.raises(Malformed):
        basic_challenge("a\r\nb")

    assert basic_challenge('a"b\\c') == b'Basic realm="a\\"b\\\\c"'
    assert bearer_challenge('a", error="x') == b'Bearer realm="a\\", error=\\"x"'


def test_a_challenge_has_only_the_parameters_that_were_given():
    assert bearer_challenge() == b"Bearer"
    assert bearer_challenge("edge") == b'Bearer realm="edge"'
    assert bearer_challenge(error="insufficient_scope", scope="a b") == (
        b'Bearer error="insufficient_scope", scope="a b"'
    )
    assert bearer_challenge("r", "invalid_token", "has expired", "https://a.example/e") == (
        b'Bearer realm="r", error="invalid_token", error_description="has expired", '
        b'error_uri="https://a.example/e"'
    )


def test_a_challenge_for_a_proof_says_what_it_may_be_signed_with():
    assert dpop_challenge() == b"DPoP"
    assert (
        dpop_challenge("ES256 PS256", realm="shop", error="use_dpop_nonce")
        == b'DPoP realm="shop", error="use_dpop_nonce", algs="ES256 PS256"'
    )


@pytest.mark.parametrize("value", ['"', "\\", "a\r\nb", "é"])
def test_a_challenge_for_a_proof_holds_no_foreign_characters(value):
    with pytest.raises(Malformed):
        dpop_challenge(value)
    with pytest.raises(Malformed):
        dpop_challenge(error=value)
