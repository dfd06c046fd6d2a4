import base64
import hmac
import json

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgeauth.model.errors import Malformed
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.jwa import ALGORITHMS, SymmetricKey
from edgeauth.wire.jwk import parse_public_key, public_key
from edgeauth.wire.jws import (
    MAX_HEADER_OCTETS,
    MAX_TOKEN_OCTETS,
    parse_compact,
    sign_compact,
    verify_signature,
)
from tests.fakes.keys import ASYMMETRIC, CURVES, SYMMETRIC, signing_key, verification_key

PAYLOAD = b'{"sub":"alice"}'


def segment(value):
    return encode_base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def token_with(header, algorithm="ES256"):
    """A token that is correctly signed, whatever its header says."""
    signing_input = segment(header) + b"." + segment(PAYLOAD)
    signature = ALGORITHMS[algorithm].sign(signing_key(algorithm), signing_input)
    return signing_input + b"." + encode_base64url(signature)


def verified(token, key, allowed):
    return verify_signature(parse_compact(token), key, allowed)


GOOD = token_with({"alg": "ES256"})
HEAD, BODY, SIGNATURE = GOOD.split(b".")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"garbage", id="one-part"),
        pytest.param(HEAD + b"." + BODY, id="attack-104-two-parts"),
        pytest.param(b".." + SIGNATURE, id="empty-header"),
        pytest.param(HEAD + b"." + BODY + b".", id="attack-94-no-signature"),
        pytest.param(GOOD + b".", id="attack-104-four-parts"),
        pytest.param(b"a.b.c.d.e", id="attack-105-encrypted-token"),
        pytest.param(b'{"payload":"","signatures":[]}', id="attack-104-json-serialisation"),
        pytest.param(b"a" * (MAX_TOKEN_OCTETS + 1), id="attack-106-too-long"),
        pytest.param(
            segment({"alg": "ES256", "x": "a" * MAX_HEADER_OCTETS}) + b".e30.AAAA",
            id="attack-106-header-too-long",
        ),
        pytest.param(HEAD + b"=." + BODY + b"." + SIGNATURE, id="attack-108-padding"),
        pytest.param(b" " + GOOD, id="attack-108-blank"),
        pytest.param(GOOD + b"\n", id="attack-108-newline"),
        pytest.param(HEAD + b"." + BODY + b"." + SIGNATURE[:-1] + b"_", id="attack-108-bits"),
        pytest.param(GOOD.replace(b".", b"\xe3\x80\x82"), id="other-dots"),
    ],
)
def test_what_is_no_compact_token_is_refused(token):
    with pytest.raises(Malformed):
        parse_compact(token)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"alg": "ES256", "crit": ["exp"], "exp": 1}, id="attack-102-unknown-crit"),
        pytest.param({"alg": "ES256", "crit": []}, id="attack-102-empty-crit"),
        pytest.param({"alg": "ES256", "crit": ["b64", "b64"]}, id="attack-102-duplicated-crit"),
        pytest.param({"alg": "ES256", "crit": None}, id="attack-102-null-crit"),
        pytest.param({"alg": "ES256", "b64": False, "crit": ["b64"]}, id="attack-103-detached"),
        pytest.param({"alg": "ES256", "b64": True}, id="attack-103-b64-true"),
        pytest.param({}, id="no-alg"),
        pytest.param({"alg": None}, id="null-alg"),
        pytest.param({"alg": ["ES256"]}, id="list-of-alg"),
        pytest.param({"alg": "ES256", "kid": 7}, id="attack-101-kid-is-a-number"),
        pytest.param({"alg": "ES256", "kid": ""}, id="attack-101-empty-kid"),
        pytest.param({"alg": "ES256", "kid": None}, id="attack-101-null-kid"),
        pytest.param({"alg": "ES256", "kid": "k" * 257}, id="attack-101-endless-kid"),
        pytest.param({"alg": "ES256", "typ": 1}, id="attack-112-typ-is-a-number"),
        pytest.param({"alg": "ES256", "typ": "ＪＷＴ"}, id="attack-112-typ-is-not-ascii"),
        pytest.param([], id="a-list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"alg":"ES256","alg":"none"}', id="alg-twice"),
        pytest.param(b'{"alg":"ES256"', id="cut-off"),
    ],
)
def test_a_header_that_cannot_be_verified_is_refused(header):
    with pytest.raises(Malformed):
        parse_compact(token_with(header))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "ES256K"])
