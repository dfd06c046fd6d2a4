import re

import pytest

from edgeauth.services.nonces import SealedNonces
from tests.fakes.clock import FakeClock

OLD, NEW, FOREIGN = b"old-old-old-old-", b"new-new-new-new-", b"for-for-for-for-"


def nonces(*keys, clock=None):
    return SealedNonces(lambda: keys or (NEW,), clock or FakeClock())


def test_a_nonce_is_current_for_what_it_was_issued_for():
    made = nonces()
    nonce = made.issue(b"token")

    assert made.is_current(nonce, b"token", 60)
    assert re.fullmatch(r"[A-Za-z0-9_-]{54}", nonce)
    assert made.issue(b"token") != nonce


def test_a_nonce_is_worth_nothing_for_something_else():
    made = nonces()

    assert not made.is_current(made.issue(b"token"), b"other", 60)


@pytest.mark.parametrize(
    ("seconds", "current"), [(60, True), (60.1, False), (-10, True), (-11, False)]
)
def test_a_nonce_ends(seconds, current):
    clock = FakeClock()
    made = nonces(clock=clock)
    nonce = made.issue(b"token")

    clock.advance(seconds)

    assert made.is_current(nonce, b"token", 60) is current


@pytest.mark.parametrize("place", [0, 20, 25, 40, 53])
def test_no_character_of_a_nonce_can_be_changed(place):
    made = nonces()
    nonce = made.issue(b"token")
    changed = nonce[:place] + ("A" if nonce[place] != "A" else "B") + nonce[place + 1 :]

    assert not made.is_current(changed, b"token", 60)


@pytest.mark.parametrize("text", ["", "A" * 53, "A" * 54, "A" * 55, "é" * 54, "=" * 54])
def test_what_is_no_nonce_is_not_current(text):
    assert not nonces().is_current(text, b"token", 60)


def test_instances_with_the_same_key_accept_each_others_nonces():
    assert nonces(NEW).is_current(nonces(NEW).issue(b"token"), b"token", 60)
    assert not nonces(NEW).is_current(nonces(FOREIGN).issue(b"token"), b"token", 60)


def test_keys_can_be_replaced_without_refusing_anybody():
    before, between, after = nonces(OLD), nonces(NEW, OLD), nonces(NEW)

    assert between.is_current(before.issue(b"token"), b"token", 60)
    assert after.is_current(between.issue(b"token"), b"token", 60)
    assert not after.is_current(before.issue(b"token"), b"token", 60)
