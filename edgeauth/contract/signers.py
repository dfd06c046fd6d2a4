"""The signers of a configuration, and the key stores that they share."""

from pathlib import Path

from cryptography import x509

from edgeauth.contract.jwks import PublishedKeys, publish_keys
from edgeauth.contract.keystore import KeyStore, read_key_store
from edgeauth.contract.signer import Signer
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.ports.services import Clock


class Signers:
    """Makes signers; each key store is read once.

    Args:
        clock: tells whether certificates are current.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stores: dict[tuple[str, str | None], KeyStore] = {}

    def signer(self, name: str, path: str, password: str | None, key_id: str | None) -> Signer:
        """Returns a signer with the key of that id, or the store's first one.

        Raises:
            KeyStoreError: the store can not be read, or does not hold a key that may sign.
        """
        return Signer(name, self.signing_key(path, password, key_id))

    def signing_key(self, path: str, password: str | None, key_id: str | None) -> StoredKey:
        """Returns the key of that id, or the store's first one; the store is published with it.

        Raises:
            KeyStoreError: the store can not be read, or does not hold a key that may sign.
        """
        store = self._stores.get((path, password))
        if store is None:
            store = self._stores[path, password] = read_key_store(Path(path), password)
        return store.signing_key(key_id, self._clock.now())

    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Returns the certificates of all keys of every store that something is signed with."""
        keys = (key for store in self._stores.values() for key in store.keys)
        return tuple(certificate for key in keys for certificate in key.chain)

    def published(self) -> PublishedKeys:
        """Returns the public keys of every store that something is signed with.

        Raises:
            KeyStoreError: two stores call different keys by one id.
        """
        return publish_keys(self._stores.values())
