import base64
import json

import jwt as pyjwt
import pytest
from cryptography import x509

from edgeauth.contract.jwks import publish_keys
from edgeauth.contract.keystore import KeyStoreError, parse_key_store
from edgeauth.contract.signer import Signer
from edgeauth.wire.json import loads
from edgeauth.wire.jwk import parse_key_set
from tests.fakes.certificates import certificate, pem
from tests.fakes.keys import signing_key

EC = signing_key("ES256")
ED = signing_key("EdDSA")
RSA = signing_key("PS256")


def store(*texts):
    return parse_key_store(b"".join(texts))


def test_two_keys_of_one_id_are_refused__attack_125():
    with pytest.raises(KeyStoreError, match="another key a"):
        publish_keys([store(pem(EC, kid="a")), store(pem(ED, kid="a"))])


def test_no_private_member_is_published__attack_125():
    keys = json.loads(publish_keys([store(pem(EC), pem(ED), pem(RSA))]).body)["keys"]

    private = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
    assert all(private.isdisjoint(key) for key in keys)
    assert all(key["use"] == "sig" for key in keys)


def test_every_key_of_every_store_is_published_once_and_in_order():
    shared = store(pem(EC, kid="b"), pem(ED, kid="c"))

    keys = json.loads(publish_keys([shared, store(pem(RSA, kid="a")), shared]).body)["keys"]

    assert [(key["kid"], key["alg"]) for key in keys] == [
        ("a", "PS256"),
        ("b", "ES256"),
        ("c", "EdDSA"),
    ]


def test_a_chain_is_published_with_its_key():
    own = certificate(EC, "edge")

    (key,) = json.loads(publish_keys([store(pem(EC), pem(own))]).body)["keys"]

    assert [x509.load_der_x509_certificate(base64.b64decode(c)) for c in key["x5c"]] == [own]


def test_the_validator_is_strong_and_changes_with_the_keys():
    first = publish_keys([store(pem(EC, kid="a"))])
    same = publish_keys([store(pem(EC, kid="a"))])
    other = publish_keys([store(pem(EC, kid="a"), pem(ED))])

    assert first == same
    assert first.etag != other.etag
    assert first.etag.startswith(b'"')
    assert first.etag.endswith(b'"')


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "PS256"])
def test_a_contract_verifies_with_the_published_keys(algorithm):
    keys = store(pem(EC), pem(ED), pem(RSA))
    key = next(each for each in keys.keys if each.algorithm == algorithm)
    contract = Signer("edge", key).sign("alice", {}, 4_000_000_000.0, 300)

    body = publish_keys([keys]).body

    found = pyjwt.PyJWKSet.from_json(body.decode())[pyjwt.get_unverified_header(contract)["kid"]]
    options = {"verify_nbf": False, "verify_iat": False}
    assert pyjwt.decode(contract, found, [algorithm], options=options)["sub"] == "alice"
    assert parse_key_set(loads(body)).problems == ()
