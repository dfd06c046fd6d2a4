"""What a client certificate says beside its alternative names: of its issuer, time and use.

Trust: its issuer was checked in the handshake; what it says is still parsed strictly.

Source:
    RFC 5280 sections 4.1.2.4 to 4.1.2.6, 4.2.1.9 and 4.2.1.12; RFC 4514 (names as text).
"""

import re
from typing import Final, NamedTuple, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edgeauth.model.errors import Malformed
from edgeauth.wire.certificates import parse_x509

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MAX_NAME: Final = 4096
"""Characters of a distinguished name."""


class CertificateDetails(NamedTuple):
    """What stands in a certificate."""

    issuer: str
    """The distinguished name as RFC 4514 writes it."""
    serial: str
    """In hexadecimal digits."""
    not_before: float
    """Seconds since the epoch, like `not_after`."""
    not_after: float
    for_clients: bool
    """Whether it may be shown by clients: it names no uses, or that one."""
    is_authority: bool
    """Whether it vouches for others, and so is nobody's own."""


def parse_details(der: bytes) -> CertificateDetails:
    """Returns what a certificate says.

    Raises:
        Malformed: it can not be read.
    """
    certificate = parse_x509(der)
    try:
        issuer = certificate.issuer.rfc4514_string()
        uses = _extension(certificate, x509.ExtendedKeyUsage)
        constraints = _extension(certificate, x509.BasicConstraints)
        return CertificateDetails(
            issuer,
            f"{certificate.serial_number:x}",
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            uses is None or ExtendedKeyUsageOID.CLIENT_AUTH in uses,
            constraints is not None and constraints.ca,
        )
    except (ValueError, TypeError, x509.DuplicateExtension):
        raise Malformed("the client certificate can not be read") from None


E = TypeVar("E", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def common_name(subject: str) -> str:
    """Returns the common name in a distinguished name.

    Args:
        subject: as RFC 4514 writes it.

    Raises:
        Malformed: there is none, or several, or it holds control characters (attack 152).
    """
    try:
        name = x509.Name.from_rfc4514_string(subject) if len(subject) <= _MAX_NAME else None
    except (ValueError, TypeError):
        name = None
    if name is None:
        raise Malformed("the subject of the client certificate is no name")
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(found) != 1:
        raise Malformed("the client certificate has not exactly one common name")
    text = found[0].value
    if not isinstance(text, str) or not text or _CONTROL.search(text):
        raise Malformed("the common name of the client certificate is no name")
    return text
