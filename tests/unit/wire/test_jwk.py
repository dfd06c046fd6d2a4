import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from edgeauth.model.errors import Malformed
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.jwa import SymmetricKey
from edgeauth.wire.jwk import MAX_KEYS, parse_key_set, parse_public_key, public_key, to_jwk
from tests.fakes.keys import signing_key, verification_key

RFC_7638 = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RFC_8037 = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}


def elliptic(name="ES256", **more):
    return json.loads(ECAlgorithm.to_jwk(verification_key(name))) | more


def without(document, *members):
    return {name: value for name, value in document.items() if name not in members}


def octets(number, length):
    return encode_base64url(number.to_bytes(length, "big")).decode()


POINT = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(None, id="attack-124-null"),
        pytest.param("key", id="attack-124-text"),
        pytest.param({}, id="attack-124-empty"),
        pytest.param({"kty": "oct", "k": "A" * 43}, id="attack-125-symmetric"),
        pytest.param({"kty": "oct"}, id="attack-97-symmetric-without-value"),
        pytest.param(elliptic(d="AAAA"), id="attack-125-private"),
        pytest.param(json.loads(RSAAlgorithm.to_jwk(signing_key("RS256"))), id="attack-125-rsa"),
        pytest.param(elliptic(use="enc"), id="for-encryption"),
        pytest.param(elliptic(use=None), id="use-is-null"),
        pytest.param(elliptic(key_ops=["sign"]), id="for-signing-only"),
        pytest.param(elliptic(key_ops="verify"), id="operations-are-text"),
        pytest.param(elliptic(alg="RS256"), id="attack-96-algorithm-of-another-family"),
        pytest.param(elliptic(alg="ES384"), id="attack-96-algorithm-of-another-curve"),
        pytest.param(elliptic(alg="HS256"), id="attack-95-hmac"),
        pytest.param(elliptic(alg="none"), id="attack-94-none"),
        pytest.param(elliptic(alg=None), id="alg-is-null"),
        pytest.param(elliptic(kid=1), id="kid-is-a-number"),
        pytest.param(elliptic(kid=""), id="kid-is-empty"),
        pytest.param(elliptic(kid="k" * 257), id="attack-101-endless-kid"),
        pytest.param(elliptic(crv="P-384"), id="coordinates-of-another-curve"),
        pytest.param(elliptic(crv="secp256k1"), id="curve-that-is-not-used"),
        pytest.param(elliptic(crv=7), id="curve-is-a-number"),
        pytest.param(elliptic(y=octets(POINT.y, 32)), id="not-on-the-curve"),
        pytest.param(elliptic(x=octets(POINT.x, 33), y=octets(POINT.y, 33)), id="too-long"),
        pytest.param(elliptic(x=octets(0, 32), y=octets(0, 32)), id="infinity"),
        pytest.param(without(elliptic(), "y"), id="no-y"),
        pytest.param(elliptic(x="ä"), id="no-ascii"),
        pytest.param(elliptic(x="A" * 4000), id="endless-coordinate"),
        pytest.param(elliptic(x=elliptic()["x"] + "="), id="padding"),
        pytest.param(RFC_7638 | {"e": "AQ"}, id="exponent-one"),
        pytest.param(RFC_7638 | {"e": "AQAA"}, id="even-exponent"),
        pytest.param(RFC_7638 | {"e": "A" * 100}, id="exponent-zero"),
        pytest.param(RFC_7638 | {"e": "_" * 100}, id="giant-exponent"),
        pytest.param(RFC_7638 | {"n": octets(2**1023 + 1, 128)}, id="rsa-1024"),
        pytest.param(RFC_7638 | {"n": octets(2**9000 + 1, 1126)}, id="rsa-9001"),
        pytest.param(RFC_7638 | {"n": 17}, id="modulus-is-a-number"),
        pytest.param(RFC_8037 | {"x": "AAAA"}, id="short-ed25519"),
        pytest.param(RFC_8037 | {"crv": "X25519"}, id="x25519"),
        pytest.param(RFC_8037 | {"crv": "Ed448"}, id="ed448"),
    ],
)
def test_a_bad_key_is_left_out_and_reported_and_the_good_one_stays(document):
    good = elliptic("ES384", kid="good")

    keys = parse_key_set({"keys": [document, good]})

    assert [key.kid for key in keys.keys] == ["good"]
    assert keys.find("good") is not None
    assert len(keys.problems) == 1
    assert keys.problems[0].startswith("key 1 ")
    with pytest.raises(Malformed):
        parse_public_key(document)


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"keys": [{}] * (MAX_KEYS + 1)}],
    ids=str,
)
def test_what_is_no_key_set_is_refused(document):
    with pytest.raises(Malformed):
        parse_key_set(document)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(elliptic("ES384", kid="a"), id="two-good-ones"),
        pytest.param(elliptic("ES256", kid="a"), id="twice-the-same"),
        pytest.param({"kty": "oct", "k": "AAAA", "kid": "a"}, id="one-good-one-symmetric"),
    ],
)
def test_keys_that_share_a_kid_are_all_left_out__attack_125(other):
    keys = parse_key_set({"keys": [elliptic("ES256", kid="a"), other, elliptic("ES512", kid="b")]})

    assert [key.kid for key in keys.keys] == ["b"]
    assert keys.find("a") is None
    assert len(keys.problems) == 2


