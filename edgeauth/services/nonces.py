"""Nonces that carry their own date, sealed with a key of the configuration.

Nothing is kept for a nonce, so every instance with the same key accepts those of the others.

Source:
    RFC 9449 sections 8 and 9; NIST SP 800-38D (GCM). Each nonce is sealed with a key of its own,
    derived from 128 random bits, so that no pair of key and counter is ever used twice.
"""

import hmac
import os
import struct
from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edgeauth.model.errors import Malformed
from edgeauth.model.identity import fingerprint
from edgeauth.ports.services import Clock
from edgeauth.wire.base64url import decode_base64url, encode_base64url

_PURPOSE: Final = b"edgeauth nonce 1"
_SALT_OCTETS: Final = 16
_LENGTH: Final = 54
"""Characters of a nonce: of the salt, eight octets of the date and sixteen of the tag."""
_COUNTER: Final = bytes(12)
_SKEW: Final = 10.0
"""Seconds by which the clock of another instance may be ahead."""


class SealedNonces:
    """Makes and opens nonces.

    Args:
        master_keys: returns secrets of 16 octets or more; the first one seals, every one opens,
            so that keys can be replaced.
        clock: dates them.
    """

    def __init__(self, master_keys: Callable[[], tuple[bytes, ...]], clock: Clock) -> None:
        self._master_keys = master_keys
        self._known: tuple[bytes, ...] = ()
        self._derived: list[bytes] = []
        self._now = clock.now

    def _keys(self) -> list[bytes]:
        present = self._master_keys()
        if present != self._known:
            self._derived = [hmac.digest(key, _PURPOSE, "sha256") for key in present]
            self._known = present
        return self._derived

    def issue(self, bound_to: bytes) -> str:
        """Returns a nonce, in characters of base64url."""
        salt = os.urandom(_SALT_OCTETS)
        date = struct.pack(">d", self._now())
        sealed = _cipher(self._keys()[0], salt).encrypt(_COUNTER, date, fingerprint(bound_to))
        return encode_base64url(salt + sealed).decode("ascii")

    def is_current(self, nonce: str, bound_to: bytes, max_age: float) -> bool:
        """Returns True only if the nonce was issued for this, at most `max_age` seconds ago."""
        issued = self._opened(nonce, bound_to)
        return issued is not None and -_SKEW <= self._now() - issued <= max_age

    def _opened(self, nonce: str, bound_to: bytes) -> float | None:
        if len(nonce) != _LENGTH or not nonce.isascii():
            return None
        try:
            octets = decode_base64url(nonce.encode("ascii"))
        except Malformed:
            return None
        salt, sealed = octets[:_SALT_OCTETS], octets[_SALT_OCTETS:]
        for key in self._keys():
            try:
                date = _cipher(key, salt).decrypt(_COUNTER, sealed, fingerprint(bound_to))
            except InvalidTag:
                continue
            return float(struct.unpack(">d", date)[0])
        return None


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, salt, "sha256"))
