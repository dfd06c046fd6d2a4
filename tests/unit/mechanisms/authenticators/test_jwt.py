from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.expressions.errors import ContentNeeded
from edgeauth.mechanisms.authenticators import jwt
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.services.no_cache import NoCache
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.json import dumps
from edgeauth.wire.jwa import ALGORITHMS, SymmetricKey
from edgeauth.wire.jwk import to_jwk
from edgeauth.wire.jws import sign_compact
from tests.fakes.certificates import END, certificate, pem
from tests.fakes.clock import NOW
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.keys import signing_key, verification_key
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched, request
from tests.fakes.services import World

ISSUER = "https://idp.test"
JWKS = "https://idp.test/jwks"
METADATA = "https://idp.test/.well-known/openid-configuration"
CLAIMS = {"iss": ISSUER, "sub": "alice", "aud": ["shop"], "exp": int(NOW) + 300, "name": "Alice"}
CONFIG = {"jwks_endpoint": JWKS, "assertions": {"issuers": [ISSUER], "audience": ["shop"]}}
INVALID = (b'Bearer error="invalid_token"',)


def key_set(*algorithms, kid=None):
    return dumps(
        {
            "keys": [
                to_jwk(verification_key(algorithm), kid or algorithm, algorithm)
                for algorithm in algorithms
            ]
        }
    )


def token(algorithm="ES256", *, header=None, **claims):
    content = {name: value for name, value in (CLAIMS | claims).items() if value is not None}
    return sign_compact(
        {"alg": algorithm, "kid": algorithm} | (header or {}),
        dumps(content),
        signing_key(algorithm),
    ).decode()


def relabelled(algorithm):
    """Returns a token whose header names another algorithm than it was signed with."""
    _, payload, signature = token().split(".")
    header = encode_base64url(dumps({"alg": algorithm, "kid": "ES256"})).decode()
    return f"{header}.{payload}.{signature}"


def bearing(text, **headers):
    return matched(headers={"Authorization": f"Bearer {text}", **headers})


class Issuer(World):
    """A world with an issuer in it."""

    def __init__(self, *algorithms, cache=None):
        super().__init__(cache=cache)
        self.endpoints.answers[JWKS] = json_answer(key_set(*(algorithms or ("ES256", "RS256"))))
        self.endpoints.answers[METADATA] = json_answer(dumps({"issuer": ISSUER, "jwks_uri": JWKS}))

    def authenticator(self, config=None, **assertions):
        chosen = dict(config or CONFIG)
        if assertions:
            chosen["assertions"] = chosen.get("assertions", {}) | assertions
        return self.build(jwt.TYPE, chosen)

    def ask(self, text, config=None, **assertions):
        return run(self.authenticator(config, **assertions).authenticate(bearing(text)))


