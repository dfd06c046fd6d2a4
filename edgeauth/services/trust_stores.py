"""Authorities from PEM files, and those of the system.

Each is read once; those of the system when they are needed first.
"""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography import x509

from edgeauth.model.errors import Malformed
from edgeauth.model.identity import fingerprint
from edgeauth.ports.operator_files import read_octets
from edgeauth.wire.certificates import parse_x509
from edgeauth.wire.key_certificates import TrustAnchors, parse_authorities
from edgeauth.wire.pem import CERTIFICATE, parse_pem

_LARGEST_FILE: Final = 4_194_304


class TrustStoreFiles:
    """Reads trust stores."""

    def __init__(self) -> None:
        self._read: dict[str, TrustAnchors] = {}
        self._system = TrustAnchors(fingerprint(b"system"), _system)

    def anchors(self, path: str | None) -> TrustAnchors:
        """Returns the authorities of a PEM file; None asks for those of the system.

        Raises:
            ValueError: the file can not be read or holds no certificate (attack 153).
        """
        if path is None:
            return self._system
        found = self._read.get(path)
        if found is None:
            found = self._read[path] = _file(path)
        return found


def _file(path: str) -> TrustAnchors:
    try:
        text = read_octets(Path(path), _LARGEST_FILE)
        certificates = parse_authorities(text)
    except Malformed as problem:
        raise ValueError(f"{path}: {problem}") from None
    return TrustAnchors(fingerprint(b"file", text), lambda: certificates)


def _system() -> list[x509.Certificate]:
    """Returns the system's authorities, without those that can not be read."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else []
    if not files and paths.capath:
        files = sorted(Path(paths.capath).glob("*"))
    found: dict[bytes, x509.Certificate] = {}
    for file in files:
        for octets in _blocks(file):
            with suppress(Malformed):
                found[octets] = parse_x509(octets)
    return list(found.values())


def _blocks(file: Path) -> list[bytes]:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            return []
        return [each.octets for each in parse_pem(file.read_bytes()) if each.label == CERTIFICATE]
    except (OSError, Malformed):
        return []
