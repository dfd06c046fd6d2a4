"""A subject is all of its principals: what is cached for one of them is not for another."""

import pytest

from edgeauth.model.identity import DEFAULT_PRINCIPAL, Principal, Subject, fingerprint


def principal(name: str, ends: float | None = None) -> Principal:
    return Principal(name, {"name": name}, fingerprint(name.encode()), ends)


ALICE, BOB, CLIENT = principal("alice", 60.0), principal("bob"), principal("client", 30.0)


def test_there_is_no_subject_without_the_default_principal():
    with pytest.raises(KeyError):
        Subject.made_of({"client": CLIENT})


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({DEFAULT_PRINCIPAL: ALICE}, id="one of them missing"),
        pytest.param({DEFAULT_PRINCIPAL: BOB, "client": CLIENT}, id="another default"),
        pytest.param({DEFAULT_PRINCIPAL: ALICE, "client": BOB}, id="another client"),
        pytest.param({DEFAULT_PRINCIPAL: ALICE, "workload": CLIENT}, id="under another name"),
        pytest.param({DEFAULT_PRINCIPAL: CLIENT, "client": ALICE}, id="the other way round"),
        pytest.param({DEFAULT_PRINCIPAL: ALICE, "client": CLIENT, "c": CLIENT}, id="one more"),
    ],
)
def test_the_fingerprint_covers_every_principal_and_its_name(other: dict[str, Principal]):
    made = Subject.made_of({DEFAULT_PRINCIPAL: ALICE, "client": CLIENT})

    assert made.fingerprint != Subject.made_of(other).fingerprint


def test_the_order_of_principals_does_not_matter():
    made = Subject.made_of({DEFAULT_PRINCIPAL: ALICE, "client": CLIENT})

    assert made == Subject.made_of({"client": CLIENT, DEFAULT_PRINCIPAL: ALICE})


def test_a_subject_ends_with_the_first_of_its_principals():
    assert Subject.made_of({DEFAULT_PRINCIPAL: ALICE, "client": CLIENT}).expires_at == 30.0
    assert Subject.made_of({DEFAULT_PRINCIPAL: BOB, "client": CLIENT}).expires_at == 30.0
    assert Subject.made_of({DEFAULT_PRINCIPAL: BOB, "client": BOB}).expires_at is None


def test_id_and_attributes_are_those_of_the_default_principal():
    made = Subject.made_of({"client": CLIENT, DEFAULT_PRINCIPAL: ALICE})

    assert (made.id, made.attributes) == ("alice", {"name": "alice"})
    assert made.others == (("client", "client"),)


def test_one_principal_alone_is_the_subject():
    made = Subject.made_of({DEFAULT_PRINCIPAL: ALICE})

    assert (made.id, made.attributes) == (ALICE.id, ALICE.attributes)
    assert (made.fingerprint, made.expires_at) == (ALICE.fingerprint, ALICE.expires_at)
    assert (dict(made.principals), made.others) == ({DEFAULT_PRINCIPAL: ALICE}, ())