class TestConfiguration:
    @pytest.mark.parametrize(
        ("config", "found"),
        [
            ({}, [("", "findings")]),
            ({**CONFIG, "metadata_endpoint": METADATA}, [("", "findings")]),
            ({"jwks_endpoint": JWKS}, [("", "findings")]),
            (
                {"metadata_endpoint": "https://idp.test/{{ .TokenIssuer }}"},
                [("", "findings")],
            ),
            (
                {**CONFIG, "jwks_endpoint": "http://idp.test/jwks"},
                [("jwks_endpoint.url", "expected")],
            ),
            (
                {**CONFIG, "jwks_endpoint": "https://{{ .TokenIssuer }}/jwks"},
                [("jwks_endpoint.url", "expected")],
            ),
            (
                {**CONFIG, "jwks_endpoint": "https://idp.test/{{ .Subject.ID }}"},
                [("jwks_endpoint.url", "expression")],
            ),
            (
                {**CONFIG, "jwks_endpoint": {"url": JWKS, "headers": {"Host": "evil.test"}}},
                [("jwks_endpoint.headers.Host.[key]", "expected")],
            ),
            (
                {**CONFIG, "validate_jwk": False, "trust_store": "ca.pem"},
                [("", "findings")],
            ),
            (
                {
                    "metadata_endpoint": {
                        "url": METADATA,
                        "resolved_endpoints": {"introspection_endpoint": {"timeout": "1s"}},
                    }
                },
                [("", "findings")],
            ),
            ({**CONFIG, "jwt_source": []}, [("jwt_source", "too_short")]),
            ({**CONFIG, "jwt_source": [{}]}, [("jwt_source.0", "findings")]),
            (
                {**CONFIG, "jwt_source": [{"header": "A", "cookie": "b"}]},
                [("jwt_source.0", "findings")],
            ),
            (
                {**CONFIG, "jwt_source": [{"cookie": "b", "scheme": "Bearer"}]},
                [("jwt_source.0", "findings")],
            ),
            (
                {**CONFIG, "jwt_source": [{"header": "X A"}]},
                [("jwt_source.0.header", "expected")],
            ),
            ({**CONFIG, "cache_ttl": 10}, [("cache_ttl", "expected")]),
            ({**CONFIG, "principal": {"id": "a.#("}}, [("principal.id", "expression")]),
            (
                {**CONFIG, "assertions": {"issuers": [], "audience": []}},
                [("assertions.issuers", "too_short"), ("assertions.audience", "too_short")],
            ),
            (
                {**CONFIG, "assertions": {"issuers": [ISSUER], "allowed_algorithms": ["none"]}},
                [("assertions.allowed_algorithms.0", "literal_error")],
            ),
            (
                {**CONFIG, "assertions": {"issuers": [ISSUER], "allowed_algorithms": []}},
                [("assertions.allowed_algorithms", "too_short")],
            ),
            (
                {**CONFIG, "assertions": {"issuers": [ISSUER], "validity_leeway": "2m"}},
                [("assertions.validity_leeway", "expected")],
            ),
            (
                {**CONFIG, "assertions": {"issuers": [ISSUER], "scope": ["a"]}},
                [("assertions.scope", "extra_forbidden")],
            ),
            (
                {
                    **CONFIG,
                    "assertions": {
                        "issuers": [ISSUER],
                        "scopes": {"matching_strategy": "regex", "values": ["a"]},
                    },
                },
                [("assertions.scopes.matching_strategy", "literal_error")],
            ),
        ],
        ids=[
            "no-key-source",
            "two-key-sources",
            "keys-without-issuers",
            "attack-129-any-issuer",
            "without-tls",
            "templated-host",
            "unknown-variable",
            "attack-189-host-header",
            "attack-153-trust-without-validation",
            "endpoint-that-is-never-asked",
            "no-source",
            "empty-source",
            "two-places-in-one",
            "scheme-of-a-cookie",
            "no-header-name",
            "number-as-duration",
            "bad-selector",
            "no-issuer",
            "attack-94-none",
            "no-algorithm",
            "leeway-too-long",
            "misspelt-assertion",
            "unknown-strategy",
        ],
    )
    def test_a_wrong_configuration_is_refused(self, config, found):
        assert mistakes(jwt.TYPE, config) == found

    def test_every_algorithm_that_is_understood_can_be_allowed(self):
        for algorithm in ALGORITHMS:
            assertions = {"issuers": [ISSUER], "allowed_algorithms": [algorithm]}
            assert mistakes(jwt.TYPE, {**CONFIG, "assertions": assertions}) == []

    def test_http_is_accepted_where_tls_is_not_enforced(self):
        config = {**CONFIG, "jwks_endpoint": "http://idp.test/jwks"}

        assert mistakes(jwt.TYPE, config, egress_tls=False) == []

    def test_a_rule_may_override_assertions_and_cache_ttl_only(self):
        assert set(jwt.TYPE.overridable) == {"assertions", "cache_ttl", "error_signaling"}


