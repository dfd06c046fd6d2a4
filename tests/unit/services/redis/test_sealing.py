"""Attack 162: entries that others can read and write."""

import pytest
from hypothesis import given, strategies as st

from edgeauth.model.errors import Malformed
from edgeauth.services.redis.sealing import Entry, Sealer

SECRET = "0123456789abcdef0123456789abcdef"
OTHER = SECRET[::-1]
SEALER = Sealer(lambda: (SECRET,))
PLACE = SEALER.place("known.1", b"key")
ENTRY = Entry(1_700_000_000.5, b"fact")


@given(st.floats(0, 4e9), st.binary(max_size=100))
def test_what_was_sealed_is_opened_as_it_was(expires_at, octets):
    entry = Entry(expires_at, octets)

    assert Sealer(lambda: (SECRET,)).open(PLACE, SEALER.seal(PLACE, entry)) == entry


@pytest.mark.parametrize(
    "other",
    [
        Sealer(lambda: (OTHER, SECRET)).place("known.1", b"key"),
        SEALER.place("known.2", b"key"),
        SEALER.place("known.1", b"another"),
        PLACE._replace(name=b"edgeauth:known.1:elsewhere"),
    ],
    ids=["other-secret", "other-kind", "other-key", "other-name"],
)
def test_an_entry_is_opened_in_its_own_place_only(other):
    with pytest.raises(Malformed):
        SEALER.open(other, SEALER.seal(PLACE, ENTRY))


def test_no_octet_of_an_entry_can_be_changed():
    sealed = SEALER.seal(PLACE, ENTRY)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 0x80]) + sealed[at + 1 :]
        with pytest.raises(Malformed):
            SEALER.open(PLACE, changed)


@given(st.binary(max_size=200))
def test_what_was_not_sealed_is_not_opened(octets):
    with pytest.raises(Malformed):
        SEALER.open(PLACE, octets)


def test_attack_157_kind_and_key_do_not_run_into_each_other():
    assert SEALER.place("a", b"bc").key != SEALER.place("ab", b"c").key


def test_what_follows_another_secret_is_found_beside_the_first():
    sealer = Sealer(lambda: (OTHER, SECRET))

    assert sealer.places("known.1", b"key") == [sealer.place("known.1", b"key"), PLACE]


def test_a_secret_that_changes_counts_at_once():
    secrets = [(OTHER,), (SECRET,)]
    sealer = Sealer(lambda: secrets[0])
    assert sealer.place("known.1", b"key") != PLACE

    del secrets[0]

    assert sealer.places("known.1", b"key") == [PLACE]


def test_two_entries_of_the_same_do_not_look_the_same():
    assert SEALER.seal(PLACE, ENTRY) != SEALER.seal(PLACE, ENTRY)


def test_nothing_secret_is_shown():
    shown = f"{SEALER!r} {PLACE!r}"

    assert SECRET not in shown
    assert repr(PLACE.key) not in shown
    assert PLACE.name.startswith(b"edgeauth:known.1:")
