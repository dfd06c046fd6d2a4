"""Tokens that are bound to a key or a certificate, as both authenticators of tokens check them."""

import pytest
from msgspec.structs import replace

from edgeauth.mechanisms.authenticators import jwt, oauth2_introspection
from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.request import Headers
from edgeauth.services.nonces import SealedNonces
from edgeauth.services.replays import MemoryReplayStore
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import to_jwk
from edgeauth.wire.jws import parse_compact, sign_compact
from edgeauth.wire.jwt import parse_claims
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.driving import run
from tests.fakes.endpoints import json_answer
from tests.fakes.keys import signing_key, verification_key
from tests.fakes.mistakes import mistakes
from tests.fakes.proofs import jkt, proof
from tests.fakes.requests import matched, request
from tests.fakes.services import World

ISSUER = "https://idp.test"
JWKS = f"{ISSUER}/jwks"
INTROSPECTION = f"{ISSUER}/introspect"
CERTIFICATE = ClientCertificate(b"\x01" * 32, "CN=orders")
X5T = encode_base64url(CERTIFICATE.fingerprint).decode()
CONFIGURATIONS = {
    "jwt": (jwt.TYPE, {"jwks_endpoint": JWKS, "assertions": {"issuers": [ISSUER]}}),
    "oauth2_introspection": (
        oauth2_introspection.TYPE,
        {"introspection_endpoint": INTROSPECTION, "assertions": {"issuers": [ISSUER]}},
    ),
}


def token(confirmation=None, **claims):
    content = {"iss": ISSUER, "sub": "alice", "exp": int(NOW) + 300} | claims
    if confirmation is not None:
        content["cnf"] = confirmation
    return sign_compact({"alg": "ES256", "kid": "a"}, dumps(content), signing_key("ES256")).decode()


class Bound(World):
    """A world with an issuer, and one authenticator of its tokens."""

    def __init__(self, kind="jwt", nonces=None, replays=None, clock=None, **config):
        super().__init__(clock=clock or FakeClock(), nonces=nonces, replays=replays)
        keys = {"keys": [to_jwk(verification_key("ES256"), "a", "ES256")]}
        self.endpoints.answers[JWKS] = json_answer(dumps(keys))
        of, base = CONFIGURATIONS[kind]
        assertions = base["assertions"] | config.pop("assertions", {})
        self.kind = kind
        self.authenticator = self.build(of, base | config | {"assertions": assertions})

    def ask(self, text, *, scheme="DPoP", proof=None, certificate=None, query=""):
        headers = {"Authorization": f"{scheme} {text}"} if scheme else {}
        if proof is not None:
            headers["DPoP"] = proof
        if self.kind == "oauth2_introspection":
            self._introspect(text)
        seen = replace(request(headers=headers, query=query), client_certificate=certificate)
        return run(self.authenticator.authenticate(matched(seen)))

    def _introspect(self, text):
        claims = parse_claims(parse_compact(text.encode()).payload)
        self.endpoints.answers[INTROSPECTION] = json_answer(dumps({"active": True, **claims}))


class DeadStore:
    """A store of used proofs that can not tell."""

    async def first_use(self, key, expires_at):
        raise Fault(Reason.COMMUNICATION, "nobody remembers")


def demanding(*proofs, **config):
    return {"assertions": {"proof_of_possession": list(proofs)}, **config}


DPOP = {"type": "dpop"}
MTLS = {"type": "mtls"}


def challenges(outcome):
    assert isinstance(outcome, Refusal), outcome
    return [each.decode() for each in outcome.challenges]


@pytest.fixture(params=sorted(CONFIGURATIONS))
def kind(request):
    return request.param


