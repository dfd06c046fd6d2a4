"""Keys as JSON (RFC 7517): an issuer's key set is read, our own public keys are written.

Trust: an issuer's answer. One bad key must not take the good ones with it, so it is left out and
reported; a set that is no set at all is malformed.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url, encode_base64url
from edgeauth.wire.json import dumps
from edgeauth.wire.jwa import RSA_BITS, SymmetricKey, VerificationKey, algorithms_for

MAX_KEYS: Final = 256
MAX_KEY_ID_LENGTH: Final = 256
_LONGEST_MEMBER: Final = 2048
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_EXPONENTS: Final = range(3, 2**32, 2)


class Curve(NamedTuple):
    """A curve of RFC 7518 section 6.2.1.1."""

    curve: ec.EllipticCurve
    coordinate_octets: int


_CURVES: Final[Mapping[str, Curve]] = {
    "P-256": Curve(ec.SECP256R1(), 32),
    "P-384": Curve(ec.SECP384R1(), 48),
    "P-521": Curve(ec.SECP521R1(), 66),
}


class PublicKey(NamedTuple):
    """A key that verifies, and the algorithms that it may verify with."""

    kid: str | None
    algorithms: frozenset[str]
    material: VerificationKey
    thumbprint: bytes
    """SHA-256 of RFC 7638: equal only for equal keys."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of an issuer.

    Attributes:
        keys: in the order of the set; those with an ambiguous `kid` are not among them.
        problems: one sentence for each key that was left out.
    """

    keys: tuple[PublicKey, ...]
    problems: tuple[str, ...] = ()
    _by_id: Mapping[str, PublicKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {key.kid: key for key in self.keys if key.kid is not None}
        object.__setattr__(self, "_by_id", named)

    def find(self, kid: str) -> PublicKey | None:
        """Returns the only key of that name, or None."""
        return self._by_id.get(kid)


def parse_key_set(document: Json) -> KeySet:
    """Returns the keys of a set that can verify signatures.

    Raises:
        Malformed: the document is no key set, or has more than `MAX_KEYS` keys.

    Source:
        RFC 7517 section 5. Departure: keys that share a `kid` are all left out, because nobody
        can say which one was meant.
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Malformed("the document is no key set")
    kids = Counter(_text_or_empty(entry, "kid") for entry in listed)
    keys: list[PublicKey] = []
    problems: list[str] = []
    for number, entry in enumerate(listed, start=1):
        try:
            key = parse_public_key(entry)
        except Malformed as problem:
            problems.append(f"key {number} {problem}")
            continue
        if key.kid is not None and kids[key.kid] > 1:
            problems.append(f"key {number} shares its kid with another key")
        else:
            keys.append(key)
    return KeySet(tuple(keys), tuple(problems))


def parse_public_key(document: Json) -> PublicKey:
    """Returns the public key that a JWK stands for.

    Raises:
        Malformed: it is of an unknown kind, weak, for encryption, symmetric or private.

    Source:
        RFC 7517 section 4; RFC 7518 section 6; RFC 8037 section 2.
    """
    if not isinstance(document, Mapping):
        raise Malformed("is no object")
    if not _PRIVATE_MEMBERS.isdisjoint(document):
        raise Malformed("holds secret members")
    if document.get("use", "sig") != "sig":
        raise Malformed("is not for signatures")
    operations = document.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise Malformed("is not for verifying")
    material = _material(document)
    return public_key(material, _text(document, "kid"), _text(document, "alg"))


def public_key(
    material: VerificationKey, kid: str | None = None, algorithm: str | None = None
) -> PublicKey:
    """Returns the key with every algorithm that it may be used with, or with the one given.

    Raises:
        Malformed: the key is too weak, or the algorithm is for another kind of key.
    """
    algorithms = algorithms_for(material)
    if algorithm is not None:
        algorithms &= {algorithm}
    if not algorithms:
        raise Malformed("fits no signature algorithm")
    return PublicKey(kid, algorithms, material, thumbprint(material))


