"""Certificates in any order become the chain of a key, and say what the key may do.

Source:
    RFC 5280 sections 4.2.1.3 (key usage) and 6.1 (path). A chain ends where its last issuer is
    not in the file: roots are commonly left out, and a lone certificate vouches for itself.
"""

from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from edgeauth.model.errors import Malformed
from edgeauth.wire.jwa import VerificationKey


def build_chain(
    key: VerificationKey, certificates: Sequence[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    """Returns the chain of a key, its own certificate first; empty when it has none.

    Raises:
        Malformed: two certificates are made out to the key.
    """
    own = [each for each in certificates if each.public_key() == key]
    if not own:
        return ()
    if len(own) > 1:
        raise Malformed("has more than one certificate")
    chain = own
    while (issuer := _issuer_of(chain[-1], certificates)) is not None and issuer not in chain:
        chain.append(issuer)
    return tuple(chain)


def is_current(chain: Sequence[x509.Certificate], now: float) -> bool:
    """Returns whether every certificate is valid at `now`, in seconds since the epoch."""
    return all(
        each.not_valid_before_utc.timestamp() <= now <= each.not_valid_after_utc.timestamp()
        for each in chain
    )


def may_sign(certificate: x509.Certificate) -> bool:
    """Returns whether the certificate says that its key is for digital signatures."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return False
    return usage.value.digital_signature


def is_authority(certificate: x509.Certificate) -> bool:
    """Returns whether the certificate says that its key may sign others."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return constraints.value.ca


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Returns the host names that it is for (RFC 5280 section 4.2.1.6); its subject is none."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    return tuple(found.value.get_values_for_type(x509.DNSName))


def subject_key_identifier(certificate: x509.Certificate) -> bytes | None:
    """Returns the subject key identifier (RFC 5280 section 4.2.1.2), or None."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return found.value.digest


def _issuer_of(
    certificate: x509.Certificate, candidates: Sequence[x509.Certificate]
) -> x509.Certificate | None:
    if certificate.issuer == certificate.subject:
        return None
    return next((each for each in candidates if _has_issued(each, certificate)), None)


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return is_authority(issuer)