class TestConfiguration:
    @pytest.mark.parametrize(
        ("proofs", "found"),
        [
            ([], [("assertions.proof_of_possession", "too_short")]),
            ({"type": "dpop2"}, [("assertions.proof_of_possession.0", "union_tag_invalid")]),
            ({}, [("assertions.proof_of_possession.0", "union_tag_not_found")]),
            ([DPOP, DPOP], [("assertions.proof_of_possession", "findings")]),
            (
                {"type": "mtls", "config": {}},
                [("assertions.proof_of_possession.0.mtls.config", "extra_forbidden")],
            ),
            (
                {"type": "dpop", "config": {"max_age": "11m"}},
                [("assertions.proof_of_possession.0.dpop.config.max_age", "expected")],
            ),
            (
                {"type": "dpop", "config": {"max_age": "0s"}},
                [("assertions.proof_of_possession.0.dpop.config.max_age", "expected")],
            ),
        ],
    )
    def test_a_wrong_configuration_is_refused(self, proofs, found):
        config = CONFIGURATIONS["jwt"][1]
        assertions = config["assertions"] | {"proof_of_possession": proofs}

        assert mistakes(jwt.TYPE, config | {"assertions": assertions}) == found

    @pytest.mark.parametrize("proofs", [DPOP, [DPOP], [DPOP, MTLS], MTLS])
    def test_one_proof_needs_no_list(self, proofs):
        assert Bound(assertions={"proof_of_possession": proofs}).authenticator is not None

    def test_nonces_need_a_master_key(self):
        proofs = {"type": "dpop", "config": {"nonce_required": True}}

        with pytest.raises(ValueError, match="master_key"):
            Bound(assertions={"proof_of_possession": proofs})


class TestBinding:
    @pytest.mark.parametrize(
        ("confirmation", "scheme", "with_proof"),
        [
            pytest.param({"jkt": jkt()}, "Bearer", True, id="attack-146-proof-but-as-bearer"),
            pytest.param({"jkt": jkt()}, "Bearer", False, id="attack-146-as-bearer"),
            pytest.param({"jkt": jkt()}, "DPoP", False, id="no-proof"),
            pytest.param({"jkt": jkt("ES384")}, "DPoP", True, id="key-of-somebody-else"),
            pytest.param(None, "DPoP", True, id="attack-146-unbound-token-as-bound"),
            pytest.param({"kid": "a"}, "DPoP", True, id="attack-147-unknown-member"),
            pytest.param({"kid": "a"}, "Bearer", False, id="attack-147-unknown-member-as-bearer"),
            pytest.param({}, "Bearer", False, id="attack-147-empty"),
            pytest.param({"x5t#S256": X5T}, "Bearer", False, id="no-certificate"),
            pytest.param(
                {"x5t#S256": X5T, "jkt": jkt()}, "DPoP", True, id="one-of-two-is-not-enough"
            ),
        ],
    )
    def test_a_token_is_worth_nothing_without_what_it_is_bound_to(
        self, kind, confirmation, scheme, with_proof
    ):
        text = token(confirmation)

        outcome = Bound(kind).ask(text, scheme=scheme, proof=proof(text) if with_proof else None)

        assert isinstance(outcome, Refusal)
        assert outcome.reason is Reason.AUTHENTICATION
        assert text not in outcome.detail

    @pytest.mark.parametrize(
        ("proofs", "confirmation", "scheme"),
        [
            pytest.param([DPOP], None, "Bearer", id="unbound"),
            pytest.param([MTLS], None, "Bearer", id="unbound-to-a-certificate"),
            pytest.param([DPOP], {"x5t#S256": X5T}, "Bearer", id="certificate-instead-of-key"),
            pytest.param([MTLS], {"jkt": jkt()}, "DPoP", id="key-instead-of-certificate"),
            pytest.param([DPOP, MTLS], None, "Bearer", id="neither"),
        ],
    )
    def test_a_token_has_to_be_bound_to_what_is_demanded(self, kind, proofs, confirmation, scheme):
        text = token(confirmation)

        outcome = Bound(kind, **demanding(*proofs)).ask(
            text, scheme=scheme, proof=proof(text), certificate=CERTIFICATE
        )

        assert isinstance(outcome, Refusal)

    @pytest.mark.parametrize("proofs", [[], [DPOP], [DPOP, MTLS]], ids=["none", "one", "either"])
    def test_the_owner_of_the_key_is_recognised(self, kind, proofs):
        text = token({"jkt": jkt()})
        config = demanding(*proofs) if proofs else {}

        assert Bound(kind, **config).ask(text, proof=proof(text)).id == "alice"

    @pytest.mark.parametrize("proofs", [[], [MTLS], [DPOP, MTLS]], ids=["none", "one", "either"])
    def test_the_owner_of_the_certificate_is_recognised(self, kind, proofs):
        text = token({"x5t#S256": X5T})
        config = demanding(*proofs) if proofs else {}
        world = Bound(kind, **config)

        assert world.ask(text, scheme="Bearer", certificate=CERTIFICATE).id == "alice"
        other = CERTIFICATE._replace(fingerprint=b"\x02" * 32)
        assert isinstance(world.ask(text, scheme="Bearer", certificate=other), Refusal)

    def test_both_have_to_be_shown_where_a_token_is_bound_to_both(self, kind):
        text = token({"x5t#S256": X5T, "jkt": jkt()})

        found = Bound(kind).ask(text, proof=proof(text), certificate=CERTIFICATE)

        assert found.id == "alice"

    def test_attack_146_a_bound_token_in_the_query_needs_its_proof_too(self, kind):
        text = token({"jkt": jkt()})
        world = Bound(kind)

        assert isinstance(world.ask(text, scheme="", query=f"access_token={text}"), Refusal)
        shown = world.ask(text, scheme="", query=f"access_token={text}", proof=proof(text))
        assert shown.id == "alice"

    def test_the_proof_is_looked_at_again_for_a_token_that_is_known(self, kind):
        text = token({"jkt": jkt()})
        world = Bound(kind)
        assert world.ask(text, proof=proof(text, jti="1")).id == "alice"
        asked = len(world.endpoints.calls)

        assert isinstance(world.ask(text), Refusal)
        assert isinstance(world.ask(text, proof=proof(text, jti="2", htm="POST")), Refusal)
        assert isinstance(world.ask(text, scheme="Bearer"), Refusal)
        assert world.ask(text, proof=proof(text, jti="3")).id == "alice"
        assert len(world.endpoints.calls) == asked