class TestRefusals:
    def test_no_token_is_a_bare_challenge_and_a_precondition_too(self):
        refusal = run_straight(Issuer().authenticator().authenticate(matched()))

        assert refusal.reason is Reason.AUTHENTICATION
        assert refusal.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
        assert refusal.challenges == (b"Bearer",)

    @pytest.mark.parametrize(
        ("presented", "detail"),
        [
            ("nonsense", "three parts"),
            ("a.b.c", ""),
            ("e30.e30.", "signature"),
            ("x" * 17_000, "too long"),
            (relabelled("none"), "algorithm"),
            (relabelled("nOnE"), "algorithm"),
            (token(header={"crit": ["exp"]}), "extension"),
            (token() + "=", "base64url"),
        ],
        ids=[
            "no-token",
            "three-parts-of-nothing",
            "no-signature",
            "attack-106-too-long",
            "attack-94-none",
            "attack-94-none-in-another-spelling",
            "attack-102-crit",
            "attack-108-padding",
        ],
    )
    def test_what_can_not_be_read_is_a_precondition_too(self, presented, detail):
        issuer = Issuer()

        refusal = run_straight(issuer.authenticator().authenticate(bearing(presented)))

        assert refusal.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
        assert refusal.reason is Reason.AUTHENTICATION
        assert refusal.challenges == INVALID
        assert detail in refusal.detail
        assert issuer.endpoints.calls == []

    @pytest.mark.parametrize(
        ("presented", "detail"),
        [
            (token("HS256"), "algorithm"),
            (token("RS256"), "algorithm"),
            (token(header={"typ": "logout+jwt"}), "type"),
            (token(iss="https://idp.test.evil.test"), "issuer"),
            (token(iss="https://idp"), "issuer"),
            (token(iss=None), "issuer"),
            (token(iss=[ISSUER]), "issuer"),
            (token(exp=int(NOW) - 10), "expired"),
            (token(exp=str(int(NOW) + 100)), "expired"),
            (token(exp=-1), "expired"),
            (token(nbf=int(NOW) + 100), "nbf"),
            (token(iat=int(NOW) + 100), "iat"),
        ],
        ids=[
            "attack-95-hmac",
            "algorithm-not-allowed",
            "attack-112-typ",
            "attack-109-issuer-as-prefix",
            "attack-109-part-of-the-issuer",
            "no-issuer",
            "issuers-as-list",
            "attack-111-expired",
            "attack-111-exp-as-text",
            "attack-111-negative-exp",
            "attack-111-nbf",
            "attack-111-iat",
        ],
    )
    def test_what_can_be_told_without_the_issuer_is_refused_without_asking(self, presented, detail):
        issuer = Issuer()

        refusal = run_straight(issuer.authenticator().authenticate(bearing(presented)))

        assert refusal.causes == {Reason.AUTHENTICATION}
        assert refusal.challenges == INVALID
        assert detail in refusal.detail
        assert issuer.endpoints.calls == []

    @pytest.mark.parametrize(
        "claims",
        [
            {"aud": None},
            {"aud": "other"},
            {"aud": ["other"]},
            {"aud": {"shop": 1}},
            {"aud": ["shop", 1]},
        ],
        ids=["absent", "other-text", "other-list", "object", "mixed-list"],
    )
    def test_attack_110_a_token_for_somebody_else_is_refused(self, claims):
        refusal = Issuer().ask(token(**claims))

        assert "audience" in refusal.detail
        assert refusal.challenges == INVALID

    def test_a_token_without_a_demanded_scope_is_refused(self):
        refusal = Issuer().ask(token(scope="read"), scopes=["read", "write"])

        assert isinstance(refusal, Refusal)
        assert refusal.reason is Reason.AUTHENTICATION

    def test_an_unknown_key_is_refused(self):
        refusal = Issuer().ask(token(header={"kid": "../../etc/passwd"}))

        assert refusal.reason is Reason.AUTHENTICATION
        assert refusal.challenges == INVALID

    def test_a_signature_by_another_key_is_refused(self):
        issuer = Issuer()
        issuer.endpoints.answers[JWKS] = json_answer(key_set("ES256"))
        parts = token().split(".")
        parts[1] = encode_base64url(dumps(CLAIMS | {"sub": "root"})).decode()

        refusal = issuer.ask(".".join(parts))

        assert refusal.reason is Reason.AUTHENTICATION

    def test_attack_95_a_public_key_is_no_shared_secret(self):
        issuer = Issuer()
        secret = verification_key("ES256").public_numbers().x.to_bytes(32, "big")
        forged = sign_compact({"alg": "HS256", "kid": "ES256"}, dumps(CLAIMS), SymmetricKey(secret))

        refusal = issuer.ask(forged.decode(), allowed_algorithms=["HS256", "ES256"])

        assert refusal.reason is Reason.AUTHENTICATION

    def test_attack_96_a_key_does_not_widen_the_allowed_algorithms(self):
        refusal = Issuer("RS256").ask(token("RS256"), allowed_algorithms=["ES256"])

        assert "algorithm" in refusal.detail

    def test_attack_96_an_allowed_algorithm_does_not_widen_what_the_key_is_for(self):
        issuer = Issuer()
        issuer.endpoints.answers[JWKS] = json_answer(
            dumps({"keys": [to_jwk(verification_key("RS256"), "RS256", "PS256")]})
        )

        refusal = issuer.ask(token("RS256"), allowed_algorithms=["RS256", "PS256"])

        assert refusal.reason is Reason.AUTHENTICATION

    def test_a_token_that_is_there_twice_is_refused(self):
        authenticator = Issuer().authenticator()
        twice = matched(request(query="access_token=a&access_token=b"))

        refusal = run_straight(authenticator.authenticate(twice))

        assert refusal.challenges == INVALID

    def test_no_refusal_repeats_the_token(self):
        presented = token(aud="other")

        refusal = Issuer().ask(presented)

        assert presented not in repr(refusal)
        assert presented.rpartition(".")[2] not in repr(refusal)


