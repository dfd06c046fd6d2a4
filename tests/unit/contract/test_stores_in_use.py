import json
from datetime import UTC, datetime

import pytest

from edgeauth.contract.key_states import KeyTurn
from edgeauth.contract.keystore import KeyStore, KeyStoreError, parse_key_store
from edgeauth.contract.signers import Signers
from edgeauth.contract.stores_in_use import LEEWAY, PUBLISH_BEFORE
from edgeauth.ports.key_places import KeyPlace
from edgeauth.wire.base64url import decode_base64url
from tests.fakes.certificates import NOW, pem
from tests.fakes.clock import FakeClock
from tests.fakes.keys import signing_key

PLACE = KeyPlace("keys.pem")
TTL = 300.0
EC, ED, RSA = (pem(signing_key(name), kid=name[:2]) for name in ("ES256", "EdDSA", "PS256"))


def from_date(text: bytes, seconds: float) -> bytes:
    """Returns a key with the date from which it signs."""
    date = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    head, _, rest = text.partition(b"\n")
    return head + b"\nX-Active-From: " + date + b"\n" + rest


class Held:
    """A store that a test exchanges, as a source does it."""

    def __init__(self, text: bytes) -> None:
        self.key_store = parse_key_store(text)
        self.checks = {}

    def require(self, name, check) -> None:
        check(self.key_store)
        self.checks[name] = check

    def becomes(self, text: bytes) -> None:
        changed = parse_key_store(text) if text else KeyStore("keys.pem", ())
        for check in self.checks.values():
            check(changed)
        self.key_store = changed


class World:
    def __init__(self, text: bytes) -> None:
        self.clock = FakeClock(NOW)
        self.held = Held(text)
        world = self

        class Stores:
            def key_store(self, place):
                return world.held

        self.signers = Signers(self.clock, Stores())

    def signs(self, signer) -> str:
        header = signer.sign("alice", {}, self.clock.now(), TTL).split(b".")[0]
        return json.loads(decode_base64url(header))["kid"]

    def published(self) -> list[str]:
        return [key["kid"] for key in json.loads(self.signers.published().body)["keys"]]


def test_a_key_without_dates_signs_as_the_order_says():
    world = World(EC + ED)
    assert world.signs(world.signers.signer("edge", PLACE, TTL)) == "ES"
    assert world.signs(world.signers.signer("edge", PLACE._replace(key_id="Ed"), TTL)) == "Ed"
    assert world.published() == ["ES", "Ed"]


def test_the_next_key_is_published_before_it_signs_and_the_old_one_until_its_contracts_end():
    world = World(EC + from_date(ED, NOW + 600))
    signer = world.signers.signer("edge", PLACE, TTL)
    seen = []
    for moment in (0, 599, 600, 600 + TTL, 600 + TTL + LEEWAY - 1, 600 + TTL + LEEWAY):
        world.clock.advance(NOW + moment - world.clock.now())
        seen.append((world.signs(signer), world.published()))
    both = ["ES", "Ed"]
    assert seen == [("ES", both), ("ES", both), *[("Ed", both)] * 3, ("Ed", ["Ed"])]


def test_the_fingerprint_changes_with_the_key_so_that_no_cache_serves_the_former__attack_193():
    world = World(EC + from_date(ED, NOW + 600))
    signer = world.signers.signer("edge", PLACE, TTL)
    before = signer.fingerprint
    assert signer.fingerprint == before
    world.clock.advance(600)
    assert signer.fingerprint != before


def test_a_signer_notices_another_store_that_others_have_seen_before__attack_193():
    world = World(EC)
    first = world.signers.signer("edge", PLACE, TTL)
    second = world.signers.signer("edge", PLACE, TTL)
    before = first.fingerprint
    world.held.becomes(ED)
    assert world.published() == ["Ed"]
    assert second.fingerprint != before
    assert first.fingerprint == second.fingerprint


def test_a_key_without_a_date_that_comes_in_first_waits_until_verifiers_know_it():
    world = World(EC)
    signer = world.signers.signer("edge", PLACE, TTL)
    world.held.becomes(ED + EC)
    assert (world.signs(signer), world.published()) == ("ES", ["ES", "Ed"])
    world.clock.advance(PUBLISH_BEFORE - 1)
    assert world.signs(signer) == "ES"
    world.clock.advance(1)
    assert world.signs(signer) == "Ed"
    world.held.becomes(ED)
    assert world.published() == ["Ed"]


def test_a_key_that_is_taken_out_is_gone_at_once__attack_193():
    world = World(EC + ED)
    signer = world.signers.signer("edge", PLACE, TTL)
    assert world.signs(signer) == "ES"
    world.held.becomes(ED)
    assert (world.signs(signer), world.published()) == ("Ed", ["Ed"])


def test_a_key_that_is_alone_does_not_wait():
    world = World(EC)
    signer = world.signers.signer("edge", PLACE, TTL)
    world.held.becomes(RSA)
    assert world.signs(signer) == "PS"


@pytest.mark.parametrize("text", [b"", EC], ids=["no-key", "not-the-key-that-is-asked-for"])
def test_a_content_that_a_signer_could_not_go_on_with_is_refused__attack_216(text):
    world = World(EC + ED)
    signer = world.signers.signer("edge", PLACE._replace(key_id="Ed"), TTL)
    with pytest.raises(KeyStoreError):
        world.held.becomes(text)
    assert world.signs(signer) == "Ed"


def test_a_key_that_is_asked_for_by_its_id_is_published_for_ever():
    world = World(EC + from_date(ED, NOW - 10_000))
    named = world.signers.signer("edge", PLACE._replace(key_id="ES"), TTL)
    assert world.signs(named) == "ES"
    assert world.published() == ["ES", "Ed"]


def test_the_longest_contract_decides_how_long_a_key_is_published():
    world = World(EC + from_date(ED, NOW - 1_000))
    world.signers.signer("edge", PLACE, TTL)
    assert world.published() == ["Ed"]
    world.signers.signer("edge", PLACE, 1_000.0)
    assert world.published() == ["ES", "Ed"]


def test_states_are_told_without_key_material():
    world = World(EC + from_date(ED, NOW - 10) + from_date(RSA, NOW + 10))
    world.signers.signer("edge", PLACE, TTL)
    states = world.signers.states()
    assert [(each.kid, each.turn) for each in states] == [
        ("ES", KeyTurn.RETIRING), ("Ed", KeyTurn.ACTIVE), ("PS", KeyTurn.NEXT),
    ]  # fmt: skip
    assert states[1].active_from == NOW - 10


@pytest.mark.parametrize(
    "date", ["tomorrow", "2026-01-31", "2026-13-01T00:00:00Z", "2026-01-31T12:00:00+01:00"]
)
def test_a_date_that_is_none_is_refused(date):
    with pytest.raises(KeyStoreError, match="X-Active-From"):
        parse_key_store(EC.replace(b"X-Key-ID", f"X-Active-From: {date}\nX-Key-ID".encode()))
