import uuid

import pytest

from edgeauth.contract.claims import build_claims, random_uuid


@pytest.mark.parametrize("name", ["iss", "sub", "iat", "nbf", "exp", "jti"])
def test_no_rule_can_say_otherwise_than_the_standard_claims__attack_118(name):
    forged = {name: "forged"}

    claims = build_claims(forged, issuer="edgeauth", subject="alice", now=1000.9, ttl=300)

    assert claims[name] != "forged"


def test_claims_are_those_of_the_rule_and_the_standard():
    custom = {"requested_article": "17", "aud": "articles"}

    claims = build_claims(custom, issuer="edgeauth", subject="alice", now=1000.9, ttl=300)

    jti = claims.pop("jti")
    assert uuid.UUID(jti).version == 4
    assert claims == {
        "requested_article": "17",
        "aud": "articles",
        "iss": "edgeauth",
        "sub": "alice",
        "iat": 1000,
        "nbf": 1000,
        "exp": 1300,
    }
    assert custom == {"requested_article": "17", "aud": "articles"}


def test_random_uuids_are_of_version_4_and_differ():
    made = {random_uuid() for _ in range(1000)}

    assert len(made) == 1000
    assert all(str(uuid.UUID(each)) == each for each in made)
    assert {(uuid.UUID(each).version, uuid.UUID(each).variant) for each in made} == {
        (4, uuid.RFC_4122)
    }
