from urllib.parse import parse_qs

import pytest

from edgeauth.mechanisms.authenticators import oauth2_introspection
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from edgeauth.ports.services import EndpointAnswer
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import to_jwk
from edgeauth.wire.jws import sign_compact
from tests.fakes.clock import NOW
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.keys import signing_key, verification_key
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World

ISSUER = "https://idp.test"
URL = f"{ISSUER}/introspect"
JWKS = f"{ISSUER}/jwks"
METADATA = f"{ISSUER}/.well-known/oauth-authorization-server"
ANSWER = {"active": True, "sub": "alice", "exp": int(NOW) + 300, "name": "Alice"}
CONFIG = {"introspection_endpoint": URL}
SIGNED = {"metadata_endpoint": METADATA, "signed_answers": {"audience": ["edge"]}}
INVALID = (b'Bearer error="invalid_token"',)
TENANTS = {
    "introspection_endpoint": "https://idp.test/{{ urlenc .TokenIssuer }}/introspect",
    "assertions": {"issuers": ["one", "two"]},
}


def jwt_of(issuer, **claims):
    content = {"iss": issuer, "sub": "alice"} | claims
    return sign_compact({"alg": "ES256"}, dumps(content), signing_key("ES256")).decode()


def signed(answer=None, *, key="ES256", header=None, **claims):
    content = {"iss": ISSUER, "aud": "edge", "iat": int(NOW)} | claims
    content["token_introspection"] = ANSWER if answer is None else answer
    head = {"typ": "token-introspection+jwt", "alg": key, "kid": key} | (header or {})
    return sign_compact(head, dumps(content), signing_key(key))


class Server(World):
    """A world with an authorization server in it."""

    def __init__(self, answer=ANSWER, status=200, **services):
        super().__init__(**services)
        self.says(answer, status)
        document = {"issuer": ISSUER, "introspection_endpoint": URL, "jwks_uri": JWKS}
        self.endpoints.answers[METADATA] = json_answer(dumps(document))
        keys = {"keys": [to_jwk(verification_key("ES256"), "ES256", "ES256")]}
        self.endpoints.answers[JWKS] = json_answer(dumps(keys))

    def says(self, answer, status=200, url=URL):
        body = answer if isinstance(answer, bytes) else dumps(answer)
        self.endpoints.answers[url] = json_answer(body, status)

    def signs(self, octets, media_type="application/token-introspection+jwt"):
        self.endpoints.answers[URL] = EndpointAnswer(200, media_type, octets)

    def authenticator(self, config=None):
        return self.build(oauth2_introspection.TYPE, CONFIG if config is None else config)

    def ask(self, config=None, token="opaque", **headers):
        fields = {"Authorization": f"Bearer {token}"} if token else {}
        return run(self.authenticator(config).authenticate(matched(headers=fields | headers)))

    def fault(self, config=None, token="opaque"):
        with pytest.raises(Fault) as raised:
            self.ask(config, token)
        return raised.value

    @property
    def asked(self):
        return [call.url for call in self.endpoints.calls]