class TestCertificates:
    """Keys that bring a chain (`x5c`), after `tests/unit/wire/test_key_certificates.py`."""

    def issuer(self, *, end=END):
        authority = ec.generate_private_key(ec.SECP256R1())
        own = certificate(signing_key("ES256"), "issuer", authority, "root", end=end)
        world = Issuer()
        keys = [
            to_jwk(verification_key("ES256"), "ES256", "ES256", [own.public_bytes(Encoding.DER)]),
            to_jwk(verification_key("RS256"), "RS256", "RS256"),
        ]
        world.endpoints.answers[JWKS] = json_answer(dumps({"keys": keys}))
        return world, pem(certificate(authority, "root", authority=True))

    def test_a_key_that_nobody_trusted_vouches_for_is_left_out_and_no_other(self):
        world, _ = self.issuer()
        allowed = ["ES256", "RS256"]

        assert isinstance(world.ask(token(), allowed_algorithms=allowed), Refusal)
        assert world.ask(token("RS256"), allowed_algorithms=allowed).id == "alice"

    def test_a_key_that_a_trusted_authority_vouches_for_verifies(self, tmp_path):
        world, authorities = self.issuer()
        path = tmp_path / "ca.pem"
        path.write_bytes(authorities)

        assert world.ask(token(), CONFIG | {"trust_store": str(path)}).id == "alice"

    def test_attack_160_a_lax_rule_does_not_make_a_key_known_to_a_strict_one(self):
        world, _ = self.issuer()

        assert world.ask(token(), CONFIG | {"validate_jwk": False}).id == "alice"
        assert isinstance(world.ask(token()), Refusal)

    def test_a_key_ends_with_its_certificate(self, tmp_path):
        ends = datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=30)
        world, authorities = self.issuer(end=ends)
        path = tmp_path / "ca.pem"
        path.write_bytes(authorities)
        config = CONFIG | {"trust_store": str(path)}
        assert world.ask(token(), config).id == "alice"

        world.clock.advance(31)

        assert isinstance(world.ask(token(), config), Refusal)

    def test_attack_153_a_store_that_is_missing_is_refused_at_load(self):
        with pytest.raises(ValueError, match=r"missing\.pem"):
            Issuer().authenticator(CONFIG | {"trust_store": "missing.pem"})


