"""The members of a JWK that make up its key (RFC 7518 section 6, RFC 8037 section 2).

Trust: an issuer's answer. Coordinates have one length, numbers one spelling.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url, encode_base64url
from edgeauth.wire.jwa import RSA_BITS, SymmetricKey, VerificationKey

_LONGEST_MEMBER: Final = 2048
_RSA_EXPONENTS: Final = range(3, 2**32, 2)


class _Curve(NamedTuple):
    """A curve of RFC 7518 section 6.2.1.1."""

    curve: ec.EllipticCurve
    coordinate_octets: int


_CURVES: Final[Mapping[str, _Curve]] = {
    "P-256": _Curve(ec.SECP256R1(), 32),
    "P-384": _Curve(ec.SECP384R1(), 48),
    "P-521": _Curve(ec.SECP521R1(), 66),
}


def _powers(base: int, modulus: int) -> frozenset[int]:
    """Returns every residue that is a power of the base."""
    found, power = set(), 1
    while power not in found:
        found.add(power)
        power = power * base % modulus
    return frozenset(found)


_WEAK_RESIDUES: Final = tuple(
    (prime, _powers(65_537, prime))
    for prime in range(3, 168)
    if all(prime % divisor for divisor in range(2, prime))
)
"""For each small prime what it leaves of a modulus that Infineon's library has made: its factors
are powers of 65537 there. Of other moduli one in more than 2^27 looks like that.

Source:
    Nemec et al., The Return of Coppersmith's Attack (CCS 2017).
"""


def key_members(material: VerificationKey) -> dict[str, Json]:
    """Returns the members that make up a key: those of its thumbprint (RFC 7638 section 3.2).

    Raises:
        Malformed: the key is on a curve that is not used.
    """
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


def parse_key_members(document: Mapping[str, Json]) -> VerificationKey:
    """Returns the public key that the members of a JWK describe.

    Raises:
        Malformed: a member is missing or not canonical, the key is weak or of an unknown kind.
    """
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
    if all(modulus % prime in residues for prime, residues in _WEAK_RESIDUES):
        raise Malformed("is an RSA key whose factors can be found (CVE-2017-15361)")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _elliptic_key(document: Mapping[str, Json]) -> ec.EllipticCurvePublicKey:
    name = document.get("crv")
    known = _CURVES.get(name) if isinstance(name, str) else None
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


def _base64url(octets: bytes) -> str:
    return encode_base64url(octets).decode("ascii")


def _base64url_integer(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
