"""How facts are written for a store that others may read and write (attack 162).

An entry stands under a name that is a digest with our key, so that nobody can tell whether a guess
is in the store. It is encrypted with AES-256-GCM under a key of its own, which follows from the
same digest, and is bound to its name: it can be neither read, nor made, nor changed, nor put in the
place of another. Its end is inside. What remains possible is to delete it, and to put back what
stood in the same place before and has not ended yet.

Source:
    NIST SP 800-38D (GCM; random nonces, of which each key sees few); RFC 5869 (HKDF).
"""

import hmac
import os
import struct
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from edgeauth.model.errors import Malformed
from edgeauth.model.identity import fingerprint

_PREFIX: Final = "edgeauth"
FACTS: Final = "facts:"
"""What kinds of facts begin with, so that one can ask for changes of them and of nothing else."""
NAMES_OF_FACTS: Final = f"{_PREFIX}:{FACTS}".encode()
_VERSION: Final = b"\x01"
_PURPOSE: Final = b"edgeauth cache entries 1"
_NONCE_OCTETS: Final = 12
_END: Final = struct.Struct(">d")
_LEAST_OCTETS: Final = len(_VERSION) + _NONCE_OCTETS + _END.size + 16


class Place(NamedTuple):
    """Where an entry stands, and what it is encrypted with."""

    name: bytes
    key: bytes

    def __repr__(self) -> str:
        return f"Place({self.name!r})"


class Entry(NamedTuple):
    """What an entry says."""

    expires_at: float
    """Seconds since the epoch."""
    octets: bytes


class Sealer:
    """Seals entries and opens them.

    Args:
        secrets: returns what the processes that share entries have in common; each has at least 32
            characters that nobody can guess. The first one seals.
    """

    def __init__(self, secrets: Callable[[], tuple[str, ...]]) -> None:
        self._secrets = secrets
        self._known: tuple[str, ...] = ()
        self._derived: list[bytes] = []

    def place(self, kind: str, key: bytes) -> Place:
        """Returns the place of what is known under a key.

        Args:
            kind: of the fact; stands in the name for all to see.
            key: of the fact.
        """
        return _place(self._keys()[0], kind, key)

    def places(self, kind: str, key: bytes) -> list[Place]:
        """Returns the places that it has with every secret, so that none is overlooked."""
        return [_place(each, kind, key) for each in self._keys()]

    def _keys(self) -> list[bytes]:
        present = self._secrets()
        if present != self._known:
            self._derived = [
                HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(each.encode())
                for each in present
            ]
            self._known = present
        return self._derived

    def seal(self, place: Place, entry: Entry) -> bytes:
        """Returns an entry as it may be given to strangers."""
        nonce = os.urandom(_NONCE_OCTETS)
        plain = _END.pack(entry.expires_at) + entry.octets
        return _VERSION + nonce + AESGCM(place.key).encrypt(nonce, plain, _VERSION + place.name)

    def open(self, place: Place, octets: bytes) -> Entry:
        """Returns what an entry says.

        Raises:
            Malformed: it was not sealed with our key for this place, or not in this version.
        """
        if len(octets) < _LEAST_OCTETS or octets[:1] != _VERSION:
            raise Malformed("the entry is none of this version")
        nonce, sealed = octets[1 : 1 + _NONCE_OCTETS], octets[1 + _NONCE_OCTETS :]
        try:
            plain = AESGCM(place.key).decrypt(nonce, sealed, _VERSION + place.name)
        except InvalidTag:
            raise Malformed("the entry is not ours") from None
        return Entry(_END.unpack_from(plain)[0], plain[_END.size :])

    def __repr__(self) -> str:
        return "Sealer(***)"


def _place(derived: bytes, kind: str, key: bytes) -> Place:
    digest = hmac.digest(derived, fingerprint(kind.encode(), key), "sha512")
    text = urlsafe_b64encode(digest[:32]).rstrip(b"=")
    return Place(f"{_PREFIX}:{kind}:".encode() + text, digest[32:])
