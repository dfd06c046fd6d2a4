"""Keys of an issuer and of an edge that are always the same, and tokens signed with them.

The keys are made of small numbers: they are worth nothing, and nothing is stored.
"""

import json
import re
from base64 import urlsafe_b64encode
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@cache
def private_key(algorithm: str, number: int) -> ec.EllipticCurvePrivateKey | Ed25519PrivateKey:
    """Returns a key; the same for the same arguments."""
    if algorithm == "EdDSA":
        return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32))
    return ec.derive_private_key(number, _CURVES[algorithm])


def key_store(algorithm: str) -> bytes:
    """Returns the PEM file that an edge signs with."""
    key = private_key(algorithm, 1_000_003)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def published_key(kid: str, algorithm: str, number: int, **members: object) -> dict[str, object]:
    """Returns a JWK of an issuer; members that are None are left out."""
    implementation = jwt.get_algorithm_by_name(algorithm)
    public = private_key(algorithm, number).public_key()
    key = {
        **implementation.to_jwk(public, as_dict=True),
        "kid": kid, "alg": algorithm, "use": "sig", **members,
    }  # fmt: skip
    return {name: value for name, value in key.items() if value is not None}


def key_set(*, broken: bool = False) -> bytes:
    """Returns what the issuer publishes: keys named after their algorithm, and odd ones.

    Args:
        broken: whether there is one with a certificate that is none.
    """
    keys = [
        published_key("es256", "ES256", 7),
        published_key("es384", "ES384", 8),
        published_key("es512", "ES512", 9),
        published_key("eddsa", "EdDSA", 10),
        published_key("no-alg", "ES256", 11, alg=None),
        published_key("enc", "ES256", 12, use="enc"),
        published_key("other-alg", "ES256", 13, alg="ES384"),
    ]
    if broken:
        keys.append(published_key("broken", "ES256", 14, x5c=["nonsense"]))
    return json.dumps({"keys": keys}).encode()


NUMBERS = {
    "es256": 7, "es384": 8, "es512": 9, "eddsa": 10, "no-alg": 11, "enc": 12, "other-alg": 13,
    "unknown": 7,
}  # fmt: skip


def signed(description: dict, now: int) -> str:
    """Returns a token.

    Args:
        description: `claims`, in which `now+60` is a time; and, if they are not the usual ones,
            `alg`, `key` (whose key signs), `header` (members of the JOSE header, None to leave
            one out), `cut` (how many characters to take from the end).
        now: seconds since 1970.
    """
    algorithm = description.get("alg", "ES256")
    name = description.get("key", algorithm.lower())
    header = {"typ": "JWT", "alg": algorithm, "kid": name, **description.get("header", {})}
    claims = {key: moment(value, now) for key, value in description["claims"].items()}
    key = private_key(algorithm, NUMBERS[name])
    header = {member: value for member, value in header.items() if value is not None}
    octets = b".".join(_encoded(json.dumps(each).encode()) for each in (header, claims))
    signature = jwt.get_algorithm_by_name(algorithm).sign(octets, key)
    token = b".".join((octets, _encoded(signature))).decode()
    return token[: len(token) - description.get("cut", 0)]


def _encoded(octets: bytes) -> bytes:
    return urlsafe_b64encode(octets).rstrip(b"=")


def moment(value: object, now: int) -> object:
    """Returns the time that `now+60` stands for; everything else as it is."""
    found = re.fullmatch(r"now([+-][0-9]+)", value) if isinstance(value, str) else None
    return now + int(found[1]) if found else value