class TestSeveralIssuers:
    CONFIG: ClassVar = {
        "jwks_endpoint": "https://idp.test/{{ urlenc .TokenIssuer }}/jwks",
        "assertions": {"issuers": ["one", "two"]},
    }

    def world(self):
        world = Issuer()
        for name, algorithm in (("one", "ES256"), ("two", "ES384")):
            keys = json_answer(key_set(algorithm))
            world.endpoints.answers[f"https://idp.test/{name}/jwks"] = keys
        return world

    def test_each_issuer_signs_with_its_own_keys(self):
        world = self.world()

        assert world.ask(token(iss="one"), self.CONFIG).id == "alice"
        assert world.ask(token("ES384", iss="two"), self.CONFIG).id == "alice"

    def test_attack_123_an_issuer_can_not_sign_for_another_one(self):
        assert isinstance(self.world().ask(token(iss="two"), self.CONFIG), Refusal)

    def test_attack_129_an_issuer_that_is_not_listed_is_never_asked(self):
        world = self.world()

        assert isinstance(world.ask(token(iss="three"), self.CONFIG), Refusal)
        assert world.endpoints.calls == []


class TestSignaling:
    def test_a_missing_scope_is_403_where_that_is_configured(self):
        config = CONFIG | {"error_signaling": {"realm": "shop", "include_required_scope": True}}

        refusal = Issuer().ask(token(), config, scopes=["write"])

        assert refusal.status == 403
        assert refusal.challenges == (
            b'Bearer realm="shop", error="insufficient_scope", scope="write"',
        )

    def test_a_token_without_scopes_is_known_and_refused_again(self):
        world = Issuer()
        for _ in range(2):
            assert isinstance(world.ask(token(), scopes=["write"]), Refusal)

        assert len(world.endpoints.calls) == 1


class TestFaults:
    def test_a_stopped_issuer_is_a_communication_fault(self):
        issuer = Issuer()
        del issuer.endpoints.answers[JWKS]

        with pytest.raises(Fault) as caught:
            issuer.ask(token())

        assert caught.value.reason is Reason.COMMUNICATION

    def test_an_untrusted_issuer_of_keys_is_final(self):
        issuer = Issuer()
        issuer.endpoints.answers[JWKS] = Fault(Reason.INTERNAL, "TLS", final=True)

        with pytest.raises(Fault) as caught:
            issuer.ask(token())

        assert caught.value.final

    @pytest.mark.parametrize(
        "claims",
        [{"sub": None}, {"sub": ""}, {"sub": True}, {"sub": {"a": 1}}, {"sub": "alice\r\nX: y"}],
        ids=["absent", "empty", "boolean", "object", "line-break"],
    )
    def test_claims_without_an_identity_are_an_internal_fault(self, claims):
        with pytest.raises(Fault) as caught:
            Issuer().ask(token(**claims))

        assert caught.value.reason is Reason.INTERNAL

    @pytest.mark.parametrize("path", ["missing", "name"], ids=["missing", "no-object"])
    def test_attributes_that_are_no_object_are_an_internal_fault(self, path):
        with pytest.raises(Fault) as caught:
            Issuer().ask(token(), {**CONFIG, "principal": {"attributes": path}})

        assert caught.value.reason is Reason.INTERNAL