class TestConfiguration:
    @pytest.mark.parametrize(
        ("config", "found"),
        [
            ({}, [("", "findings")]),
            ({**CONFIG, "metadata_endpoint": METADATA}, [("", "findings")]),
            (
                {"introspection_endpoint": "http://idp.test/introspect"},
                [("introspection_endpoint.url", "expected")],
            ),
            (
                {"introspection_endpoint": "https://{{ .TokenIssuer }}/introspect"},
                [("introspection_endpoint.url", "expected")],
            ),
            ({"introspection_endpoint": TENANTS["introspection_endpoint"]}, [("", "findings")]),
            ({"metadata_endpoint": "https://a/{{ .TokenIssuer }}"}, [("", "findings")]),
            (
                {**CONFIG, "signed_answers": {"audience": []}},
                [("signed_answers.audience", "too_short")],
            ),
            ({**CONFIG, "signed_answers": {"audience": ["a"]}}, [("", "findings")]),
            (
                {**CONFIG, "signed_answers": {"audience": ["a"], "jwks_endpoint": JWKS}},
                [("", "findings")],
            ),
            (
                {
                    "metadata_endpoint": METADATA,
                    "signed_answers": {"audience": ["a"], "jwks_endpoint": JWKS},
                },
                [("", "findings")],
            ),
            (
                {
                    "metadata_endpoint": {
                        "url": METADATA,
                        "resolved_endpoints": {"jwks_uri": {"timeout": "1s"}},
                    }
                },
                [("", "findings")],
            ),
            ({**CONFIG, "token_source": []}, [("token_source", "too_short")]),
            ({**CONFIG, "cache_ttl": "-1s"}, [("cache_ttl", "expected")]),
            ({**CONFIG, "jwt_source": []}, [("jwt_source", "extra_forbidden")]),
        ],
        ids=[
            "nobody-to-ask", "two-to-ask", "without-tls", "templated-host", "attack-129-any-issuer",
            "attack-129-any-issuer-of-metadata", "signed-for-nobody", "signed-without-keys",
            "signed-by-anybody", "keys-twice", "keys-without-need", "no-source", "negative-ttl",
            "unknown-key",
        ],
    )  # fmt: skip
    def test_a_wrong_configuration_is_refused(self, config, found):
        assert mistakes(oauth2_introspection.TYPE, config) == found

    def test_a_rule_may_override_what_concerns_its_own_demands(self):
        assert oauth2_introspection.TYPE.overridable == {
            "assertions": Override.MERGE,
            "cache_ttl": Override.REPLACE,
            "error_signaling": Override.REPLACE,
        }


class TestRefusals:
    def test_no_token_is_a_bare_challenge_and_asks_nobody(self):
        world = Server()

        refusal = world.ask(token="")

        assert refusal.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
        assert refusal.challenges == (b"Bearer",)
        assert world.asked == []

    def test_a_token_that_is_not_active_is_refused(self):
        refusal = Server({"active": False, "sub": "alice"}).ask()

        assert (refusal.reason, refusal.challenges) == (Reason.AUTHENTICATION, INVALID)

    @pytest.mark.parametrize(
        ("answer", "assertions"),
        [
            pytest.param({"exp": int(NOW) - 11}, {}, id="expired"),
            pytest.param({"exp": "tomorrow"}, {}, id="attack-111-end-is-text"),
            pytest.param({"nbf": int(NOW) + 11}, {}, id="not-yet"),
            pytest.param({"iat": int(NOW) + 11}, {}, id="from-the-future"),
            pytest.param({"aud": "other"}, {"audience": ["shop"]}, id="attack-110-audience"),
            pytest.param({}, {"audience": ["shop"]}, id="attack-110-no-audience"),
            pytest.param({"scope": "read"}, {"scopes": ["write"]}, id="scope"),
            pytest.param({"iss": "https://evil.test"}, {"issuers": [ISSUER]}, id="issuer"),
            pytest.param({"iss": ["https://idp.test"]}, {"issuers": [ISSUER]}, id="issuers"),
            pytest.param({"cnf": {"kid": "a"}}, {}, id="attack-147-cnf"),
        ],
    )
    def test_an_answer_that_does_not_satisfy_the_assertions_is_refused(self, answer, assertions):
        refusal = Server(ANSWER | answer).ask(CONFIG | {"assertions": assertions})

        assert isinstance(refusal, Refusal)
        assert refusal.challenges == INVALID

    def test_a_missing_scope_is_told_where_that_is_configured(self):
        config = CONFIG | {
            "assertions": {"scopes": ["write"]},
            "error_signaling": {"include_required_scope": True},
        }

        refusal = Server(ANSWER | {"scope": "read"}).ask(config)

        assert refusal.status == 403
        assert refusal.challenges == (b'Bearer error="insufficient_scope", scope="write"',)

    @pytest.mark.parametrize(
        ("answer", "status", "reason"),
        [
            pytest.param(ANSWER, 401, Reason.COMMUNICATION, id="our-credentials-are-wrong"),
            pytest.param(ANSWER, 201, Reason.COMMUNICATION, id="another-success"),
            pytest.param(ANSWER, 302, Reason.COMMUNICATION, id="attack-122-redirect"),
            pytest.param(ANSWER, 500, Reason.COMMUNICATION, id="error"),
            pytest.param(b"active", 200, Reason.INTERNAL, id="no-json"),
            pytest.param([], 200, Reason.INTERNAL, id="no-object"),
            pytest.param({"sub": "alice"}, 200, Reason.INTERNAL, id="attack-131-missing"),
            pytest.param(ANSWER | {"active": "true"}, 200, Reason.INTERNAL, id="attack-131-text"),
            pytest.param(ANSWER | {"active": 1}, 200, Reason.INTERNAL, id="attack-131-one"),
            pytest.param({"active": True}, 200, Reason.INTERNAL, id="no-identity"),
            pytest.param(signed(), 200, Reason.INTERNAL, id="signed-without-being-asked-to"),
        ],
    )
    def test_an_answer_that_is_none_is_a_fault(self, answer, status, reason):
        assert Server(answer, status).fault().reason is reason

    def test_no_refusal_and_no_fault_repeats_the_token(self):
        token = jwt_of("https://evil.test")
        world = Server({"active": False})

        assert token not in repr(world.ask(token=token))
        world.says(b"nonsense")
        assert token not in str(world.fault(token=token))


