import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from edgeauth.contract.keystore import KeyStoreError
from edgeauth.contract.stored_jwks import parse_stored_jwks
from edgeauth.model.errors import Malformed
from edgeauth.wire.private_jwk import parse_private_keys
from tests.fakes.certificates import certificate
from tests.fakes.keys import signing_key

EC_KEY, ED_KEY, RSA_KEY = signing_key("ES256"), signing_key("EdDSA"), signing_key("PS256")
SECRET = {"kty": "oct", "kid": "s", "k": base64.urlsafe_b64encode(b"k" * 33).decode().rstrip("=")}


def jwk(key, kid="a", **more):
    kinds = {
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        rsa.RSAPrivateKey: RSAAlgorithm,
        Ed25519PrivateKey: OKPAlgorithm,
    }
    of = next(found for base, found in kinds.items() if isinstance(key, base))
    return {**of.to_jwk(key, as_dict=True), "kid": kid, **more}


def without(entry, name):
    return {key: value for key, value in entry.items() if key != name}


EC, ED, RSA = (jwk(key) for key in (EC_KEY, ED_KEY, RSA_KEY))
OTHER_EC, OTHER_ED = jwk(ec.generate_private_key(ec.SECP256R1())), jwk(Ed25519PrivateKey.generate())
OTHER_RSA = jwk(rsa.generate_private_key(65537, 2048))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (None, "no key set"),
        ({"keys": {}}, "no key set"),
        ({"keys": [EC] * 257}, "no key set"),
        ({"keys": []}, "no key"),
        ({"keys": ["x"]}, "key 1 is no object"),
        ({"keys": [without(EC, "kid")]}, "no kid"),
        ({"keys": [{**EC, "kid": ""}]}, "no kid"),
        ({"keys": [without(EC, "d")]}, "private part"),
        ({"keys": [{**EC, "d": OTHER_EC["d"]}]}, "does not belong"),
        ({"keys": [{**ED, "d": OTHER_ED["d"]}]}, "does not belong"),
        ({"keys": [{**RSA, "d": OTHER_RSA["d"]}]}, "no key of its kind"),
        ({"keys": [{**RSA, "n": OTHER_RSA["n"]}]}, "no key of its kind"),
        ({"keys": [{**RSA, "oth": []}]}, "two primes"),
        ({"keys": [{**EC, "kty": "DH"}]}, "unknown kind"),
        ({"keys": [{**EC, "alg": "EdDSA"}]}, "another kind of key"),
        ({"keys": [{**EC, "alg": ["ES256"]}]}, "another kind of key"),
        ({"keys": [{**EC, "use": "enc"}]}, "not for signatures"),
        ({"keys": [{**EC, "key_ops": ["verify"]}]}, "not for signing"),
        ({"keys": [{**EC, "nbf": "today"}]}, "no date"),
        ({"keys": [{**EC, "nbf": True}]}, "no date"),
        ({"keys": [{**EC, "x5c": "a"}]}, "no chain"),
        ({"keys": [{**EC, "x5c": [1]}]}, "no chain"),
        ({"keys": [without(SECRET, "k")]}, "no k"),
        ({"keys": [{**SECRET, "k": "YWFh"}]}, "less than 16 octets"),
        ({"keys": [{**SECRET, "k": ""}]}, "no k"),
    ],
)
def test_a_set_with_anything_wrong_is_refused__attacks_117_125_190(document, told):
    with pytest.raises(Malformed, match=told) as caught:
        parse_private_keys(document)
    assert str(EC["d"]) not in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ([EC, {**ED, "kid": "a"}], "two keys are called a"),
        ([EC, {**SECRET, "kid": "a"}], "two keys are called a"),
        ([{**EC, "x5c": ["AAAA"]}], "certificate can not be read"),
    ],
)
def test_a_store_with_anything_wrong_is_refused(keys, told):
    with pytest.raises(KeyStoreError, match=told):
        parse_stored_jwks(json.dumps({"keys": keys}).encode(), "keys.json")


def test_a_certificate_of_another_key_is_refused__attack_117():
    octets = base64.b64encode(certificate(RSA_KEY, "edge").public_bytes(Encoding.DER)).decode()
    with pytest.raises(KeyStoreError, match="belongs to no key"):
        parse_stored_jwks(json.dumps({"keys": [{**EC, "x5c": [octets]}]}).encode(), "keys.json")


def test_keys_of_every_kind_are_read_in_their_order():
    own = base64.b64encode(certificate(EC_KEY, "edge").public_bytes(Encoding.DER)).decode()
    keys = [
        {**ED, "kid": "ed", "nbf": 1_700_000_000},
        {**EC, "kid": "ec", "x5c": [own]},
        SECRET,
        {**RSA, "kid": "rsa", "alg": "RS256"},
    ]
    store, symmetric = parse_stored_jwks(json.dumps({"keys": keys}).encode(), "keys.json")
    assert [(key.kid, key.algorithm) for key in store.keys] == [
        ("ed", "EdDSA"), ("ec", "ES256"), ("rsa", "RS256"),
    ]  # fmt: skip
    assert store.keys[0].active_from == 1_700_000_000
    assert len(store.keys[1].chain) == 1
    assert symmetric == {"s": b"k" * 33}
    assert "k" * 33 not in repr((store, symmetric.keys()))