def test_an_unknown_algorithm_never_verifies_even_if_it_is_allowed__attack_94(name):
    key = public_key(verification_key("ES256"))._replace(algorithms=frozenset({name, "ES256"}))
    compact = parse_compact(token_with({"alg": "ES256"}))
    header = compact.header._replace(algorithm=name)

    assert not verify_signature(compact._replace(header=header), key, {name, "ES256"})
    with pytest.raises(Malformed):
        parse_compact(token_with({"alg": name}))


@pytest.mark.parametrize("name", ASYMMETRIC)
@pytest.mark.parametrize("hmac_name", SYMMETRIC)
def test_a_public_key_is_no_secret__attack_95_97_98(name, hmac_name):
    material = verification_key(name)
    spki = material.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for secret in (spki, spki.strip(), b"", b"-" * 64):
        signing_input = segment({"alg": hmac_name}) + b"." + segment(PAYLOAD)
        code = hmac.digest(secret, signing_input, "sha" + hmac_name[2:])
        token = signing_input + b"." + encode_base64url(code)
        key = public_key(material)

        assert not verified(token, key, {hmac_name, name})
        assert not verified(token, key._replace(algorithms=frozenset({hmac_name})), {hmac_name})


def test_a_key_that_is_bound_to_an_algorithm_takes_no_other__attack_96():
    key = public_key(verification_key("PS256"), algorithm="PS256")
    token = sign_compact({"alg": "RS256"}, PAYLOAD, signing_key("RS256"))

    assert not verified(token, key, {"RS256", "PS256"})
    assert verified(token, public_key(verification_key("RS256")), {"RS256", "PS256"})


@pytest.mark.parametrize("name", ASYMMETRIC)
def test_an_algorithm_that_is_not_allowed_is_refused__attack_96(name):
    token = sign_compact({"alg": name}, PAYLOAD, signing_key(name))

    assert not verified(token, public_key(verification_key(name)), {*ASYMMETRIC} - {name})
    assert not verified(token, public_key(verification_key(name)), set())


def test_keys_that_the_token_brings_along_are_not_looked_at__attack_99_100():
    mine = json.loads(pyjwt.algorithms.ECAlgorithm.to_jwk(signing_key("ES256").public_key()))
    token = token_with(
        {
            "alg": "ES256", "jwk": mine, "jku": "http://evil.example/keys",
            "x5u": "http://evil.example/c", "x5c": ["AAAA"], "kid": "../../dev/null",
        }
    )  # fmt: skip
    trusted = parse_public_key(
        json.loads(
            pyjwt.algorithms.ECAlgorithm.to_jwk(
                ec.generate_private_key(ec.SECP256R1()).public_key()
            )
        )
    )

    assert not verified(token, trusted, {"ES256"})
    assert parse_compact(token).header.kid == "../../dev/null"


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("made", ["zeros", "ones", "short", "long", "der", "empty-half"])
def test_a_signature_of_another_form_is_refused__attack_107(name, made):
    token = token_with({"alg": name}, name)
    raw = parse_compact(token).signature
    half = len(raw) // 2
    signature = {
        "zeros": bytes(2 * half),
        "ones": b"\xff" * 2 * half,
        "short": raw[:-1],
        "long": raw + b"\0",
        "der": b"\x30\x06\x02\x01\x01\x02\x01\x01",
        "empty-half": raw[:half],
    }[made]
    forged = token.rpartition(b".")[0] + b"." + encode_base64url(signature)

    assert not verified(forged, public_key(verification_key(name)), {name})


