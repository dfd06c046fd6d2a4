import hmac
from base64 import b64encode
from pathlib import Path

import pytest
from msgspec.structs import replace
from pydantic_core import PydanticCustomError

from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.models.configuration import Configuration
from edgeauth.mechanisms.authenticators import webhook
from edgeauth.mechanisms.authenticators.deliveries import parse_signed
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import Principal
from edgeauth.secret_sources.sources import load_secrets
from edgeauth.services.replays import MemoryReplayStore
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.content import FakeContent
from tests.fakes.driving import run
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World

OLD, NEW = b"o" * 32, b"n" * 32
EVENT = b'{"amount": 1}'
TEXT = "sixteen or more octets"


def whsec(secret):
    return "whsec_" + b64encode(secret).decode()


STANDARD = {"signature": {"type": "standard_webhooks"}, "secrets": [{"value": whsec(OLD)}]}
GITHUB = {"signature": {"type": "github"}, "secrets": [{"value": TEXT}]}
STRIPE = {"signature": {"type": "stripe"}, "secrets": [{"value": TEXT}]}
CHAT_SETTINGS = {
    "header": "X-Sig",
    "prefix": "v0=",
    "signed": "v0:{timestamp}:{body}",
    "timestamp_header": "X-Time",
}
CHAT = {"signature": {"type": "hmac", "config": CHAT_SETTINGS}, "secrets": [{"value": TEXT}]}


def code(secret, message):
    return hmac.digest(secret, message, "sha256")


def standard(content=EVENT, *secrets, id_="msg_1", sent=int(NOW)):
    signed = f"{id_}.{sent}.".encode() + content
    codes = [b64encode(code(secret, signed)).decode() for secret in secrets or (OLD,)]
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(sent),
        "webhook-signature": " ".join(f"v1,{each}" for each in codes),
    }


def github(content=EVENT):
    return {"X-Hub-Signature-256": "sha256=" + code(TEXT.encode(), content).hex()}


def stripe(content=EVENT, sent=int(NOW)):
    signed = f"{sent}.".encode() + content
    return {"Stripe-Signature": f"t={sent},v1={code(TEXT.encode(), signed).hex()},v0=ab"}


def chat(content=EVENT, sent=int(NOW)):
    signed = f"v0:{sent}:".encode() + content
    return {"X-Time": str(sent), "X-Sig": "v0=" + code(TEXT.encode(), signed).hex()}


KINDS = [
    pytest.param(STANDARD, standard, id="standard_webhooks"),
    pytest.param(GITHUB, github, id="github"),
    pytest.param(STRIPE, stripe, id="stripe"),
    pytest.param(CHAT, chat, id="hmac"),
]
TIMED = [each for each in KINDS if each.id != "github"]


def asked(authenticator, headers, content=EVENT):
    source = content if isinstance(content, FakeContent) else FakeContent(content)
    seen = replace(matched(method="POST", headers=headers), content=source)
    return run(authenticator.authenticate(seen))


def built(config, world=None):
    return (world or World()).build(webhook.TYPE, config, "hook")


def hmac_of(**settings):
    """Returns a configuration with some settings replaced; None leaves one out."""
    chosen = {key: each for key, each in (CHAT_SETTINGS | settings).items() if each is not None}
    return {**CHAT, "signature": {"type": "hmac", "config": chosen}}


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({}, ["signature", "secrets"]),
        ({**GITHUB, "signature": {"type": "none"}}, ["signature"]),
        ({**GITHUB, "secrets": []}, ["secrets"]),
        ({**GITHUB, "secrets": [{"value": TEXT}] * 5}, ["secrets"]),
        ({**GITHUB, "secrets": [{"value": ""}]}, ["secrets.0.value"]),
        ({**GITHUB, "secrets": [{"value": TEXT}, {"value": "short"}]}, [""]),
        ({**STANDARD, "secrets": [{"value": TEXT}]}, [""]),
        ({**GITHUB, "secrets": [{}]}, ["secrets.0"]),
        ({**GITHUB, "secrets": [{"value": TEXT, "until": "2027-01-31"}]}, ["secrets.0.until"]),
        ({**GITHUB, "secrets": [{"value": TEXT, "until": 1}]}, ["secrets.0.until"]),
        ({**GITHUB, "max_age": "5m"}, [""]),
        ({**STRIPE, "remember": "5m"}, [""]),
        ({**STRIPE, "max_age": "0s"}, ["max_age"]),
        ({**STRIPE, "max_age": "2h"}, ["max_age"]),
        ({**GITHUB, "remember": "59s"}, ["remember"]),
        ({**STRIPE, "validity_leeway": "61s"}, ["validity_leeway"]),
        (hmac_of(header="a b"), ["signature.hmac.config.header"]),
        (hmac_of(prefix="a b"), ["signature.hmac.config.prefix"]),
        (hmac_of(algorithm="sha1"), ["signature.hmac.config.algorithm"]),
        (hmac_of(encoding="text"), ["signature.hmac.config.encoding"]),
        (hmac_of(signed="{body}"), ["signature.hmac.config"]),
        (hmac_of(timestamp_header=None), ["signature.hmac.config"]),
        (hmac_of(id_header="X-Id"), ["signature.hmac.config"]),
        (hmac_of(signed="{timestamp}:"), ["signature.hmac.config.signed"]),
    ],
    ids=[
        "empty", "attack-197 no-signature", "attack-190 no-secret", "many-secrets",
        "attack-190 empty-secret", "attack-190 short-secret", "not-whsec", "no-form",
        "date-without-time", "date-is-a-number", "age-without-time", "memory-with-time", "no-age",
        "long-age", "short-memory", "long-leeway", "header", "prefix", "attack-196 sha1",
        "encoding", "unsigned-timestamp", "nowhere", "unsigned-id", "attack-197 no-body",
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(config, places):
    assert [place for place, _ in mistakes(webhook.TYPE, config)] == places


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the content is not signed"),
        ("{timestamp}", "the content is not signed"),
        ("{body}{body}", "stands there already"),
        ("{body}.{method}", "no placeholder"),
        ("{body", "no placeholder"),
        ("a}.{body}", "no placeholder"),
        ("{timestamp}{body}", "between two placeholders"),
        ("{timestamp}0{body}", "a separator"),
        ("{id}-{body}", "a separator"),
        ("{id}a.{body}", "a separator"),
        ("{body}.a{id}", "a separator"),
        ("{body}" + "." * 300, "at most 256"),
    ],
)
def test_a_text_that_two_deliveries_could_share_is_refused(text, told):
    with pytest.raises(PydanticCustomError, match=told):
        parse_signed(text)


