import pytest

from edgeauth.mechanisms.authenticators import jwt
from edgeauth.mechanisms.authenticators.signaling import DPOP, Signaling, TokenErrorSignaling
from edgeauth.model.errors import Reason
from tests.fakes.mistakes import mistakes

CONFIG = {"jwks_endpoint": "https://idp.test/jwks", "assertions": {"issuers": ["a"]}}
DESCRIPTION = "The access token is expired, revoked, malformed or not for this resource."


def signaling(dpop_only=False, **config):
    says = TokenErrorSignaling.model_validate(config) if config else None
    return Signaling(says, ["read", "write"], ["ES256", "EdDSA"], dpop_only=dpop_only)


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"realm": "a\r\nb"}, "error_signaling.realm"),
        ({"realm": "Büro"}, "error_signaling.realm"),
        ({"error_uri": 'https://a"b'}, "error_signaling.error_uri"),
        ({"error_uri": "help page"}, "error_signaling.error_uri"),
        ({"error_uri": "help"}, "error_signaling.error_uri"),
        ({"enabled": "yes"}, "error_signaling.enabled"),
        ({"foo": True}, "error_signaling.foo"),
    ],
    ids=["line-break", "not-ascii", "quote", "blank", "relative", "text", "unknown"],
)
def test_a_wrong_configuration_is_refused(config, place):
    assert [each for each, _ in mistakes(jwt.TYPE, CONFIG | {"error_signaling": config})] == [place]


class TestUnconfigured:
    def test_every_refusal_brings_the_plainest_challenge(self):
        says = signaling()

        assert says.missing().challenges == (b"Bearer",)
        assert says.missing().causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
        assert says.invalid_token("x", b"bearer").challenges == (b'Bearer error="invalid_token"',)
        assert says.invalid_token("x", b"").challenges == (b'Bearer error="invalid_token"',)

    def test_a_missing_scope_makes_a_token_invalid_as_in_the_reference(self):
        refusal = signaling().insufficient_scope("x", b"bearer")

        assert refusal.challenges == (b'Bearer error="invalid_token"',)
        assert refusal.status is None

    def test_the_scheme_of_the_token_is_that_of_the_challenge(self):
        assert signaling().invalid_token("x", DPOP).challenges == (
            b'DPoP error="invalid_token", algs="ES256 EdDSA"',
        )

    def test_only_proofs_are_asked_for_where_nothing_else_passes(self):
        assert signaling(dpop_only=True).missing().challenges == (b'DPoP algs="ES256 EdDSA"',)


class TestConfigured:
    def test_nothing_is_told_where_that_is_configured(self):
        says = signaling(enabled=False)

        for refusal in (
            says.missing(),
            says.invalid_token("x", b"bearer"),
            says.insufficient_scope("x", b"bearer"),
            says.invalid_proof("x"),
        ):
            assert (refusal.challenges, refusal.status) == ((), None)

    def test_a_nonce_is_sent_even_then(self):
        refusal = signaling(enabled=False).use_nonce("x", "abc")

        assert refusal.challenges == ()
        assert refusal.fields == ((b"dpop-nonce", b"abc"),)

    def test_a_missing_scope_is_403(self):
        refusal = signaling(realm="shop").insufficient_scope("x", b"bearer")

        assert refusal.status == 403
        assert refusal.reason is Reason.AUTHENTICATION
        assert refusal.challenges == (b'Bearer realm="shop", error="insufficient_scope"',)

    def test_whatever_is_configured_is_told(self):
        says = signaling(
            realm="shop",
            error_uri="https://help.test/errors",
            include_error_description=True,
            include_required_scope=True,
            include_dpop_algorithms=False,
        )

        assert says.missing().challenges == (b'Bearer realm="shop"',)
        assert says.invalid_token("x", DPOP).challenges == (
            b'DPoP realm="shop", error="invalid_token", '
            b'error_description="' + DESCRIPTION.encode() + b'", '
            b'error_uri="https://help.test/errors"',
        )
        (challenge,) = says.insufficient_scope("x", b"bearer").challenges
        assert challenge.endswith(b'scope="read write"')

    @pytest.mark.parametrize("refusal", ["invalid_token", "insufficient_scope"])
    def test_the_detail_is_for_the_log_only(self, refusal):
        says = signaling(include_error_description=True)

        made = getattr(says, refusal)("the token of mallory", b"bearer")

        assert made.detail == "the token of mallory"
        assert b"mallory" not in b"".join(made.challenges)
