"""Signing keys for tests, made once a run: one of each family, by the algorithm they sign with."""

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from edgeauth.wire.jwa import SigningKey, SymmetricKey, VerificationKey

ASYMMETRIC = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
)  # fmt: skip
SYMMETRIC = ("HS256", "HS384", "HS512")
CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}


@cache
def _made(family: str) -> SigningKey:
    if family == "RSA":
        return rsa.generate_private_key(65537, 2048)
    if family == "Ed":
        return Ed25519PrivateKey.generate()
    if family == "HS":
        return SymmetricKey(b"a secret that is long enough for SHA-512, that is 64 octets long")
    return ec.generate_private_key(CURVES[family]())


def signing_key(algorithm: str) -> SigningKey:
    """Returns the key that tests sign with; the same for every call."""
    family = "RSA" if algorithm[:2] in ("RS", "PS") else algorithm
    return _made(family[:2] if family[:2] in ("Ed", "HS") else family)


def verification_key(algorithm: str) -> VerificationKey:
    """Returns the counterpart of `signing_key`."""
    key = signing_key(algorithm)
    return key if isinstance(key, SymmetricKey) else key.public_key()


def write_key_store(path: Path, algorithm: str = "ES256") -> None:
    """Writes a PEM key store that holds the key of an algorithm."""
    key = signing_key(algorithm)
    assert not isinstance(key, SymmetricKey)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