class TestAsking:
    def test_the_server_is_asked_as_rfc_7662_says(self):
        world = Server()

        principal = world.ask(token="a+b")

        (call,) = world.endpoints.calls
        assert (call.method, call.url) == ("POST", URL)
        assert dict(call.headers) == {
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        }
        assert parse_qs((call.body or b"").decode()) == {
            "token": ["a+b"],
            "token_type_hint": ["access_token"],
        }
        assert (principal.id, principal.attributes["name"]) == ("alice", "Alice")
        assert principal.expires_at == NOW + 300

    def test_identity_and_attributes_are_taken_from_the_configured_places(self):
        config = CONFIG | {"subject": {"id": "user.id", "attributes": "user"}}

        principal = Server(ANSWER | {"user": {"id": 7}}).ask(config)

        assert (principal.id, principal.attributes) == ("7", {"id": 7.0})

    def test_metadata_says_who_is_asked_and_the_credentials_are_its_own(self):
        auth = {"type": "basic_auth", "config": {"user": "edge", "password": "secret"}}
        config = {
            "metadata_endpoint": {
                "url": METADATA,
                "resolved_endpoints": {"introspection_endpoint": {"auth": auth}},
            }
        }
        world = Server(ANSWER | {"iss": ISSUER})

        assert world.ask(config).id == "alice"
        assert world.asked == [METADATA, URL]
        first, second = world.endpoints.calls
        assert first.settings.auth is None
        assert second.settings.auth is not None

    def test_credentials_for_the_metadata_are_not_sent_elsewhere(self):
        auth = {"type": "basic_auth", "config": {"user": "edge", "password": "secret"}}
        world = Server()

        world.ask({"metadata_endpoint": {"url": METADATA, "auth": auth}})

        assert world.endpoints.calls[1].settings.auth is None

    def test_metadata_decides_who_is_trusted(self):
        config = {"metadata_endpoint": METADATA}

        assert isinstance(Server(ANSWER | {"iss": "https://evil.test"}).ask(config), Refusal)
        assert Server(ANSWER | {"iss": ISSUER}).ask(config).id == "alice"
        assert Server().ask(config).id == "alice"

    @pytest.mark.parametrize(
        "document",
        [
            {"issuer": ISSUER},
            {"issuer": "https://evil.test", "introspection_endpoint": URL},
            {"issuer": ISSUER, "introspection_endpoint": "http://idp.test/introspect"},
        ],
        ids=["names-no-endpoint", "attack-128-another-issuer", "leads-away-from-tls"],
    )
    def test_metadata_that_leads_nowhere_is_a_fault(self, document):
        world = Server()
        world.endpoints.answers[METADATA] = json_answer(dumps(document))

        assert world.fault({"metadata_endpoint": METADATA}).reason is Reason.COMMUNICATION
        assert URL not in world.asked

    def test_a_server_that_can_not_be_trusted_ends_the_pipeline(self):
        world = Server()
        world.endpoints.answers[URL] = Fault(Reason.INTERNAL, "TLS failed", final=True)

        assert world.fault().final


