"""The keys that edgeauth signs contracts and serves TLS with, read from a PEM file.

A store holds any number of private keys and their certificates, in any order. How one key takes
the place of another is told in `stores_in_use`.

Trust: the operator's file. It is refused as a whole when anything in it is wrong, and no error and
no representation shows key material.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edgeauth.contract.chains import is_current, may_sign
from edgeauth.contract.stored_keys import StoredKey, parse_stored_keys
from edgeauth.model.errors import Malformed
from edgeauth.ports.operator_files import read_octets

MAX_STORE_OCTETS: Final = 1_048_576
"""Octets that a file of keys may have."""


class KeyStoreError(ValueError):
    """Raised for a key store that is not used; names the store and what is wrong with it."""


class KeyStore:
    """Keys by their ids, in the order of the file.

    Args:
        name: what errors call it; the path as a rule.
        keys: none where a store holds symmetric keys only.
    """

    def __init__(self, name: str, keys: Sequence[StoredKey]) -> None:
        self.name = name
        self.keys = tuple(keys)

    def signing_key(self, kid: str | None, now: float) -> StoredKey:
        """Returns the key of that id, or the first one.

        Args:
            kid: None means the first key of the file.
            now: seconds since the epoch.

        Raises:
            KeyStoreError: there is no such key, its certificates are not current, or they do
                not allow signatures.
        """
        key = self.key(kid)
        self._check_current(key, now)
        if key.chain and not may_sign(key.chain[0]):
            raise KeyStoreError(
                f"{self.name}: the certificate of key {key.kid} does not allow digital signatures"
            )
        return key

    def tls_key(self, kid: str | None, now: float) -> StoredKey:
        """Returns the key of that id, or the first one, with the chain to serve TLS with.

        Raises:
            KeyStoreError: there is no such key, it has no certificate, or one of its chain is
                not current at `now` (seconds since the epoch).
        """
        key = self.key(kid)
        if not key.chain:
            raise KeyStoreError(f"{self.name}: key {key.kid} has no certificate")
        self._check_current(key, now)
        return key

    def key(self, kid: str | None) -> StoredKey:
        """Returns the key of that id, or the first one, whatever it is good for.

        Raises:
            KeyStoreError: there is no such key.
        """
        if not self.keys:
            raise KeyStoreError(f"{self.name}: there is no private key")
        if kid is None:
            return self.keys[0]
        for key in self.keys:
            if key.kid == kid:
                return key
        known = ", ".join(key.kid for key in self.keys)
        raise KeyStoreError(f"{self.name}: there is no key {kid} (there are: {known})")

    def _check_current(self, key: StoredKey, now: float) -> None:
        if not is_current(key.chain, now):
            raise KeyStoreError(
                f"{self.name}: a certificate of key {key.kid} has expired or is not valid yet"
            )

    def __repr__(self) -> str:
        return f"KeyStore({self.name}, {len(self.keys)} keys)"


def read_key_store(path: Path, password: str | None = None) -> KeyStore:
    """Returns the key store in a file.

    Raises:
        KeyStoreError: the file can not be read, is larger than `MAX_STORE_OCTETS`, or holds
            anything that `parse_key_store` refuses.
    """
    try:
        text = read_octets(path, MAX_STORE_OCTETS)
    except Malformed as problem:
        raise KeyStoreError(f"{path}: {problem}") from None
    return parse_key_store(text, password, str(path))


def parse_key_store(text: bytes, password: str | None = None, name: str = "key store") -> KeyStore:
    """Returns the keys of a PEM text.

    Args:
        text: see `parse_stored_keys`.
        password: that of the encrypted keys.
        name: what errors call the store.

    Raises:
        KeyStoreError: anything in the text is wrong.
    """
    try:
        return KeyStore(name, parse_stored_keys(text, password))
    except Malformed as problem:
        raise KeyStoreError(f"{name}: {problem}") from None