class TestProofs:
    @pytest.mark.parametrize(
        "claims",
        [
            pytest.param({"htm": "POST"}, id="attack-148-method"),
            pytest.param({"htu": "https://shop.test/other"}, id="attack-148-url"),
            pytest.param({"ath": None}, id="attack-148-no-token"),
            pytest.param({"iat": int(NOW) - 71}, id="attack-150-old"),
            pytest.param({"iat": int(NOW) + 11}, id="attack-150-made-in-advance"),
            pytest.param({"jti": None}, id="no-id"),
        ],
    )
    def test_a_proof_for_something_else_is_refused(self, kind, claims):
        text = token({"jkt": jkt()})

        outcome = Bound(kind).ask(text, proof=proof(text, **claims))

        assert challenges(outcome) == [
            'DPoP error="invalid_dpop_proof", algs="ES256 ES384 ES512 PS256 PS384 PS512"'
        ]

    def test_attack_149_two_proofs_are_none(self):
        text = token({"jkt": jkt()})
        world = Bound()
        fields = [("authorization", f"DPoP {text}"), ("dpop", proof(text)), ("dpop", proof(text))]
        headers = Headers((name.encode(), value.encode()) for name, value in fields)
        seen = matched(replace(request(), headers=headers))

        assert isinstance(run(world.authenticator.authenticate(seen)), Refusal)

    def test_attack_150_a_proof_is_accepted_once(self, kind):
        text = token({"jkt": jkt()})
        world = Bound(kind)

        assert world.ask(text, proof=proof(text)).id == "alice"
        assert isinstance(world.ask(text, proof=proof(text)), Refusal)
        assert world.ask(text, proof=proof(text, jti="other")).id == "alice"

    def test_attack_150_a_proof_is_remembered_for_as_long_as_it_is_good(self):
        text = token({"jkt": jkt()})
        world = Bound()
        made = proof(text, iat=int(NOW) + 10)
        assert world.ask(text, proof=made).id == "alice"

        world.clock.advance(80)
        assert isinstance(world.ask(text, proof=made), Refusal)
        world.clock.advance(1)
        assert isinstance(world.ask(text, proof=made), Refusal)

    def test_attack_150_a_store_that_can_not_tell_is_a_fault(self, kind):
        text = token({"jkt": jkt()})

        with pytest.raises(Fault) as raised:
            Bound(kind, replays=DeadStore()).ask(text, proof=proof(text))
        assert raised.value.reason is Reason.COMMUNICATION

    def test_replays_may_be_allowed(self):
        text = token({"jkt": jkt()})
        allowed = {"type": "dpop", "config": {"replay_allowed": True}}
        world = Bound(**demanding(allowed))

        for _ in range(2):
            assert world.ask(text, proof=proof(text)).id == "alice"

    def test_a_proof_is_not_lost_to_a_missing_scope(self):
        text = token({"jkt": jkt()}, scope="read")
        store = MemoryReplayStore(FakeClock())
        strict = Bound(replays=store, assertions={"scopes": ["write"]})
        lax = Bound(replays=store)

        assert isinstance(strict.ask(text, proof=proof(text)), Refusal)
        assert lax.ask(text, proof=proof(text)).id == "alice"

    def test_the_age_of_a_proof_is_configured(self):
        text = token({"jkt": jkt()})
        world = Bound(**demanding({"type": "dpop", "config": {"max_age": "5s"}}))

        assert isinstance(world.ask(text, proof=proof(text, iat=int(NOW) - 16)), Refusal)
        assert world.ask(text, proof=proof(text, iat=int(NOW) - 15)).id == "alice"

    def test_only_allowed_algorithms_sign_proofs(self):
        text = token({"jkt": jkt("EdDSA")})
        allowed = {"allowed_algorithms": ["ES256", "EdDSA", "HS256"]}

        assert isinstance(Bound().ask(text, proof=proof(text, "EdDSA")), Refusal)
        world = Bound(assertions=allowed)
        assert world.ask(text, proof=proof(text, "EdDSA")).id == "alice"
        assert challenges(world.ask(text)) == [
            'DPoP error="invalid_dpop_proof", algs="ES256 EdDSA"'
        ]


