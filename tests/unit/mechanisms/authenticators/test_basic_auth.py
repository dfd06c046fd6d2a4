import asyncio
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from edgeauth.mechanisms.authenticators import basic_auth
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run, run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World

PLAIN = {"user_id": "alice", "password": "s3:cret"}
HASHED = {
    "user_id": "alice",
    "password": Argon2id(
        salt=b"0123456789abcdef", length=32, iterations=1, lanes=1, memory_cost=64
    ).derive_phc_encoded(b"s3:cret"),
}


def basic(text: str | bytes) -> dict[str, str]:
    octets = text if isinstance(text, bytes) else text.encode()
    return {"Authorization": f"Basic {b64encode(octets).decode()}"}


def asked(config, headers, world=None):
    authenticator = (world or World()).build(basic_auth.TYPE, config)
    return run(authenticator.authenticate(matched(headers=headers)))


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({}, [""]),
        ({"user_id": "a:b", "password": "c"}, ["user_id"]),
        ({"user_id": "a\n", "password": "c"}, ["user_id"]),
        ({"user_id": "", "password": ""}, ["user_id", "password"]),
        ({"user_id": "a", "password": "$argon2i$v=19$m=64,t=1,p=1$YWFhYWFhYWE$YQ"}, ["password"]),
        ({"user_id": "a", "password": "$argon2id$broken"}, ["password"]),
        (
            {**HASHED, "password": HASHED["password"].replace("m=64", "m=9999999")},
            ["password"],
        ),
        ({**PLAIN, "error_signaling": {"realm": "ü"}}, ["error_signaling.realm"]),
        ({**PLAIN, "credentials": {"source": "a"}}, ["credentials"]),
    ],
    ids=[
        "empty",
        "colon-in-user",
        "line-break-in-user",
        "empty-texts",
        "another-argon2",
        "broken-hash",
        "memory-bomb",
        "realm",
        "unknown-key",
    ],
)
def test_a_wrong_configuration_is_refused(config, places):
    assert [place for place, _ in mistakes(basic_auth.TYPE, config)] == places


@pytest.mark.parametrize("config", [PLAIN, HASHED], ids=["plain", "hashed"])
@pytest.mark.parametrize(
    "headers",
    [
        basic("alice:wrong"),
        basic("alice:"),
        basic("alice:s3:cret "),
        basic("Alice:s3:cret"),
        basic("mallory:s3:cret"),
        basic(":s3:cret"),
        basic("alice"),
        basic("alice:s3:cret\x00"),
        basic(b"alice:\xff"),
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic YWxpY2U6czM6Y3JldA=\r"},
        {"Authorization": "Basic"},
        {"Authorization": "Bearer YWxpY2U6czM6Y3JldA=="},
        {},
    ],
    ids=[
        "wrong-password",
        "no-password",
        "longer-password",
        "user-in-another-case",
        "unknown-user",
        "no-user",
        "no-colon",
        "nul",
        "no-utf-8",
        "no-base64",
        "padding",
        "no-credentials",
        "another-scheme",
        "nothing",
    ],
)
def test_whoever_does_not_know_the_password_is_refused_with_a_challenge(config, headers):
    outcome = asked(config, headers)

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.AUTHENTICATION
    assert outcome.challenges == (b'Basic realm="Please authenticate"',)
    assert "s3:cret" not in repr(outcome)


@pytest.mark.parametrize("config", [PLAIN, HASHED], ids=["plain", "hashed"])
def test_the_password_may_hold_colons(config):
    principal = asked(config, basic("alice:s3:cret"))

    assert principal.id == "alice"
    assert principal.attributes == {}


def test_a_missing_credential_is_a_precondition_as_well():
    assert Reason.PRECONDITION in asked(PLAIN, {}).causes


def test_the_challenge_can_be_switched_off():
    outcome = asked({**PLAIN, "error_signaling": {"enabled": False}}, {})

    assert outcome.challenges == ()


def test_a_password_proven_once_needs_no_second_computation_for_a_minute():
    world = World()
    authenticator = world.build(basic_auth.TYPE, HASHED)
    seen = matched(headers=basic("alice:s3:cret"))
    run(authenticator.authenticate(seen))

    assert run_straight(authenticator.authenticate(seen)).id == "alice"
    world.clock.advance(61)
    with pytest.raises(AssertionError, match="suspended"):
        run_straight(authenticator.authenticate(seen))


def test_what_was_remembered_of_another_hash_is_not_believed():
    world = World()
    other = Argon2id(
        salt=b"0123456789abcdef", length=32, iterations=1, lanes=1, memory_cost=64
    ).derive_phc_encoded(b"other")
    asked(HASHED, basic("alice:s3:cret"), world)

    outcome = asked({**HASHED, "password": other}, basic("alice:s3:cret"), world)

    assert isinstance(outcome, Refusal)


def test_a_wrong_user_with_a_known_password_is_refused_although_it_was_proven():
    world = World()
    asked(HASHED, basic("alice:s3:cret"), world)

    assert isinstance(asked(HASHED, basic("bob:s3:cret"), world), Refusal)


def test_neither_the_configuration_nor_the_mechanism_shows_the_password():
    decoded = basic_auth.TYPE.config.model_validate(PLAIN)

    assert "s3:cret" not in repr(decoded)


def test_a_rule_may_set_everything():
    assert basic_auth.TYPE.overridable == {
        "user_id": Override.REPLACE,
        "password": Override.REPLACE,
        "error_signaling": Override.MERGE,
    }


def test_attack_212_passwords_that_come_faster_than_they_can_be_hashed_do_not_queue_up():
    async def flood():
        authenticator = World().build(basic_auth.TYPE, HASHED)
        asked = [
            authenticator.authenticate(matched(headers=basic(f"alice:{number}")))
            for number in range(200)
        ]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        later = await authenticator.authenticate(matched(headers=basic("alice:s3:cret")))
        return outcomes, later

    outcomes, later = run(flood())
    faults = [outcome for outcome in outcomes if isinstance(outcome, Fault)]
    assert {outcome.reason for outcome in outcomes if isinstance(outcome, Refusal)} == {
        Reason.AUTHENTICATION
    }
    assert len(faults) > 100
    assert {fault.reason for fault in faults} == {Reason.COMMUNICATION}
    assert later.id == "alice"