def test_keys_without_kid_do_not_stand_in_each_others_way():
    keys = parse_key_set({"keys": [elliptic("ES256"), elliptic("ES384")]})

    assert [key.kid for key in keys.keys] == [None, None]


def test_a_problem_does_not_show_the_key():
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "name"}

    assert "c2VjcmV0" not in str(parse_key_set({"keys": [secret]}))


def test_a_key_without_alg_may_be_used_with_every_algorithm_of_its_family():
    assert parse_public_key(without(RFC_7638, "alg")).algorithms == {
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    }  # fmt: skip
    assert parse_public_key(RFC_7638).algorithms == {"RS256"}
    assert parse_public_key(RFC_8037).algorithms == {"EdDSA", "Ed25519"}
    assert parse_public_key(elliptic("ES512")).algorithms == {"ES512"}


@pytest.mark.parametrize(
    ("document", "thumbprint"),
    [
        pytest.param(
            RFC_7638, b"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", id="rfc-7638-section-3.1"
        ),
        pytest.param(
            RFC_8037, b"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", id="rfc-8037-appendix-a3"
        ),
    ],
)
def test_the_thumbprint_is_that_of_the_standard(document, thumbprint):
    assert encode_base64url(parse_public_key(document).thumbprint) == thumbprint


@pytest.mark.parametrize("name", ["RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"])
def test_what_is_published_is_what_pyjwt_and_we_read(name):
    material = verification_key(name)

    document = to_jwk(material, "key-1", name)

    assert parse_public_key(document) == public_key(material, "key-1", name)
    oracle = {"R": RSAAlgorithm, "P": RSAAlgorithm, "ES": ECAlgorithm, "Ed": OKPAlgorithm}
    reader = oracle.get(name[:2]) or oracle[name[:1]]
    assert reader.from_jwk(json.dumps(document)) == material
    assert document["use"] == "sig"
    assert "x5c" not in document


def test_certificates_are_published_in_standard_base64():
    document = to_jwk(verification_key("ES256"), "a", "ES256", [b"\xff\xfe", b"\x00"])

    assert document["x5c"] == ["//4=", "AA=="]


def test_a_secret_is_not_published():
    with pytest.raises(TypeError):
        to_jwk(SymmetricKey(b"x" * 64), "a", "HS256")


def test_a_weak_key_fits_no_algorithm():
    numbers = rsa.RSAPublicNumbers(65537, 2**1023 + 1)
    with pytest.raises(Malformed):
        public_key(numbers.public_key())
    with pytest.raises(Malformed):
        public_key(ec.generate_private_key(ec.SECP256K1()).public_key())


def test_a_small_coordinate_keeps_its_leading_zeros():
    while True:
        point = ec.generate_private_key(ec.SECP256R1()).public_key()
        if point.public_numbers().x < 2**248:
            break

    document = to_jwk(point, "a", "ES256")

    assert len(base64.urlsafe_b64decode(document["x"] + "=")) == 32
    assert parse_public_key(document).material == point