@pytest.mark.parametrize(
    "text", ["{body}", "v0:{timestamp}:{body}", "{id}.{timestamp}.{body}", "{body}\n{timestamp}"]
)
def test_a_text_that_stands_for_one_delivery_is_taken(text):
    assert parse_signed(text)


@pytest.mark.parametrize(("config", "signed"), KINDS)
def test_who_has_signed_the_content_is_recognised(config, signed):
    outcome = asked(built(config), signed())

    assert isinstance(outcome, Principal)
    assert outcome.id == "hook"


@pytest.mark.parametrize(("config", "signed"), KINDS)
def test_a_request_that_is_not_signed_is_refused_before_anything_is_read(config, signed):
    content = FakeContent(EVENT)

    outcome = asked(built(config), {}, content)

    assert outcome.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
    assert content.reads == 0


@pytest.mark.parametrize(("config", "signed"), KINDS)
@pytest.mark.parametrize(
    "content",
    [b"", EVENT + b"\n", b'{"amount":1}', b'{"amount": 2}', b"a" * 300_000],
    ids=["empty", "longer", "attack-195 re-serialised", "changed", "large"],
)
def test_another_content_is_refused(config, signed, content):
    outcome = asked(built(config), signed(), content)

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.AUTHENTICATION


@pytest.mark.parametrize(("config", "signed"), KINDS)
def test_a_large_content_is_verified_as_well(config, signed):
    large = b"a" * 300_000

    assert isinstance(asked(built(config), signed(large), large), Principal)


@pytest.mark.parametrize(("config", "signed"), KINDS)
def test_attack_194_a_delivery_passes_once_in_all_processes(config, signed):
    world = World()

    first = asked(built(config, world), signed())
    second = asked(built(config, world), signed())

    assert isinstance(first, Principal)
    assert second.detail == "the delivery was here before"


def test_attack_194_a_delivery_does_not_pass_again_with_its_other_signature():
    config = {**STANDARD, "secrets": [{"value": whsec(NEW)}, {"value": whsec(OLD)}]}
    authenticator = built(config)

    assert isinstance(asked(authenticator, standard(EVENT, OLD)), Principal)
    assert isinstance(asked(authenticator, standard(EVENT, NEW)), Refusal)
    assert isinstance(asked(authenticator, standard(EVENT, NEW, OLD)), Refusal)


def test_attack_194_a_new_delivery_id_makes_no_new_delivery_of_what_github_has_signed():
    authenticator = built(GITHUB)

    assert isinstance(asked(authenticator, {**github(), "X-GitHub-Delivery": "1"}), Principal)
    assert isinstance(asked(authenticator, {**github(), "X-GitHub-Delivery": "2"}), Refusal)


def test_what_github_has_signed_passes_again_when_it_is_forgotten():
    world = World()
    authenticator = built({**GITHUB, "remember": "1h"}, world)
    asked(authenticator, github())
    world.clock.advance(3599)
    assert isinstance(asked(authenticator, github()), Refusal)
    world.clock.advance(2)
    assert isinstance(asked(authenticator, github()), Principal)


def test_a_provider_that_tries_again_signs_anew_and_passes():
    authenticator = built(STANDARD)

    assert isinstance(asked(authenticator, standard()), Principal)
    assert isinstance(asked(authenticator, standard(sent=int(NOW) + 1)), Principal)


