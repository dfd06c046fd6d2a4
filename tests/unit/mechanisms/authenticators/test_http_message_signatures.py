import json

import pytest
from msgspec.structs import replace

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.models.configuration import Configuration
from edgeauth.expressions.objects import RequestView
from edgeauth.mechanisms.authenticators import http_message_signatures
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import Principal
from edgeauth.model.request import Headers
from edgeauth.ports.stages import Matched
from edgeauth.secret_sources.sources import load_secrets
from edgeauth.services.replays import MemoryReplayStore
from edgeauth.wire.content_digest import content_digest
from edgeauth.wire.inbound import Peer, canonical_request
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.jwk import to_jwk
from edgeauth.wire.key_members import key_members
from edgeauth.wire.message_signatures import signed_request
from edgeauth.wire.signatures import (
    FIELD_TYPES,
    SIGNATURE_ALGORITHMS,
    Component,
    parse_component,
    signature_base,
)
from edgeauth.wire.structured_fields import serialize_octets
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.content import FakeContent
from tests.fakes.driving import run
from tests.fakes.endpoints import json_answer
from tests.fakes.keys import signing_key, verification_key
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import request
from tests.fakes.services import World

KEYS = "https://partner.test/keys"
CONFIG = {"jwks_endpoint": KEYS}
CONTENT = b'{"amount": 1}'
PUBLIC = {**key_members(verification_key("EdDSA")), "kid": "a"}
COVERED = ("@method", "@authority", "@path", "@query")
WITH_CONTENT = (*COVERED, "content-digest")
KINDS = {
    "ed25519": "EdDSA",
    "ecdsa-p256-sha256": "ES256",
    "ecdsa-p384-sha384": "ES384",
    "rsa-pss-sha512": "PS512",
}


def key_set(*names):
    keys = [to_jwk(verification_key(name), name, name) for name in names or KINDS.values()]
    return {"keys": keys}


def world(*names, **details):
    made = World(**details)
    made.endpoints.answers[KEYS] = json_answer(json.dumps(key_set(*names)).encode())
    return made


def signed(
    asked=None,
    components=COVERED,
    *,
    algorithm="ed25519",
    label="sig",
    signer=None,
    **changed,
):
    """Returns the request with a signature; parameters that are None are left out."""
    asked = asked or request()
    name = signer or SIGNATURE_ALGORITHMS[algorithm].replace("Ed25519", "EdDSA")
    parameters = {"created": int(NOW), "nonce": "n-1", "keyid": name} | changed
    listed = [(key, value) for key, value in parameters.items() if value is not None]
    covered = [parse_component(each) for each in components]
    value, base = signature_base(signed_request(asked), covered, listed)
    octets = ALGORITHMS[SIGNATURE_ALGORITHMS[algorithm]].sign(signing_key(name), base)
    return with_fields(
        asked,
        (b"signature-input", f"{label}={value}".encode()),
        (b"signature", f"{label}={serialize_octets(octets)}".encode()),
    )


def with_fields(asked, *fields):
    return replace(asked, headers=Headers((*asked.headers.fields, *fields)))


def posted(content=CONTENT, **details):
    """Returns a signed request with content that is covered."""
    asked = request(method="POST", headers={"Content-Digest": content_digest(content)})
    return signed(asked, WITH_CONTENT, **details)


def built(config=CONFIG, using=None):
    return (using or world()).build(http_message_signatures.TYPE, config, "signed")