class TestIssuers:
    @pytest.mark.parametrize(
        "config",
        [CONFIG | {"assertions": {"issuers": [ISSUER]}}, {"metadata_endpoint": METADATA}],
        ids=["configured", "of-the-metadata"],
    )
    def test_attack_132_the_token_of_a_foreign_issuer_is_shown_to_nobody(self, config):
        world = Server()

        assert isinstance(world.ask(config, jwt_of("https://partner.test")), Refusal)
        assert URL not in world.asked
        assert world.ask(config, jwt_of(ISSUER)).id == "alice"

    @pytest.mark.parametrize(
        "token",
        ["opaque", jwt_of("three"), jwt_of("../one"), jwt_of(1), jwt_of("")],
        ids=["no-jwt", "attack-129-unlisted", "attack-129-path", "number", "empty"],
    )
    def test_attack_129_only_listed_issuers_lead_anywhere(self, token):
        world = Server()

        assert isinstance(world.ask(TENANTS, token), Refusal)
        assert world.asked == []

    def test_each_issuer_is_asked_about_its_own_tokens(self):
        world = Server()
        world.says(ANSWER | {"sub": "first"}, url="https://idp.test/one/introspect")
        world.says(ANSWER | {"sub": "second"}, url="https://idp.test/two/introspect")

        assert world.ask(TENANTS, jwt_of("one")).id == "first"
        assert world.ask(TENANTS, jwt_of("two")).id == "second"

    def test_attack_113_an_issuer_speaks_for_itself_only(self):
        world = Server()
        world.says(ANSWER | {"iss": "two"}, url="https://idp.test/one/introspect")

        assert isinstance(world.ask(TENANTS, jwt_of("one")), Refusal)

    def test_metadata_of_several_issuers_is_found_by_the_token(self):
        config = {
            "metadata_endpoint": "https://idp.test/{{ urlenc .TokenIssuer }}/.well-known/x",
            "assertions": {"issuers": ["https://idp.test"]},
        }
        url = "https://idp.test/https%3A%2F%2Fidp.test/.well-known/x"
        world = Server()
        document = {"issuer": "https://idp.test", "introspection_endpoint": URL}
        world.endpoints.answers[url] = json_answer(dumps(document))
        lax = {"url": config["metadata_endpoint"], "disable_issuer_identifier_verification": True}

        found = world.ask(config | {"metadata_endpoint": lax}, jwt_of("https://idp.test"))

        assert found.id == "alice"
        assert world.asked == [url, URL]


class TestSignedAnswers:
    @pytest.mark.parametrize(
        ("octets", "media_type"),
        [
            pytest.param(dumps(ANSWER), "application/json", id="plain"),
            pytest.param(
                dumps(ANSWER), "application/token-introspection+jwt", id="plain-in-disguise"
            ),
            pytest.param(signed(), "application/json", id="attack-112-media-type"),
            pytest.param(
                signed(header={"typ": "JWT"}),
                "application/token-introspection+jwt",
                id="attack-112-type",
            ),
            pytest.param(
                signed(key="ES384"), "application/token-introspection+jwt", id="unknown-key"
            ),
            pytest.param(
                signed(key="ES384", header={"kid": "ES256"}),
                "application/token-introspection+jwt",
                id="key-of-somebody-else",
            ),
            pytest.param(
                signed(iss="https://evil.test"),
                "application/token-introspection+jwt",
                id="another-issuer",
            ),
            pytest.param(
                signed(aud="somebody"), "application/token-introspection+jwt", id="not-for-us"
            ),
            pytest.param(
                signed(iat=int(NOW) - 71),
                "application/token-introspection+jwt",
                id="attack-150-replayed",
            ),
            pytest.param(
                signed()[:-8] + b"AAAAAAAA",
                "application/token-introspection+jwt",
                id="changed-signature",
            ),
        ],
    )
    def test_an_answer_that_is_not_good_evidence_ends_the_pipeline(self, octets, media_type):
        world = Server()
        world.signs(octets, media_type)

        fault = world.fault(SIGNED)

        assert (fault.reason, fault.final) == (Reason.INTERNAL, True)

    def test_a_signed_answer_counts(self):
        world = Server()
        world.signs(signed())

        assert world.ask(SIGNED).id == "alice"
        assert dict(world.endpoints.calls[1].headers)["accept"] == (
            "application/token-introspection+jwt"
        )

    def test_what_it_says_is_checked_like_a_plain_one(self):
        world = Server()
        world.signs(signed({"active": False}))
        assert isinstance(world.ask(SIGNED), Refusal)
        world.signs(signed(ANSWER | {"active": "true"}))
        assert world.fault(SIGNED).reason is Reason.INTERNAL

    def test_the_keys_may_be_configured(self):
        config = CONFIG | {
            "signed_answers": {"audience": ["edge"], "jwks_endpoint": JWKS},
            "assertions": {"issuers": [ISSUER]},
        }
        world = Server()
        world.signs(signed())

        assert world.ask(config).id == "alice"
        assert world.asked == [URL, JWKS]


