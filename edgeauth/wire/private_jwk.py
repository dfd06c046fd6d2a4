"""Private and symmetric keys as JSON (RFC 7517), each checked against its public part.

Trust: the operator's file. It is refused as a whole when one key is wrong, and nothing shows key
material.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url
from edgeauth.wire.jwa import SigningKey, SymmetricKey, algorithms_for
from edgeauth.wire.jwk import MAX_KEY_ID_LENGTH, MAX_KEYS
from edgeauth.wire.key_members import parse_key_members

LEAST_SYMMETRIC_OCTETS: Final = 16
"""Octets that a symmetric key has at least."""
_LONGEST_MEMBER: Final = 2048
_LONGEST_CHAIN: Final = 16


class PrivateJwk(NamedTuple):
    """A key that signs, or a secret.

    Attributes:
        kid: its name.
        key: the key itself.
        algorithm: `alg`; None when the key does not say.
        chain: DER of its certificates, its own first.
        not_before: seconds since the epoch from which it signs; None says nothing.
    """

    kid: str
    key: SigningKey
    algorithm: str | None
    chain: tuple[bytes, ...]
    not_before: float | None

    def __repr__(self) -> str:
        return f"PrivateJwk({self.kid})"


def parse_private_keys(document: Json) -> tuple[PrivateJwk, ...]:
    """Returns the keys of a set, in its order.

    Raises:
        Malformed: it is no key set, is empty, or a key is public, weak, of an unknown kind,
            without a name, or its private part does not belong to its public one.

    Source:
        RFC 7517 section 5; RFC 7518 section 6; RFC 8037 section 2. `nbf` as in OpenID Federation
        1.0 section 8.7.3.
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Malformed("is no key set")
    if not listed:
        raise Malformed("holds no key")
    keys: list[PrivateJwk] = []
    for number, entry in enumerate(listed, start=1):
        try:
            keys.append(_key(entry))
        except Malformed as problem:
            raise Malformed(f"key {number} {problem}") from None
    return tuple(keys)


def _key(document: Json) -> PrivateJwk:
    if not isinstance(document, Mapping):
        raise Malformed("is no object")
    kid = document.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KEY_ID_LENGTH:
        raise Malformed("has no kid")
    if document.get("use", "sig") != "sig":
        raise Malformed("is not for signatures")
    operations = document.get("key_ops", ["sign"])
    if not isinstance(operations, list) or "sign" not in operations:
        raise Malformed("is not for signing")
    key = _material(document)
    algorithm = document.get("alg")
    public = key if isinstance(key, SymmetricKey) else key.public_key()
    if "alg" in document and (
        not isinstance(algorithm, str) or algorithm not in algorithms_for(public)
    ):
        raise Malformed("has an alg for another kind of key")
    not_before = document.get("nbf")
    if not_before is not None and (type(not_before) not in (int, float)):
        raise Malformed("has an nbf that is no date")
    return PrivateJwk(
        kid,
        key,
        algorithm if isinstance(algorithm, str) else None,
        _chain(document),
        float(not_before) if isinstance(not_before, int | float) else None,
    )


def _material(document: Mapping[str, Json]) -> SigningKey:
    if document.get("kty") == "oct":
        secret = _octets(document, "k")
        if len(secret) < LEAST_SYMMETRIC_OCTETS:
            raise Malformed(f"has less than {LEAST_SYMMETRIC_OCTETS} octets")
        return SymmetricKey(secret)
    public = parse_key_members(document)
    try:
        if isinstance(public, rsa.RSAPublicKey):
            return _rsa_key(document, public)
        if isinstance(public, ec.EllipticCurvePublicKey):
            return _elliptic_key(document, public)
        if isinstance(public, Ed25519PublicKey):
            return _edwards_key(document, public)
    except (ValueError, UnsupportedAlgorithm) as error:
        # The library's text may quote the key.
        text = str(error) if isinstance(error, Malformed) else "is no key of its kind"
        raise Malformed(text) from None
    raise Malformed("is of an unknown kind")


def _rsa_key(document: Mapping[str, Json], public: rsa.RSAPublicKey) -> rsa.RSAPrivateKey:
    if "oth" in document:
        raise Malformed("has more than two primes")
    d, p, q, dp, dq, qi = (_number(document, name) for name in ("d", "p", "q", "dp", "dq", "qi"))
    numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public.public_numbers())
    return numbers.private_key()  # refuses numbers that do not belong together (attack 117)


def _elliptic_key(
    document: Mapping[str, Json], public: ec.EllipticCurvePublicKey
) -> ec.EllipticCurvePrivateKey:
    key = ec.derive_private_key(_number(document, "d"), public.curve)
    if key.public_key() != public:
        raise Malformed("has a private part that does not belong to its public part")
    return key


def _edwards_key(document: Mapping[str, Json], public: Ed25519PublicKey) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.from_private_bytes(_octets(document, "d"))
    if key.public_key() != public:
        raise Malformed("has a private part that does not belong to its public part")
    return key


def _chain(document: Mapping[str, Json]) -> tuple[bytes, ...]:
    listed = document.get("x5c", [])
    if not isinstance(listed, list) or len(listed) > _LONGEST_CHAIN:
        raise Malformed("has an x5c that is no chain")
    return tuple(map(_certificate, listed))


def _certificate(entry: Json) -> bytes:
    if not isinstance(entry, str):
        raise Malformed("has an x5c that is no chain")
    try:
        return b64decode(entry, validate=True)
    except (Error, ValueError):
        raise Malformed("has an x5c that is no chain") from None


def _octets(document: Mapping[str, Json], member: str) -> bytes:
    value = document.get(member)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_MEMBER or not value.isascii():
        raise Malformed(f"has no {member}, the private part")
    return decode_base64url(value.encode("ascii"))


def _number(document: Mapping[str, Json], member: str) -> int:
    return int.from_bytes(_octets(document, member), "big")
