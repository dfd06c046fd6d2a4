"""Who may vouch for clients: authorities, and what they have revoked, from PEM files.

Trust: the operator's files. A file that is missing, empty or holds anything else is refused
(attack 153): a listener that asks for certificates must not trust more than what is written here.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.contract.chains import is_authority
from edgeauth.contract.keystore import KeyStoreError
from edgeauth.model.errors import Malformed
from edgeauth.ports.operator_files import read_octets
from edgeauth.wire.pem import parse_pem

MAX_OCTETS: Final = 16_777_216
"""Octets that a file may have; revocation lists are long."""


def read_authorities(path: Path) -> bytes:
    """Returns the certificates of a PEM file in DER, one behind the other.

    Raises:
        KeyStoreError: the file can not be read, is empty, or holds anything but certificates of
            authorities.
    """
    found = _blocks(path, "CERTIFICATE")
    for number, octets in enumerate(found, start=1):
        try:
            certificate = x509.load_der_x509_certificate(octets)
            vouches = is_authority(certificate)
        except (ValueError, x509.InvalidVersion, x509.DuplicateExtension):
            raise KeyStoreError(f"{path}: certificate {number} can not be read") from None
        if not vouches:
            raise KeyStoreError(f"{path}: certificate {number} is not one of an authority")
    return b"".join(found)


def read_revocation_lists(path: Path, now: float) -> bytes:
    """Returns the revocation lists of a PEM file, as PEM and nothing else.

    Args:
        path: of the file.
        now: seconds since the epoch.

    Raises:
        KeyStoreError: the file can not be read, is empty, holds anything else, or a list in it is
            out of date: with that no client could connect.
    """
    written: list[bytes] = []
    moment = datetime.fromtimestamp(now, UTC)
    for number, octets in enumerate(_blocks(path, "X509 CRL"), start=1):
        try:
            revoked = x509.load_der_x509_crl(octets)
        except (ValueError, x509.InvalidVersion):
            raise KeyStoreError(f"{path}: list {number} can not be read") from None
        until = revoked.next_update_utc
        if until is not None and until < moment:
            raise KeyStoreError(f"{path}: list {number} is out of date")
        written.append(revoked.public_bytes(Encoding.PEM))
    return b"".join(written)


def _blocks(path: Path, label: str) -> list[bytes]:
    try:
        blocks = parse_pem(read_octets(path, MAX_OCTETS))
    except Malformed as problem:
        raise KeyStoreError(f"{path}: {problem}") from None
    if any(block.label != label for block in blocks):
        raise KeyStoreError(f"{path}: holds something else than {label} blocks")
    if not blocks:
        raise KeyStoreError(f"{path}: holds no {label} block")
    return [block.octets for block in blocks]