class TestIdentity:
    @pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
    def test_the_bearer_of_a_signed_token_is_recognised(self, algorithm):
        principal = Issuer().ask(token(algorithm), allowed_algorithms=["ES256", "RS256"])

        assert principal.id == "alice"
        assert principal.attributes == CLAIMS
        assert principal.expires_at == CLAIMS["exp"]

    @pytest.mark.parametrize(
        "seen",
        [
            matched(headers={"Authorization": f"bearer  {token()}"}),
            matched(request(query=f"access_token={token()}")),
        ],
        ids=["header-in-lower-case", "query"],
    )
    def test_the_token_is_found_where_rfc_6750_puts_it(self, seen):
        assert run(Issuer().authenticator().authenticate(seen)).id == "alice"

    def test_the_token_is_found_where_the_configuration_puts_it(self):
        config = {**CONFIG, "jwt_source": [{"header": "X-Token"}, {"cookie": "id_token"}]}
        authenticator = Issuer().authenticator(config)
        seen = matched(headers={"Cookie": f"a=b; id_token={token()}"})

        assert run(authenticator.authenticate(seen)).id == "alice"
        assert isinstance(run_straight(authenticator.authenticate(bearing(token()))), Refusal)

    @pytest.mark.parametrize("name", ["principal", "subject"])
    def test_identity_and_attributes_are_taken_from_the_configured_places(self, name):
        config = {**CONFIG, name: {"id": "user.id", "attributes": "user"}}

        principal = Issuer().ask(token(user={"id": 42, "role": "admin"}), config)

        assert principal.id == "42"
        assert principal.attributes == {"id": 42, "role": "admin"}

    def test_metadata_says_which_issuer_is_trusted(self):
        issuer = Issuer()
        config = {"metadata_endpoint": METADATA}

        assert issuer.ask(token(), config).id == "alice"
        assert "issuer" in issuer.ask(token(iss="https://other.test"), config).detail

    def test_configured_issuers_win_over_the_metadata(self):
        config = {
            "metadata_endpoint": METADATA,
            "assertions": {"issuers": ["https://other.test"]},
        }

        assert "issuer" in Issuer().ask(token(), config).detail
        assert Issuer().ask(token(iss="https://other.test"), config).id == "alice"

    def test_metadata_of_another_issuer_is_believed_only_where_that_is_configured(self):
        issuer = Issuer()
        issuer.endpoints.answers[METADATA] = json_answer(
            dumps({"issuer": "https://other.test", "jwks_uri": JWKS})
        )
        endpoint = {"url": METADATA, "disable_issuer_identifier_verification": True}

        with pytest.raises(Fault):
            issuer.ask(token(), {"metadata_endpoint": METADATA})
        other = issuer.ask(token(iss="https://other.test"), {"metadata_endpoint": endpoint})
        assert other.id == "alice"

    def test_a_token_without_a_key_id_is_tried_with_every_key(self):
        presented = sign_compact({"alg": "ES256"}, dumps(CLAIMS), signing_key("ES256")).decode()

        assert Issuer("RS256", "ES256").ask(presented).id == "alice"

    def test_a_new_key_of_the_issuer_works_at_once(self):
        issuer = Issuer("RS256")
        authenticator = issuer.authenticator(allowed_algorithms=["ES256", "RS256"])
        assert run(authenticator.authenticate(bearing(token("RS256")))).id == "alice"

        issuer.endpoints.answers[JWKS] = json_answer(key_set("ES256"))

        assert run(authenticator.authenticate(bearing(token("ES256")))).id == "alice"


