"""Private keys and certificates as they stand in a PEM text.

Trust: the operator's file. Whatever is wrong with it is refused; nothing shows key material.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)

from edgeauth.contract.chains import build_chain, subject_key_identifier
from edgeauth.model.errors import Malformed
from edgeauth.wire.jwa import VerificationKey
from edgeauth.wire.pem import PemBlock, parse_pem

_PRIVATE_KEY_LABELS: Final = frozenset(
    {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}
)
# OpenSSL writes the curve's name in front of a SEC1 key; the key says it again.
_CERTIFICATE: Final = "CERTIFICATE"
_PUBLIC_LABELS: Final = frozenset({_CERTIFICATE, "EC PARAMETERS"})
_KEY_ID_HEADER: Final = "x-key-id"
_SINCE_HEADER: Final = "x-active-from"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_RSA_ALGORITHMS: Final[Mapping[int, str]] = {2048: "PS256", 3072: "PS384", 4096: "PS512"}
_CURVE_ALGORITHMS: Final[Mapping[str, str]] = {
    "secp256r1": "ES256",
    "secp384r1": "ES384",
    "secp521r1": "ES512",
}

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey
"""A key of a kind that edgeauth signs with."""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A private key, what it is called and who vouches for it.

    Attributes:
        kid: its name, unique in the store.
        algorithm: the only value of `alg` that it signs with.
        private_key: the key itself.
        chain: its certificates, its own one first; empty when it has none.
        active_from: seconds since the epoch from which it signs in the place of others; None
            when the store says nothing.
    """

    kid: str
    algorithm: str
    private_key: PrivateKey
    chain: tuple[x509.Certificate, ...]
    active_from: float | None = None

    @property
    def public_key(self) -> VerificationKey:
        """Returns the part of the key that may be published."""
        return self.private_key.public_key()

    def __repr__(self) -> str:
        return f"StoredKey({self.kid}, {self.algorithm})"


def parse_stored_keys(text: bytes, password: str | None) -> tuple[StoredKey, ...]:
    """Returns the private keys of a PEM text with their certificates, in the order of the text.

    Private keys are PKCS#1, SEC1 or PKCS#8, the last one also encrypted. A key is called as its
    PEM header `X-Key-ID` says, else by the subject key identifier of its certificate, else by
    the SHA-1 of its public part (SubjectPublicKeyInfo). The header `X-Active-From` says when it
    begins to sign (RFC 3339, in UTC, whole seconds).

    Raises:
        Malformed: there is no key, a block is of no use, an algorithm is not supported, a
            certificate belongs to no key, or two keys are called the same.
    """
    blocks = parse_pem(text)
    certificates = [parse_certificate(each.octets) for each in blocks if each.label == _CERTIFICATE]
    keys = tuple(
        _stored_key(each, number, password, certificates)
        for number, each in enumerate(blocks, start=1)
        if each.label not in _PUBLIC_LABELS
    )
    if not keys:
        raise Malformed("there is no private key")
    check_keys(keys, certificates)
    return keys


def check_keys(keys: Sequence[StoredKey], certificates: Sequence[x509.Certificate]) -> None:
    """Refuses keys that share a name, and certificates that belong to none of them.

    Raises:
        Malformed: says which.
    """
    check_names(key.kid for key in keys)
    used = {each for key in keys for each in key.chain}
    for number, certificate in enumerate(certificates, start=1):
        if certificate not in used:
            raise Malformed(f"certificate {number} belongs to no key")


def check_names(kids: Iterable[str]) -> None:
    """Refuses keys that share a name.

    Raises:
        Malformed: says which.
    """
    for kid, times in Counter(kids).items():
        if times > 1:
            raise Malformed(f"two keys are called {kid}")


def parse_certificate(octets: bytes) -> x509.Certificate:
    """Returns the certificate that is written in DER, all of it readable.

    Raises:
        Malformed: it can not be read.
    """
    try:
        certificate = x509.load_der_x509_certificate(octets)
        # Extensions and keys are parsed late; whatever is wrong with them shows here.
        _ = (certificate.extensions, certificate.public_key())
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension):
        raise Malformed("a certificate can not be read") from None
    return certificate


def _stored_key(
    block: PemBlock, number: int, password: str | None, certificates: Sequence[x509.Certificate]
) -> StoredKey:
    try:
        key = _private_key(block, password)
        algorithm = algorithm_of(key)
        chain = build_chain(key.public_key(), certificates)
        kid = _key_id(block, key, chain)
        since = _active_from(block)
    except Malformed as problem:
        raise Malformed(f"block {number} ({block.label}) {problem}") from None
    return StoredKey(kid, algorithm, key, chain, since)


def _private_key(block: PemBlock, password: str | None) -> PrivateKey:
    if block.label not in _PRIVATE_KEY_LABELS:
        raise Malformed("is neither a private key nor a certificate")
    if not block.headers.keys() <= {_KEY_ID_HEADER, _SINCE_HEADER}:
        # Proc-Type and DEK-Info: the old encryption, keyed by one round of MD5.
        raise Malformed("has a header other than X-Key-ID and X-Active-From; encrypt it as PKCS#8")
    encrypted = block.label.startswith("ENCRYPTED")
    if encrypted and password is None:
        raise Malformed("is encrypted, and there is no password")
    secret = password.encode() if encrypted and password is not None else None
    try:
        key = load_der_private_key(block.octets, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        detail = "can not be decrypted with this password" if encrypted else "can not be read"
        raise Malformed(detail) from None
    if not isinstance(key, PrivateKey):
        raise Malformed("is of a kind that is not supported")
    return key


def algorithm_of(key: PrivateKey) -> str:
    """Returns the algorithm that a key signs contracts with.

    Raises:
        Malformed: the key is of a size or on a curve that is not used.
    """
    if isinstance(key, Ed25519PrivateKey):
        return "EdDSA"
    if isinstance(key, rsa.RSAPrivateKey):
        algorithm = _RSA_ALGORITHMS.get(key.key_size)
        wanted = "an RSA key of 2048, 3072 or 4096 bits"
    else:
        algorithm = _CURVE_ALGORITHMS.get(key.curve.name)
        wanted = "a key on P-256, P-384 or P-521"
    if algorithm is None:
        raise Malformed(f"is not {wanted}")
    return algorithm


def _key_id(block: PemBlock, key: PrivateKey, chain: Sequence[x509.Certificate]) -> str:
    named = block.headers.get(_KEY_ID_HEADER)
    if named is not None:
        return named
    identifier = subject_key_identifier(chain[0]) if chain else None
    if identifier is None:
        # As heimdall names it, and not by RFC 5280, which leaves out the algorithm: services that
        # know a key by its name need not learn another one.
        encoded = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        identifier = sha1(encoded, usedforsecurity=False).digest()
    return identifier.hex()


def _active_from(block: PemBlock) -> float | None:
    text = block.headers.get(_SINCE_HEADER)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        moment = None
    if moment is None:
        raise Malformed("has an X-Active-From that is no date such as 2026-01-31T12:00:00Z")
    return moment.timestamp()
