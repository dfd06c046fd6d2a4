"""Certificates of keys: the chain that a key brings, and whether anybody trusted vouches for it.

Trust: a chain is an issuer's words until it ends in an authority of the configuration.

Source:
    RFC 7517 section 4.7 (`x5c`); RFC 5280 sections 4.2.1.3 and 6.1 (paths), which the library
    follows; extended key usage is not looked at, as nobody registered one for this.
"""

import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.certificates import parse_x509
from edgeauth.wire.pem import CERTIFICATE, parse_pem

MAX_CHAIN: Final = 10
"""Certificates that a key may bring."""
MAX_CERTIFICATE_LENGTH: Final = 16_384
"""Characters of each, in base64."""

Chain = tuple[x509.Certificate, ...]
"""The key's own certificate first; empty when it has none."""


def parse_x5c(value: Json) -> Chain:
    """Returns the certificates of a JWK.

    Raises:
        Malformed: it is no list of certificates in base64.
    """
    if not isinstance(value, list) or len(value) > MAX_CHAIN:
        raise Malformed("has an x5c that is no list of certificates")
    return tuple(_certificate(each) for each in value)


def _certificate(text: Json) -> x509.Certificate:
    if not isinstance(text, str) or len(text) > MAX_CERTIFICATE_LENGTH or not text.isascii():
        raise Malformed("has an x5c that is no list of certificates")
    try:
        octets = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise Malformed("has an x5c that is no base64") from None
    return parse_x509(octets)


class TrustAnchors:
    """Authorities that are trusted to say whose a key is.

    Args:
        fingerprint: equal only for the same authorities.
        load: returns them, when they are needed first; with none, no chain is trusted.

    Attributes:
        fingerprint: for cache keys.
    """

    def __init__(self, fingerprint: bytes, load: Callable[[], Sequence[x509.Certificate]]) -> None:
        self.fingerprint = fingerprint
        self._load = load

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """Returns whether one of the authorities has signed a certificate itself."""
        return any(_signed(each, certificate) for each in self._load())

    @cached_property
    def _store(self) -> Store | None:
        certificates = list(self._load())
        return Store(certificates) if certificates else None

    def check(self, chain: Chain, now: float) -> float:
        """Returns until when a chain is to be believed, in seconds since the epoch.

        Args:
            chain: at least the key's own certificate.
            now: seconds since the epoch.

        Raises:
            Malformed: it does not lead to a trusted authority, is not current, breaks a constraint
                of an authority, or the key is not for digital signatures.
        """
        if self._store is None:
            raise Malformed("has a certificate, and no authority is trusted")
        verifier = (
            PolicyBuilder()
            .store(self._store)
            .time(datetime.fromtimestamp(now, UTC))
            .max_chain_depth(MAX_CHAIN)
            .extension_policies(ca_policy=_AUTHORITIES, ee_policy=_SIGNERS)
            .build_client_verifier()
        )
        try:
            verified = verifier.verify(chain[0], list(chain[1:])).chain
        except (VerificationError, ValueError):
            # The library's text may quote the certificate; some of it is read only now.
            raise Malformed("has a certificate that is not trusted") from None
        return min(each.not_valid_after_utc.timestamp() for each in verified)


def _signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def parse_authorities(text: bytes) -> tuple[x509.Certificate, ...]:
    """Returns the certificates of a PEM file.

    Raises:
        Malformed: there is none, or one that can not be read.
    """
    found = [
        _in_block(number, block.octets)
        for number, block in enumerate(parse_pem(text), start=1)
        if block.label == CERTIFICATE
    ]
    if not found:
        raise Malformed("holds no certificate")
    return tuple(found)


def _in_block(number: int, octets: bytes) -> x509.Certificate:
    try:
        return parse_x509(octets)
    except Malformed:
        raise Malformed(f"block {number} is no certificate") from None


def _check_usage(
    _policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage | None
) -> None:
    if usage is None or not usage.digital_signature:
        raise ValueError("the key is not for digital signatures")


_AUTHORITIES: Final = ExtensionPolicy.webpki_defaults_ca()
_SIGNERS: Final = ExtensionPolicy.permit_all().require_present(
    x509.KeyUsage, Criticality.AGNOSTIC, _check_usage
)