@pytest.mark.parametrize("name", CURVES)
def test_a_key_on_another_curve_is_refused(name):
    token = sign_compact({"alg": name}, PAYLOAD, signing_key(name))
    for other in CURVES.keys() - {name}:
        key = public_key(verification_key(other))._replace(algorithms=frozenset({name}))

        assert not verified(token, key, {name})


def test_a_secret_shorter_than_the_digest_is_refused():
    with pytest.raises(Malformed):
        public_key(SymmetricKey(b"x" * 31))
    with pytest.raises(TypeError):
        sign_compact({"alg": "HS256"}, PAYLOAD, SymmetricKey(b"x" * 31))


@pytest.mark.parametrize(
    ("name", "other"),
    [("RS256", "ES256"), ("ES256", "ES384"), ("EdDSA", "RS256"), ("HS256", "RS256")],
)
def test_a_key_of_another_family_does_not_sign(name, other):
    with pytest.raises(TypeError):
        sign_compact({"alg": name}, PAYLOAD, signing_key(other))


def test_a_token_without_algorithm_is_not_signed():
    with pytest.raises(KeyError):
        sign_compact({"alg": "none"}, PAYLOAD, signing_key("ES256"))


def oracle_key(key):
    return key.secret if isinstance(key, SymmetricKey) else key


@pytest.mark.parametrize("name", [*(set(ASYMMETRIC) - {"Ed25519"}), *SYMMETRIC])
def test_pyjwt_believes_what_we_sign(name):
    token = sign_compact({"alg": name, "typ": "JWT"}, PAYLOAD, signing_key(name))

    assert pyjwt.decode(token, oracle_key(verification_key(name)), [name]) == {"sub": "alice"}


@pytest.mark.parametrize("name", [*(set(ASYMMETRIC) - {"Ed25519"}), *SYMMETRIC])
def test_we_believe_what_pyjwt_signs(name):
    token = pyjwt.encode({"sub": "alice"}, oracle_key(signing_key(name)), name).encode()

    compact = parse_compact(token)

    assert verify_signature(compact, public_key(verification_key(name)), {name})
    assert json.loads(compact.payload) == {"sub": "alice"}
    assert compact.header == (name, None, "jwt")


@pytest.mark.parametrize("name", [*ASYMMETRIC, *SYMMETRIC])
def test_another_key_of_the_family_does_not_verify(name):
    token = bytearray(sign_compact({"alg": name}, PAYLOAD, signing_key(name)))
    compact = parse_compact(bytes(token))

    forged = compact._replace(signing_input=compact.signing_input + b"A")

    assert verify_signature(compact, public_key(verification_key(name)), {name})
    assert not verify_signature(forged, public_key(verification_key(name)), {name})


@pytest.mark.parametrize(
    ("typ", "expected"),
    [
        ("JWT", "jwt"),
        ("application/at+jwt", "at+jwt"),
        ("Application/AT+JWT", "at+jwt"),
        (None, ""),
    ],
)
def test_the_type_is_compared_as_a_media_type(typ, expected):
    header = {"alg": "ES256"} | ({"typ": typ} if typ else {})

    assert parse_compact(token_with(header)).header.media_type == expected


def test_the_example_of_rfc_7515_appendix_a3_verifies():
    key = parse_public_key(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    )
    token = (
        b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        b"cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5d"
        b"jxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    )

    assert verified(token, key, {"ES256"})


def test_the_example_of_rfc_8037_appendix_a4_is_made_and_verifies():
    private = Ed25519PrivateKey.from_private_bytes(
        base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    )
    token = (
        b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        b"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )

    assert sign_compact({"alg": "EdDSA"}, b"Example of Ed25519 signing", private) == token
    assert verified(token, public_key(private.public_key()), {"EdDSA"})


def test_a_secret_does_not_show():
    assert "long" not in repr(signing_key("HS256"))
