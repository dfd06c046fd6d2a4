"""When certificates end: those that listeners show and that signing keys come with."""

from typing import NamedTuple

from cryptography import x509


class CertificateEnd(NamedTuple):
    """A certificate, in the words of its labels.

    Attributes:
        issuer: distinguished name (RFC 4514).
        serial_nr: decimal.
        subject: distinguished name.
        dns_names: joined with a comma.
        expires_at: seconds since the epoch.
    """

    issuer: str
    serial_nr: str
    subject: str
    dns_names: str
    expires_at: float


def end_of(certificate: x509.Certificate) -> CertificateEnd:
    """Returns when a certificate ends."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        dns_names = ",".join(names.value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        dns_names = ""
    return CertificateEnd(
        certificate.issuer.rfc4514_string(),
        str(certificate.serial_number),
        certificate.subject.rfc4514_string(),
        dns_names,
        certificate.not_valid_after_utc.timestamp(),
    )