class TestCache:
    def test_a_token_is_verified_once_and_recognised_without_waiting_then(self):
        issuer = Issuer()
        authenticator = issuer.authenticator()
        first = run(authenticator.authenticate(bearing(token())))
        presented = token()
        known = run(authenticator.authenticate(bearing(presented)))

        again = run_straight(authenticator.authenticate(bearing(presented)))

        assert again is known
        assert first.id == again.id
        assert len(issuer.endpoints.calls) == 1

    def test_attack_159_an_expired_token_is_refused_although_it_was_known(self):
        issuer = Issuer()
        authenticator = issuer.authenticator(validity_leeway="0s")
        presented = bearing(token())
        run(authenticator.authenticate(presented))

        issuer.clock.advance(300)

        assert isinstance(run(authenticator.authenticate(presented)), Refusal)

    def test_the_leeway_holds_for_known_tokens_too(self):
        issuer = Issuer()
        authenticator = issuer.authenticator()
        presented = bearing(token())
        run(authenticator.authenticate(presented))

        issuer.clock.advance(309)
        assert run(authenticator.authenticate(presented)).id == "alice"

        issuer.clock.advance(1)
        assert isinstance(run(authenticator.authenticate(presented)), Refusal)

    def test_attack_215_a_known_token_is_looked_at_again_when_the_clock_was_set_back(self):
        issuer = Issuer()
        authenticator = issuer.authenticator()
        presented = bearing(token(nbf=int(NOW)))
        run(authenticator.authenticate(presented))

        issuer.clock.advance(-60)

        assert isinstance(run(authenticator.authenticate(presented)), Refusal)

    @pytest.mark.parametrize(
        "strict",
        [
            {"audience": ["bank"]},
            {"scopes": ["write"]},
            {"issuers": ["https://other.test"]},
            {"allowed_algorithms": ["PS256"]},
        ],
        ids=["audience", "scopes", "issuers", "algorithms"],
    )
    def test_attack_130_what_a_lax_rule_knows_does_not_pass_a_strict_one(self, strict):
        issuer = Issuer()
        presented = bearing(token())
        assert run(issuer.authenticator().authenticate(presented)).id == "alice"

        refusal = run_straight(issuer.authenticator(**strict).authenticate(presented))

        assert isinstance(refusal, Refusal)
        assert refusal.challenges == INVALID

    def test_rules_that_differ_in_assertions_only_share_what_is_known(self):
        issuer = Issuer()
        presented = bearing(token(aud=["shop", "bank"]))
        run(issuer.authenticator().authenticate(presented))

        shared = run_straight(issuer.authenticator(audience=["bank"]).authenticate(presented))

        assert shared.id == "alice"

    def test_authenticators_that_take_the_id_from_elsewhere_share_nothing(self):
        issuer = Issuer()
        presented = bearing(token(email="alice@idp.test"))
        by_subject = run(issuer.authenticator().authenticate(presented))
        other = issuer.authenticator({**CONFIG, "principal": {"id": "email"}})

        by_mail = run(other.authenticate(presented))

        assert (by_subject.id, by_mail.id) == ("alice", "alice@idp.test")
        assert by_subject.fingerprint != by_mail.fingerprint

    def test_attack_126_a_token_is_not_known_for_longer_than_its_key(self):
        issuer = Issuer()
        authenticator = issuer.authenticator({**CONFIG, "cache_ttl": "2s"})
        presented = bearing(token())
        run(authenticator.authenticate(presented))
        issuer.endpoints.answers[JWKS] = json_answer(key_set("RS256"))

        issuer.clock.advance(2)

        assert isinstance(run(authenticator.authenticate(presented)), Refusal)

    def test_a_stopped_issuer_is_noticed_when_its_keys_are_too_old(self):
        issuer = Issuer()
        authenticator = issuer.authenticator({**CONFIG, "cache_ttl": "2s"})
        run(authenticator.authenticate(bearing(token())))
        del issuer.endpoints.answers[JWKS]

        issuer.clock.advance(2)

        with pytest.raises(Fault):
            run(authenticator.authenticate(bearing(token())))

    @pytest.mark.parametrize("how", ["cache-ttl", "no-cache"])
    def test_nothing_is_remembered_where_that_is_configured(self, how):
        issuer = Issuer(cache=NoCache() if how == "no-cache" else None)
        ttl = "0s" if how == "cache-ttl" else "10m"
        authenticator = issuer.authenticator({**CONFIG, "cache_ttl": ttl})
        presented = bearing(token())
        first = run(authenticator.authenticate(presented))

        second = run(authenticator.authenticate(presented))

        assert first is not second
        assert first == second

    def test_refusals_are_not_remembered(self):
        issuer = Issuer("RS256")
        authenticator = issuer.authenticator()
        presented = bearing(token())
        assert isinstance(run(authenticator.authenticate(presented)), Refusal)

        issuer.endpoints.answers[JWKS] = json_answer(key_set("ES256"))
        issuer.clock.advance(10)

        assert run(authenticator.authenticate(presented)).id == "alice"

    def test_attack_108_another_spelling_of_a_known_token_is_not_known(self):
        issuer = Issuer()
        authenticator = issuer.authenticator()
        presented = token()
        run(authenticator.authenticate(bearing(presented)))

        for other in (presented + "=", presented + ".", presented[:-1]):
            outcome = run(authenticator.authenticate(bearing(other)))
            assert isinstance(outcome, Refusal)


