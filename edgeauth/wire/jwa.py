"""The signature algorithms of JOSE, each bound to the one kind of key that it takes.

The key decides, not the token: an algorithm refuses every key of another family, so that a public
key can never be mistaken for a shared secret. `none` does not exist here.

Trust: signatures and messages are hostile; keys come from configuration or an issuer's key set.

Source:
    RFC 7518 section 3, RFC 8037 section 3.1 (EdDSA), RFC 9864 section 2.2 (Ed25519).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)


class SymmetricKey(NamedTuple):
    """A secret shared with whoever signs (`kty: oct`); never made from a public key."""

    secret: bytes

    def __repr__(self) -> str:
        return "SymmetricKey(***)"


VerificationKey: TypeAlias = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Ed25519PublicKey | SymmetricKey
)
"""What signatures are verified with."""

SigningKey: TypeAlias = (
    rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey | SymmetricKey
)
"""What signatures are made with."""

RSA_BITS: Final = range(2048, 8193)
"""Sizes of RSA keys that are used; larger ones cost the verifier too much."""


class Algorithm(Protocol):
    """One value of `alg`."""

    @property
    def name(self) -> str:
        """Returns the value of `alg`."""

    def fits(self, key: VerificationKey) -> bool:
        """Returns whether the key may be used with this algorithm."""

    def verify(self, key: VerificationKey, signature: bytes, message: bytes) -> bool:
        """Returns True only if the key fits and has signed the message."""

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Returns the signature; raises TypeError for a key of another family."""


@dataclass(frozen=True, slots=True)
class RsaAlgorithm:
    """RSASSA-PKCS1-v1_5 or RSASSA-PSS (RFC 7518 sections 3.3 and 3.5)."""

    name: str
    digest: hashes.HashAlgorithm
    padding: padding.AsymmetricPadding

    def fits(self, key: VerificationKey) -> bool:
        """Returns whether the key is an RSA key of a size that is used."""
        return isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_BITS

    def verify(self, key: VerificationKey, signature: bytes, message: bytes) -> bool:
        """Returns True only if the RSA key has signed the message."""
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        try:
            key.verify(signature, message, self.padding, self.digest)
        except InvalidSignature:
            return False
        return True

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Returns the signature over the message."""
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{self.name} needs an RSA key")
        return key.sign(message, self.padding, self.digest)


@dataclass(frozen=True, slots=True)
class EcdsaAlgorithm:
    """ECDSA on one curve (RFC 7518 section 3.4); the signature is r and s side by side."""

    name: str
    digest: ec.ECDSA
    curve: str
    coordinate_octets: int

    def fits(self, key: VerificationKey) -> bool:
        """Returns whether the key is on this algorithm's curve."""
        return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == self.curve

    def verify(self, key: VerificationKey, signature: bytes, message: bytes) -> bool:
        """Returns True only if the key is on the curve and has signed the message."""
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != self.curve:
            return False
        half = self.coordinate_octets
        if len(signature) != 2 * half:
            return False
        r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        try:
            key.verify(encode_dss_signature(r, s), message, self.digest)
        except InvalidSignature:
            return False
        return True

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Returns the signature over the message."""
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != self.curve:
            raise TypeError(f"{self.name} needs a key on {self.curve}")
        r, s = decode_dss_signature(key.sign(message, self.digest))
        half = self.coordinate_octets
        return r.to_bytes(half, "big") + s.to_bytes(half, "big")


@dataclass(frozen=True, slots=True)
class Ed25519Algorithm:
    """Ed25519 under either of its names (RFC 8037 section 3.1, RFC 9864 section 2.2)."""

    name: str

    def fits(self, key: VerificationKey) -> bool:
        """Returns whether the key is an Ed25519 key."""
        return isinstance(key, Ed25519PublicKey)

    def verify(self, key: VerificationKey, signature: bytes, message: bytes) -> bool:
        """Returns True only if the Ed25519 key has signed the message."""
        if not isinstance(key, Ed25519PublicKey):
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Returns the signature over the message."""
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{self.name} needs an Ed25519 key")
        return key.sign(message)


@dataclass(frozen=True, slots=True)
class HmacAlgorithm:
    """HMAC with a shared secret (RFC 7518 section 3.2)."""

    name: str
    digest: str
    digest_octets: int

    def fits(self, key: VerificationKey) -> bool:
        """Returns whether the key is a secret at least as long as the digest."""
        return isinstance(key, SymmetricKey) and len(key.secret) >= self.digest_octets

    def verify(self, key: VerificationKey, signature: bytes, message: bytes) -> bool:
        """Returns True only if the signature is this secret's; compares in constant time."""
        if not isinstance(key, SymmetricKey) or not self.fits(key):
            return False
        return hmac.compare_digest(hmac.digest(key.secret, message, self.digest), signature)

    def sign(self, key: SigningKey, message: bytes) -> bytes:
        """Returns the authentication code of the message."""
        if not isinstance(key, SymmetricKey) or not self.fits(key):
            raise TypeError(f"{self.name} needs a secret of {self.digest_octets} octets or more")
        return hmac.digest(key.secret, message, self.digest)


def _all() -> tuple[Algorithm, ...]:
    sizes: tuple[tuple[str, hashes.HashAlgorithm, str], ...] = (
        ("256", hashes.SHA256(), "secp256r1"),
        ("384", hashes.SHA384(), "secp384r1"),
        ("512", hashes.SHA512(), "secp521r1"),
    )
    made: list[Algorithm] = [Ed25519Algorithm("EdDSA"), Ed25519Algorithm("Ed25519")]
    for size, digest, curve in sizes:
        octets = digest.digest_size
        pss = padding.PSS(padding.MGF1(digest), octets)
        made += (
            RsaAlgorithm("RS" + size, digest, padding.PKCS1v15()),
            RsaAlgorithm("PS" + size, digest, pss),
            EcdsaAlgorithm("ES" + size, ec.ECDSA(digest), curve, 66 if octets == 64 else octets),
            HmacAlgorithm("HS" + size, "sha" + size, octets),
        )
    return tuple(made)


ALGORITHMS: Final[Mapping[str, Algorithm]] = {algorithm.name: algorithm for algorithm in _all()}
"""Every algorithm that is understood, by its `alg`."""


def algorithms_for(key: VerificationKey) -> frozenset[str]:
    """Returns the algorithms that a key may be used with; empty for keys that are too weak."""
    return frozenset(name for name, algorithm in ALGORITHMS.items() if algorithm.fits(key))