class TestCache:
    def test_an_answer_is_remembered_until_shortly_before_the_token_ends(self):
        world = Server()
        world.ask()
        run_straight(world.authenticator().authenticate(
            matched(headers={"Authorization": "Bearer opaque"})
        ))  # fmt: skip
        world.clock.advance(289)
        world.ask()
        assert len(world.asked) == 1

        world.clock.advance(1)
        world.ask()
        assert len(world.asked) == 2

    @pytest.mark.parametrize(
        ("ttl", "answer", "after", "asked"),
        [
            pytest.param("0s", ANSWER, 0, 2, id="off"),
            pytest.param(None, {"active": True, "sub": "alice"}, 0, 2, id="no-end"),
            pytest.param("1m", {"active": True, "sub": "alice"}, 59, 1, id="no-end-but-a-time"),
            pytest.param("1m", ANSWER, 59, 1, id="within-the-time"),
            pytest.param("1m", ANSWER, 60, 2, id="after-the-time"),
            pytest.param("1h", ANSWER, 290, 2, id="the-end-comes-first"),
        ],
    )
    def test_attack_116_answers_are_believed_as_configured(self, ttl, answer, after, asked):
        world = Server(answer)
        config = CONFIG | ({} if ttl is None else {"cache_ttl": ttl})

        world.ask(config)
        world.clock.advance(after)
        world.ask(config)

        assert len(world.asked) == asked

    def test_attack_130_assertions_run_again_on_what_is_known(self):
        world = Server(ANSWER | {"scope": "read", "aud": "shop"})
        assert world.ask().id == "alice"

        for assertions in ({"scopes": ["write"]}, {"audience": ["other"]}):
            assert isinstance(world.ask(CONFIG | {"assertions": assertions}), Refusal)
        assert len(world.asked) == 1

    def test_attack_159_a_known_token_ends_although_it_is_remembered(self):
        world = Server(ANSWER | {"nbf": int(NOW)})
        world.ask()

        world.clock.advance(-60)

        assert isinstance(world.ask(), Refusal)

    @pytest.mark.parametrize(
        "other",
        [
            {"introspection_endpoint": {"url": URL, "headers": {"X-Tenant": "a"}}},
            {"metadata_endpoint": METADATA},
            CONFIG | {"principal": {"id": "name"}},
            CONFIG | {"cache_ttl": "1s"},
            CONFIG | {"assertions": {"issuers": [ISSUER]}},
            {
                "introspection_endpoint": {
                    "url": URL,
                    "auth": {"type": "basic_auth", "config": {"user": "a", "password": "b"}},
                }
            },
        ],
        ids=["headers", "metadata", "principal", "shorter-time", "issuers", "client"],
    )
    def test_attack_130_authenticators_that_ask_otherwise_share_nothing(self, other):
        world = Server()
        world.ask()

        world.ask(other)

        assert world.asked.count(URL) == 2

    def test_refusals_and_faults_are_not_remembered(self):
        world = Server({"active": False})
        world.ask()
        world.says(b"nonsense")
        world.fault()
        world.says(ANSWER)

        assert world.ask().id == "alice"