class TestNonces:
    def setup_method(self):
        self.clock = FakeClock()
        nonces = SealedNonces(lambda: (b"master-key-master-key",), self.clock)
        demanded = {"type": "dpop", "config": {"nonce_required": True}}
        self.world = Bound(nonces=nonces, clock=self.clock, **demanding(demanded))
        self.text = token({"jkt": jkt()})

    def nonce(self, text=None):
        outcome = self.world.ask(text or self.text, proof=proof(text or self.text, jti="first"))
        assert challenges(outcome)[0].startswith('DPoP error="use_dpop_nonce"')
        ((name, value),) = outcome.fields
        assert name == b"dpop-nonce"
        return value.decode()

    def test_a_proof_without_a_nonce_gets_one(self):
        nonce = self.nonce()

        assert self.world.ask(self.text, proof=proof(self.text, nonce=nonce)).id == "alice"

    @pytest.mark.parametrize("nonce", ["x", "A" * 54], ids=["text", "right-length"])
    def test_an_invented_nonce_is_refused(self, nonce):
        outcome = self.world.ask(self.text, proof=proof(self.text, nonce=nonce))

        assert 'error="use_dpop_nonce"' in challenges(outcome)[0]

    def test_attack_150_a_nonce_is_for_one_token(self):
        other = token({"jkt": jkt()}, sub="bob")

        outcome = self.world.ask(self.text, proof=proof(self.text, nonce=self.nonce(other)))

        assert 'error="use_dpop_nonce"' in challenges(outcome)[0]

    def test_attack_150_a_proof_that_was_made_in_advance_has_an_old_nonce(self):
        nonce = self.nonce()
        self.clock.advance(61)
        made = proof(self.text, nonce=nonce, iat=int(NOW) + 61)

        assert 'error="use_dpop_nonce"' in challenges(self.world.ask(self.text, proof=made))[0]

    def test_whoever_does_not_own_the_key_gets_no_nonce(self):
        outcome = self.world.ask(self.text, proof=proof(self.text, "ES384"))

        assert outcome.fields == ()