def thumbprint(material: VerificationKey) -> bytes:
    """Returns the SHA-256 thumbprint of a key (RFC 7638 section 3, RFC 8037 section 2)."""
    return sha256(dumps(_members(material))).digest()


def to_jwk(
    material: VerificationKey,
    kid: str,
    algorithm: str,
    chain: Sequence[bytes] = (),
) -> dict[str, Json]:
    """Returns a public key as it is published: to verify signatures of one algorithm.

    Args:
        material: the public key.
        kid: its name.
        algorithm: becomes `alg`.
        chain: DER of the certificates, the key's own first (`x5c`, RFC 7517 section 4.7).

    Raises:
        TypeError: the key is a secret.
    """
    if isinstance(material, SymmetricKey):
        raise TypeError("a secret is never published")
    jwk: dict[str, Json] = {**_members(material), "kid": kid, "alg": algorithm, "use": "sig"}
    if chain:
        jwk["x5c"] = [b64encode(certificate).decode("ascii") for certificate in chain]
    return jwk


def _members(material: VerificationKey) -> dict[str, Json]:
    """Returns the members that make up a key, which are those of its thumbprint."""
    if isinstance(material, SymmetricKey):
        return {"kty": "oct", "k": _base64url(material.secret)}
    if isinstance(material, Ed25519PublicKey):
        x = material.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(x)}
    if isinstance(material, rsa.RSAPublicKey):
        numbers = material.public_numbers()
        return {
            "kty": "RSA",
            "n": _base64url_integer(numbers.n),
            "e": _base64url_integer(numbers.e),
        }
    point = material.public_numbers()
    for name, (curve, octets) in _CURVES.items():
        if curve.name == material.curve.name:
            x, y = point.x.to_bytes(octets, "big"), point.y.to_bytes(octets, "big")
            return {"kty": "EC", "crv": name, "x": _base64url(x), "y": _base64url(y)}
    raise Malformed("is on a curve that is not used")


def _material(document: Mapping[str, Json]) -> VerificationKey:
    kind = document.get("kty")
    try:
        if kind == "RSA":
            return _rsa_key(document)
        if kind == "EC":
            return _elliptic_key(document)
        if kind == "OKP" and document.get("crv") == "Ed25519":
            return Ed25519PublicKey.from_public_bytes(_octets(document, "x"))
    except Malformed:
        raise
    except ValueError:
        # The library's text may quote the key.
        raise Malformed("is no key of its kind") from None
    raise Malformed("is of an unknown kind")


def _rsa_key(document: Mapping[str, Json]) -> rsa.RSAPublicKey:
    modulus = int.from_bytes(_octets(document, "n"), "big")
    exponent = int.from_bytes(_octets(document, "e"), "big")
    if modulus.bit_length() not in RSA_BITS or exponent not in _RSA_EXPONENTS:
        raise Malformed("is an RSA key of a size that is not used")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _elliptic_key(document: Mapping[str, Json]) -> ec.EllipticCurvePublicKey:
    known = _CURVES.get(_text(document, "crv") or "")
    if known is None:
        raise Malformed("is on a curve that is not used")
    x, y = _octets(document, "x"), _octets(document, "y")
    if len(x) != known.coordinate_octets or len(y) != known.coordinate_octets:
        raise Malformed("has coordinates of the wrong length")
    point = ec.EllipticCurvePublicNumbers(
        int.from_bytes(x, "big"), int.from_bytes(y, "big"), known.curve
    )
    return point.public_key()


def _octets(document: Mapping[str, Json], member: str) -> bytes:
    value = document.get(member)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_MEMBER or not value.isascii():
        raise Malformed(f"has no {member}")
    return decode_base64url(value.encode("ascii"))


def _text_or_empty(entry: Json, member: str) -> str:
    value = entry.get(member) if isinstance(entry, Mapping) else None
    return value if isinstance(value, str) else ""


def _text(document: Mapping[str, Json], member: str) -> str | None:
    if member not in document:
        return None
    value = document[member]
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY_ID_LENGTH:
        raise Malformed(f"has a {member} that is no name")
    return value


def _base64url(octets: bytes) -> str:
    return encode_base64url(octets).decode("ascii")


def _base64url_integer(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