class TestTokensInTheBody:
    FORM = "application/x-www-form-urlencoded"

    def presenting(self, content, kind=FORM, **headers):
        """Returns a request whose content has been read."""
        seen = matched(method="POST", headers={"Content-Type": kind, **headers})
        seen.view.receive(content.encode())
        return seen

    def asked(self, seen, config=None):
        return run(Issuer().authenticator(config).authenticate(seen))

    def test_attack_45_two_tokens_in_one_form_are_refused(self):
        refusal = self.asked(self.presenting(f"access_token={token()}&access_token={token()}"))
        assert isinstance(refusal, Refusal)
        assert refusal.challenges == INVALID

    def test_json_is_not_looked_at_unless_that_is_configured(self):
        refusal = self.asked(
            self.presenting(f'{{"access_token": "{token()}"}}', "application/json")
        )
        assert isinstance(refusal, Refusal)
        assert Reason.PRECONDITION in refusal.causes

    def test_a_token_of_a_form_is_found_when_the_head_has_none(self):
        assert self.asked(self.presenting(f"a=b&access_token={token()}")).id == "alice"

    def test_the_content_is_asked_for_only_when_the_head_has_no_token(self):
        unread = {"method": "POST", "headers": {"Content-Type": self.FORM}}
        with pytest.raises(ContentNeeded):
            self.asked(matched(**unread))
        unread["headers"]["Authorization"] = f"Bearer {token()}"
        assert self.asked(matched(**unread)).id == "alice"

    @pytest.mark.parametrize(
        "kind", ["text/plain", "multipart/form-data; boundary=x", "application/json", ""]
    )
    def test_content_that_is_no_form_is_not_asked_for(self, kind):
        refusal = self.asked(matched(method="POST", headers={"Content-Type": kind}))
        assert isinstance(refusal, Refusal)

    @pytest.mark.parametrize("value", ["1", '["a", "b"]', "{}"])
    def test_a_body_parameter_that_is_no_text_is_refused(self, value):
        config = {**CONFIG, "jwt_source": [{"body_parameter": "token"}]}
        refusal = self.asked(self.presenting(f'{{"token": {value}}}', "application/json"), config)
        assert isinstance(refusal, Refusal)

    @pytest.mark.parametrize("kind", ["application/json", FORM])
    def test_a_configured_body_parameter_is_found_in_json_and_forms(self, kind):
        config = {**CONFIG, "jwt_source": [{"header": "X-Token"}, {"body_parameter": "token"}]}
        content = f"token={token()}" if kind == self.FORM else f'{{"token": "{token()}"}}'
        assert self.asked(self.presenting(content, kind), config).id == "alice"