def asked(authenticator, of, content=b""):
    source = content if isinstance(content, FakeContent) else FakeContent(content)
    return run(authenticator.authenticate(Matched(of, "rule", RequestView(of, {}), source)))


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({}, [""]),
        ({**CONFIG, "jwks": {"source": "a"}}, ["jwks"]),
        ({"jwks_endpoint": "http://partner.test/keys"}, ["jwks_endpoint.url"]),
        ({"jwks_endpoint": "https://a.test/{{ .TokenIssuer }}"}, [""]),
        ({**CONFIG, "label": "Sig"}, ["label"]),
        ({**CONFIG, "tag": "é"}, ["tag"]),
        ({**CONFIG, "tag": "a" * 257}, ["tag"]),
        ({**CONFIG, "label": "a", "tag": "b"}, [""]),
        ({**CONFIG, "components": []}, ["components"]),
        ({**CONFIG, "components": ["@status"]}, [""]),
        ({**CONFIG, "components": ["@path", "@path"]}, [""]),
        ({**CONFIG, "allowed_algorithms": ["none"]}, ["allowed_algorithms.0"]),
        ({**CONFIG, "allowed_algorithms": []}, ["allowed_algorithms"]),
        ({**CONFIG, "max_age": "0s"}, ["max_age"]),
        ({**CONFIG, "max_age": "2h"}, ["max_age"]),
        ({**CONFIG, "validity_leeway": "61s"}, ["validity_leeway"]),
        ({**CONFIG, "cache_ttl": "0s"}, ["cache_ttl"]),
        ({**CONFIG, "structured_fields": {"X-Order": "map"}}, ["structured_fields.X-Order"]),
        ({**CONFIG, "structured_fields": {"X Order": "list"}}, ["structured_fields.X Order.[key]"]),
        ({**CONFIG, "structured_fields": {"Priority": "list"}}, [""]),
        ({**CONFIG, "structured_fields": {"X-Order": "list", "x-order": "item"}}, [""]),
        ({**CONFIG, "nope": 1}, ["nope"]),
    ],
    ids=[
        "no-keys", "unknown-source", "no-tls", "attack-129 issuer-in-url", "label", "tag",
        "long-tag", "label-and-tag", "no-components", "unknown-component", "component-twice",
        "attack-094 none", "no-algorithm", "no-age", "long-age", "long-leeway",
        "attack-121 no-memory", "unknown-type", "no-field", "known-type", "two-types",
        "unknown-key",
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(config, places):
    assert [place for place, _ in mistakes(http_message_signatures.TYPE, config)] == places


@pytest.mark.parametrize("algorithm", KINDS)
def test_whoever_has_signed_the_request_is_recognised(algorithm):
    principal = asked(built(), signed(algorithm=algorithm))

    assert isinstance(principal, Principal)
    assert principal.id == KINDS[algorithm]
    assert principal.attributes == {
        "keyid": KINDS[algorithm],
        "alg": algorithm,
        "components": [f'"{each}"' for each in COVERED],
    }


@pytest.mark.parametrize("algorithm", KINDS)
def test_content_is_covered_by_its_digest(algorithm):
    assert isinstance(asked(built(), posted(algorithm=algorithm), CONTENT), Principal)


def test_a_large_content_is_compared_as_well():
    large = b"a" * 300_000

    assert isinstance(asked(built(), posted(large), large), Principal)
    assert isinstance(asked(built(), posted(large), large[1:]), Refusal)


def test_a_request_without_a_signature_is_told_what_is_demanded_and_nothing_is_read():
    content = FakeContent(CONTENT)

    outcome = asked(built({**CONFIG, "tag": "orders"}), request(), content)

    assert outcome.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
    assert outcome.fields == (
        (
            b"accept-signature",
            b'sig=("@method" "@authority" "@path" "@query" "content-digest");created;tag="orders"',
        ),
    )
    assert content.reads == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "DELETE"},
        {"host": "other.test"},
        {"host": "shop.test:8443"},
        {"path": "/articles/2"},
        {"raw_query": "a=1"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_request_that_was_changed_is_refused(changed):
    assert isinstance(asked(built(), replace(signed(), **changed)), Refusal)


@pytest.mark.parametrize("place", [0, 30, -1])
def test_a_signature_that_was_changed_is_refused(place):
    right = signed()
    fields = dict(right.headers.fields)
    octets = bytearray(fields[b"signature"])
    octets[5 + place if place >= 0 else -3] ^= 1
    wrong = with_fields(request(), (b"signature-input", fields[b"signature-input"]),
                        (b"signature", bytes(octets)))  # fmt: skip

    assert isinstance(asked(built(), wrong), Refusal)


@pytest.mark.parametrize(
    "components",
    [
        COVERED[1:],
        ("@method", "@path", "@query"),
        ("@method", "@authority", "@query"),
        ("@method", "@authority", "@path"),
        ("@method", "@authority", "@path", '@query-param;name="a"'),
        (),
    ],
    ids=["method", "host", "path", "query", "query-parameter-alone", "nothing"],
)
def test_a_signature_that_covers_too_little_is_refused_before_the_key_is_asked_for(components):
    using = world()

    outcome = asked(built(using=using), signed(request(query="a=1"), components))

    assert isinstance(outcome, Refusal)
    assert using.endpoints.calls == []


ORDER = {"X-Order": "a=1,   b=(2  3)"}


def structured(config, sent=ORDER):
    """Returns the outcome of a request whose signature covers a field in its strict form."""
    of = request(headers=ORDER)
    types = {**FIELD_TYPES, "x-order": "dictionary"}
    covered = [*map(parse_component, COVERED), Component("x-order", ("sf", True))]
    parameters = [("created", int(NOW)), ("nonce", "n-1"), ("keyid", "EdDSA")]
    value, base = signature_base(signed_request(of)._replace(types=types), covered, parameters)
    octets = ALGORITHMS["Ed25519"].sign(signing_key("EdDSA"), base)
    of = with_fields(
        request(headers=sent),
        (b"signature-input", f"sig={value}".encode()),
        (b"signature", f"sig={serialize_octets(octets)}".encode()),
    )
    return asked(built({**CONFIG, **config}), of)


@pytest.mark.parametrize(
    ("config", "sent"),
    [
        ({}, ORDER),
        ({"structured_fields": {"X-Order": "list"}}, ORDER),
        ({"structured_fields": {"X-Order": "item"}}, ORDER),
        ({"structured_fields": {"X-Other": "dictionary"}}, ORDER),
        ({"structured_fields": {"X-Order": "dictionary"}}, {"X-Order": "a=1, b=(2 4)"}),
        ({"structured_fields": {"X-Order": "dictionary"}}, {"X-Order": "no dictionary"}),
    ],
    ids=["unknown", "no-list", "no-item", "other-field", "other-value", "no-dictionary"],
)
def test_a_structured_field_that_is_not_what_was_signed_is_refused(config, sent):
    assert isinstance(structured(config, sent), Refusal)


@pytest.mark.parametrize("sent", [ORDER, {"X-Order": "a=1, b=(2 3)"}], ids=["same", "respaced"])
def test_a_structured_field_whose_type_is_configured_is_covered_in_its_strict_form(sent):
    found = structured({"structured_fields": {"X-Order": "dictionary"}}, sent)

    assert isinstance(found, Principal)


def test_what_is_not_there_need_not_be_covered():
    assert isinstance(asked(built(), signed(components=COVERED[:3])), Principal)


def test_the_whole_url_covers_its_parts():
    of = signed(request(query="a=1"), ("@method", "@target-uri"))

    assert isinstance(asked(built(), of), Principal)


class TestContent:
    """Attack 195: what was signed is what is forwarded."""

    def test_another_content_is_refused(self):
        outcome = asked(built(), posted(), b'{"amount": 2}')

        assert outcome.detail == "the content is not the one that was signed"

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PROPFIND"])
    def test_content_that_is_not_covered_is_refused(self, method):
        outcome = asked(built(), signed(request(method=method)), CONTENT)

        assert outcome.detail == "the signature does not cover the content"

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
    def test_attack_076_requests_that_carry_content_say_so_although_none_is_seen(self, method):
        outcome = asked(built(), signed(request(method=method)))

        assert outcome.detail == "the signature does not cover content-digest"

    @pytest.mark.parametrize(
        "digest",
        [
            "md5=:AAAA:",
            "sha-256=abc",
            "sha-256=:AAAA:",
            "sha-256",
            "",
            f"sha-256=:{'A' * 43}=:, {content_digest(CONTENT).partition(', ')[2]}",
        ],
        ids=["attack-196 weak", "no-octets", "short", "boolean", "empty", "one-of-two-is-wrong"],
    )
    def test_a_digest_that_is_none_is_refused(self, digest):
        of = request(method="POST", headers={"Content-Digest": digest})

        assert isinstance(asked(built(), signed(of, WITH_CONTENT), CONTENT), Refusal)

    def test_a_digest_of_a_weak_algorithm_beside_a_strong_one_does_not_count(self):
        digest = f"md5=:AAAA:, {content_digest(CONTENT)}"
        of = request(method="POST", headers={"Content-Digest": digest})

        assert isinstance(asked(built(), signed(of, WITH_CONTENT), CONTENT), Principal)

    def test_one_member_of_the_digest_is_not_the_digest(self):
        of = posted()
        value = dict(of.headers.fields)[b"signature-input"].replace(
            b'"content-digest"', b'"content-digest";key="sha-256"'
        )
        fields = [each for each in of.headers.fields if each[0] != b"signature-input"]
        of = replace(of, headers=Headers([*fields, (b"signature-input", value)]))

        assert asked(built(), of, CONTENT).detail.endswith("does not cover content-digest")

    def test_what_is_not_demanded_is_not_read(self):
        content = FakeContent(CONTENT)
        config = {**CONFIG, "components": ["@method", "@target-uri"]}

        assert isinstance(
            asked(built(config), signed(components=("@method", "@target-uri")), content), Principal
        )
        assert content.reads == 0

    def test_what_is_covered_is_compared_although_it_is_not_demanded(self):
        config = {**CONFIG, "components": ["@method"]}

        assert isinstance(asked(built(config), posted(), b"other"), Refusal)

    def test_content_that_is_too_large_ends_the_pipeline(self):
        too_large = Fault(Reason.PRECONDITION, "too large", status=413)
        with pytest.raises(Fault) as caught:
            asked(built(), posted(), FakeContent(too_large))
        assert (caught.value.final, caught.value.status) == (True, 413)

    def test_nothing_is_read_for_a_wrong_signature(self):
        content = FakeContent(CONTENT)
        of = replace(posted(), path="/other")

        assert isinstance(asked(built(), of, content), Refusal)
        assert content.reads == 0


@pytest.mark.parametrize(
    ("parameters", "config"),
    [
        ({"created": None}, {}),
        ({"created": int(NOW) - 311}, {}),
        ({"created": int(NOW) + 11}, {}),
        ({"created": int(NOW) - 71}, {"max_age": "1m"}),
        ({"expires": int(NOW) - 11}, {}),
        ({"keyid": None}, {}),
        ({"nonce": None}, {}),
        ({"alg": "hmac-sha256"}, {}),
        ({"alg": "EdDSA"}, {}),
        ({"keyid": "unknown"}, {}),
        ({"keyid": "ES256"}, {}),
        ({"keyid": "../../etc/passwd"}, {}),
        ({"tag": "other"}, {"tag": "orders"}),
        ({}, {"tag": "orders"}),
        ({}, {"label": "other"}),
        ({}, {"allowed_algorithms": ["ecdsa-p256-sha256"]}),
        ({}, {"components": ["@method", "x-tenant"]}),
    ],
    ids=[
        "no-time", "too-old", "future", "older-than-configured", "expired", "no-key",
        "attack-150 no-nonce", "attack-095 alg", "name-of-jose", "unknown-key", "another-key",
        "attack-101 key-id", "other-tag", "no-tag", "other-label", "not-allowed", "no-such-field",
    ],
)  # fmt: skip
def test_a_signature_that_does_not_say_what_it_has_to_is_refused(parameters, config):
    outcome = asked(built({**CONFIG, **config}), signed(**parameters))

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.AUTHENTICATION
    assert outcome.fields


@pytest.mark.parametrize(
    "parameters",
    [{"created": int(NOW) - 310}, {"created": int(NOW) + 10}, {"expires": int(NOW) - 9},
     {"alg": "ed25519"}, {"tag": "any"}],
    ids=["old", "ahead", "ended", "alg", "tag"],
)  # fmt: skip
def test_a_signature_within_the_limits_is_taken(parameters):
    assert isinstance(asked(built(), signed(**parameters)), Principal)


class TestSeveralSignatures:
    def both(self):
        return signed(signed(nonce="a", tag="one", label="first"), nonce="b", tag="two",
                      label="second", algorithm="ecdsa-p256-sha256")  # fmt: skip

    def test_it_is_told_which_one_counts_or_none_does(self):
        assert "nothing says which" in asked(built(), self.both()).detail

    @pytest.mark.parametrize(
        ("config", "signer"),
        [({"label": "first"}, "EdDSA"), ({"label": "second"}, "ES256"), ({"tag": "two"}, "ES256")],
    )
    def test_one_is_chosen_by_its_label_or_its_tag(self, config, signer):
        assert asked(built({**CONFIG, **config}), self.both()).id == signer

    def test_a_tag_that_two_have_chooses_none(self):
        of = signed(signed(tag="one", label="first"), tag="one", label="second")

        assert isinstance(asked(built({**CONFIG, "tag": "one"}), of), Refusal)

    def test_a_right_signature_does_not_make_up_for_a_wrong_one(self):
        of = replace(signed(signed(label="first"), label="second"), path="/other")
        right = signed(of, label="third", nonce="n-2")

        assert isinstance(asked(built({**CONFIG, "label": "first"}), right), Refusal)
        assert isinstance(asked(built({**CONFIG, "label": "third"}), right), Principal)


class TestReplays:
    """Attack 150: a signature is good once, for all processes."""

    def test_a_nonce_counts_once(self):
        using = world()
        assert isinstance(asked(built(using=using), signed()), Principal)
        assert asked(built(using=using), signed()).detail == "the signature was used before"
        other = signed(request("/articles/2"))
        assert asked(built(using=using), other).detail == "the signature was used before"
        assert isinstance(asked(built(using=using), signed(nonce="n-2")), Principal)

    def test_the_nonces_of_keys_are_apart(self):
        using = world()
        assert isinstance(asked(built(using=using), signed()), Principal)
        assert isinstance(
            asked(built(using=using), signed(algorithm="ecdsa-p256-sha256")), Principal
        )

    def test_it_is_remembered_until_the_signature_is_too_old(self):
        using = world()
        authenticator = built(using=using)
        of = signed(created=int(NOW) + 10)
        asked(authenticator, of)
        for seconds in (310.0, 10.0):
            using.clock.advance(seconds)
            assert isinstance(asked(authenticator, of), Refusal)

    def test_a_refusal_costs_no_nonce(self):
        authenticator = built()
        assert isinstance(asked(authenticator, posted(), b"other"), Refusal)
        assert isinstance(asked(authenticator, posted(), CONTENT), Principal)

    def test_nothing_passes_when_there_is_no_room_to_remember(self):
        clock = FakeClock()
        using = world(clock=clock, replays=MemoryReplayStore(clock, 1, clock.now))
        asked(built(using=using), signed())
        with pytest.raises(Fault):
            asked(built(using=using), signed(nonce="n-2"))

    def test_replays_are_allowed_on_request(self):
        authenticator = built({**CONFIG, "replay_allowed": True})
        for _ in range(2):
            assert isinstance(asked(authenticator, signed(nonce=None)), Principal)


class TestKeys:
    def test_attack_121_a_flood_of_unknown_keys_costs_one_fetch_a_cool_down(self):
        using = world()
        authenticator = built(using=using)
        asked(authenticator, signed())
        for number in range(50):
            asked(authenticator, signed(keyid=f"unknown-{number}"))

        assert len(using.endpoints.calls) == 2

    def test_attack_097_an_endpoint_gives_away_no_secret(self):
        using = world()
        secret = {**key_members(verification_key("HS256")), "kid": "HS256"}
        using.endpoints.answers[KEYS] = json_answer(json.dumps({"keys": [secret]}).encode())

        outcome = asked(built(using=using), signed(algorithm="hmac-sha256"))

        assert isinstance(outcome, Refusal)

    def test_attack_095_a_public_key_is_no_secret(self):
        of = signed(signer="HS256", algorithm="hmac-sha256", keyid="EdDSA")

        assert isinstance(asked(built(), of), Refusal)

    def test_nobody_passes_when_the_keys_can_not_be_fetched(self):
        with pytest.raises(Fault) as caught:
            asked(built(using=World()), signed())
        assert caught.value.reason is Reason.COMMUNICATION

    def test_rsa_v1_5_has_to_be_allowed(self):
        of = signed(algorithm="rsa-v1_5-sha256")
        allowed = {**CONFIG, "allowed_algorithms": ["rsa-v1_5-sha256"]}

        assert isinstance(asked(built(using=world("RS256")), of), Refusal)
        assert isinstance(asked(built(allowed, world("RS256")), of), Principal)


class TestKeysOfASource:
    TEXT = "jwks: {source: partners, selector: keys}"

    @pytest.fixture
    def held(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        self.write(self.keys("EdDSA"))
        (document,) = read_documents(
            "secret_management: {partners: {type: file, config: {path: s.json}}}", "edgeauth.yaml"
        )
        return load_secrets(decode(Configuration, document), {}, Collector())

    def keys(self, *names):
        members = {name: {**key_members(verification_key(name)), "kid": name} for name in names}
        return {"keys": list(members.values())}

    def write(self, document):
        with open("s.json", "w") as file:
            json.dump({"keys": json.dumps(document)}, file)

    def authenticator(self, held, text=TEXT):
        (node,) = read_documents(text, "edgeauth.yaml")
        decoded = decode(http_message_signatures.TYPE.config, node, {"secrets": held})
        return http_message_signatures.TYPE.build("s", decoded, World(secrets=held).services)

    @pytest.mark.parametrize("algorithm", ["ed25519", "hmac-sha256"])
    def test_public_keys_or_secrets_of_a_source_count(self, held, algorithm):
        self.write(self.keys("EdDSA" if algorithm == "ed25519" else "HS256"))
        held.all()[0].reload()

        assert isinstance(asked(self.authenticator(held), signed(algorithm=algorithm)), Principal)

    def test_attack_193_a_key_that_is_taken_out_counts_no_more(self, held):
        authenticator = self.authenticator(held)
        assert isinstance(asked(authenticator, signed()), Principal)
        self.write(self.keys("ES256"))
        held.all()[0].reload()

        assert isinstance(asked(authenticator, signed(nonce="n-2")), Refusal)
        assert isinstance(
            asked(authenticator, signed(algorithm="ecdsa-p256-sha256", nonce="n-2")), Principal
        )

    @pytest.mark.parametrize(
        ("document", "told"),
        [
            ({}, "no key set"),
            ({"keys": []}, "no key"),
            ({"keys": [{"kty": "oct", "kid": "a", "k": "c2hvcnQ"}]}, "fits no signature algorithm"),
            ({"keys": [{"kty": "oct", "k": "A" * 43}]}, "has no kid"),
            ({"keys": [{"kty": "oct", "kid": "a", "k": "A" * 43, "use": "enc"}]}, "not for sign"),
            ({"keys": [{"kty": "oct", "kid": "a"}]}, "has no k"),
            ({"keys": [{"kty": "none", "kid": "a"}]}, "unknown kind"),
            ({"keys": [key_members(verification_key("EdDSA"))]}, "without a kid"),
            ({"keys": [PUBLIC, PUBLIC]}, "without a kid of its own"),
            ({"keys": [{**PUBLIC, "d": "A"}]}, "secret"),
            ({"keys": [PUBLIC, {"kty": "oct", "kid": "b", "k": "A" * 43}]}, "mixes secrets"),
        ],
        ids=["none", "empty", "attack-190 short", "no-kid", "encryption", "no-secret", "unknown",
             "public-without-kid", "attack-125 kid-twice", "attack-125 private",
             "attack-125 mixed"],
    )  # fmt: skip
    def test_a_set_with_a_key_of_no_use_is_refused_at_load_and_at_reload(
        self, held, document, told
    ):
        authenticator = self.authenticator(held)
        self.write(document)
        with pytest.raises(ValueError, match=told):
            held.all()[0].reload()
        assert isinstance(asked(authenticator, signed()), Principal)

    def test_a_wrong_reference_is_told_with_its_place(self, held):
        with pytest.raises(ConfigurationError) as caught:
            self.authenticator(held, "jwks: {source: partners, selector: nothing}")
        assert caught.value.problems[0].line == 1

    def test_a_memory_of_an_endpoint_has_no_effect(self, held):
        with pytest.raises(ConfigurationError) as caught:
            self.authenticator(held, f"{self.TEXT}\ncache_ttl: 1m")
        assert "no effect" in caught.value.problems[0].message


class TestTrustedProxies:
    """What counts is the canonical request: the one that the client has sent to the proxy."""

    FIELDS = ((b"x-forwarded-host", b"shop.test"), (b"x-forwarded-proto", b"https"),
              (b"x-forwarded-uri", b"/articles/1"), (b"x-forwarded-for", b"192.0.2.1"))  # fmt: skip

    def arrived(self, *, trusted, fields=FIELDS):
        of = signed(components=("@method", "@target-uri"))
        fields = [(b"host", b"edge.internal"), *fields, *of.headers.fields]
        return canonical_request(b"GET", b"/internal", fields, Peer("10.0.0.1", trusted, "http"))

    def test_a_request_through_a_trusted_proxy_is_the_one_that_was_signed(self):
        assert isinstance(asked(built(), self.arrived(trusted=True)), Principal)

    def test_attack_032_nobody_else_says_what_was_signed(self):
        assert isinstance(asked(built(), self.arrived(trusted=False)), Refusal)

    @pytest.mark.parametrize("place", range(3))
    def test_each_part_counts(self, place):
        fields = [each for at, each in enumerate(self.FIELDS) if at != place]

        assert isinstance(asked(built(), self.arrived(trusted=True, fields=fields)), Refusal)


def test_the_identity_comes_from_where_the_configuration_says():
    config = {**CONFIG, "principal": {"id": "tag"}}

    assert asked(built(config), signed(tag="orders")).id == "orders"
    with pytest.raises(Fault) as caught:
        asked(built(config), signed(nonce="n-2"))
    assert caught.value.reason is Reason.INTERNAL


def test_what_a_signature_says_of_its_end_is_the_end_of_the_principal():
    assert asked(built(), signed(expires=int(NOW) + 60)).expires_at == NOW + 60


def test_equal_facts_have_equal_fingerprints_and_others_have_not():
    def mark(**details):
        return asked(built(), signed(**details)).fingerprint

    assert mark(nonce="a") == mark(nonce="b", created=int(NOW) - 1)
    others = {mark(), mark(tag="a"), mark(expires=int(NOW) + 60), mark(algorithm="rsa-pss-sha512"),
              mark(components=("@method", "@target-uri"))}  # fmt: skip
    assert len(others) == 5


def test_attack_178_no_refusal_shows_what_was_sent():
    outcome = asked(built(), signed(tag="very-private", nonce="very-private", created=0))

    assert "very-private" not in repr(outcome)