@pytest.mark.parametrize(("config", "signed"), TIMED)
@pytest.mark.parametrize("sent", [-311, 11, -10_000, 10_000_000])
def test_attack_194_a_delivery_of_another_time_is_refused_before_its_content_is_read(
    config, signed, sent
):
    content = FakeContent(EVENT)

    outcome = asked(built(config), signed(EVENT, sent=int(NOW) + sent), content)

    assert isinstance(outcome, Refusal)
    assert content.reads == 0


@pytest.mark.parametrize(("config", "signed"), TIMED)
@pytest.mark.parametrize("sent", [-310, 10])
def test_clocks_may_differ_a_little(config, signed, sent):
    assert isinstance(asked(built(config), signed(EVENT, sent=int(NOW) + sent)), Principal)


def test_attack_194_nothing_passes_when_there_is_no_room_to_remember():
    clock = FakeClock()
    world = World(clock=clock, replays=MemoryReplayStore(clock, 1, clock.now))
    authenticator = built(GITHUB, world)
    asked(authenticator, github())

    with pytest.raises(Fault) as caught:
        asked(authenticator, github(b"another"), b"another")
    assert caught.value.reason is Reason.COMMUNICATION


def test_a_wrong_signature_takes_no_room():
    clock = FakeClock()
    authenticator = built(
        GITHUB, World(clock=clock, replays=MemoryReplayStore(clock, 1, clock.now))
    )
    for number in range(3):
        asked(authenticator, github(), b"%d" % number)

    assert isinstance(asked(authenticator, github()), Principal)


def test_attack_193_a_secret_counts_until_its_end():
    world = World()
    old = {"value": whsec(OLD), "until": "2023-11-14T22:14:20Z"}  # a minute later
    authenticator = built({**STANDARD, "secrets": [{"value": whsec(NEW)}, old]}, world)
    assert isinstance(asked(authenticator, standard()), Principal)
    world.clock.advance(60)

    assert isinstance(asked(authenticator, standard(sent=int(NOW) + 60)), Refusal)
    assert isinstance(asked(authenticator, standard(EVENT, NEW, sent=int(NOW) + 60)), Principal)


def test_attack_076_content_that_is_too_large_ends_the_pipeline():
    too_large = Fault(Reason.PRECONDITION, "too large", status=413)

    with pytest.raises(Fault) as caught:
        asked(built(GITHUB), github(), FakeContent(too_large))
    assert caught.value.final
    assert caught.value.status == 413


def test_attack_199_signed_id_and_time_are_there_for_rules_about_the_order():
    principal = asked(built({**STANDARD, "principal": "payments"}), standard())

    assert principal.id == "payments"
    assert principal.attributes == {"id": "msg_1", "timestamp": NOW}


def test_attack_091_what_is_not_signed_is_no_attribute():
    assert asked(built(GITHUB), {**github(), "X-GitHub-Delivery": "1"}).attributes == {}


def test_attack_178_no_refusal_and_no_configuration_shows_a_secret():
    refusal = asked(built(GITHUB), github(b"other"))
    decoded = webhook.TYPE.config.model_validate(GITHUB)

    assert TEXT not in repr(refusal) + repr(decoded)


class TestSecretsOfASource:
    """A secret source may change while deliveries come."""

    CONFIG = """
signature: {type: github}
secrets: [{secret: {source: hooks, selector: first}}, {secret: {source: hooks, selector: next}}]
"""

    @pytest.fixture
    def held(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        self.write("an older secret text", TEXT)
        (document,) = read_documents(
            "secret_management: {hooks: {type: file, config: {path: s.yaml}}}", "edgeauth.yaml"
        )
        return load_secrets(decode(Configuration, document), {}, Collector())

    def write(self, first, second):
        Path("s.yaml").write_text(f"first: {first}\nnext: {second}\n")

    def authenticator(self, held, text=CONFIG):
        (node,) = read_documents(text, "edgeauth.yaml")
        decoded = decode(webhook.TYPE.config, node, {"secrets": held})
        return webhook.TYPE.build("hook", decoded, World(secrets=held).services)

    def test_either_of_two_counts(self, held):
        assert isinstance(asked(self.authenticator(held), github()), Principal)

    def test_attack_193_one_that_is_taken_out_counts_no_more(self, held):
        authenticator = self.authenticator(held)
        self.write("an older secret text", "a newer secret text")
        held.all()[0].reload()

        assert isinstance(asked(authenticator, github()), Refusal)

    def test_attack_190_a_content_with_a_short_secret_is_not_put_in_force(self, held):
        authenticator = self.authenticator(held)
        self.write("short", TEXT)
        with pytest.raises(ValueError, match="less than 16 octets"):
            held.all()[0].reload()

        assert isinstance(asked(authenticator, github()), Principal)

    def test_a_wrong_secret_is_told_with_its_place(self, held):
        with pytest.raises(ConfigurationError) as caught:
            self.authenticator(held, self.CONFIG.replace("github", "standard_webhooks"))
        first, second = caught.value.problems

        assert first.message == "the secret begins with neither whsec_ nor whpk_"
        assert (first.line, second.line) == (3, 3)
        assert first.column < second.column
