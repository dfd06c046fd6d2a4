"""The private keys that calls of endpoints are signed with, or show their certificate of."""

import ssl
from pathlib import Path

from edgeauth.contract.keystore import KeyStoreError, read_key_store
from edgeauth.contract.signers import Signers
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.contract.tls_identities import load_identity
from edgeauth.model.errors import Malformed
from edgeauth.ports.services import Clock
from edgeauth.wire.jwa import ALGORITHMS
from edgeauth.wire.signatures import SIGNATURE_ALGORITHMS, signature_algorithm


class MessageKey:
    """Signs calls with one key.

    Args:
        key: a key that may sign; its store has checked that.

    Raises:
        Malformed: HTTP message signatures have no algorithm for such a key.
    """

    def __init__(self, key: StoredKey) -> None:
        self._key = key
        self._algorithm = signature_algorithm(key.public_key)

    @property
    def key_id(self) -> str:
        """Returns what the key is called in the published key set."""
        return self._key.kid

    @property
    def algorithm(self) -> str:
        """Returns the registered name of the algorithm."""
        return self._algorithm

    def sign(self, base: bytes) -> bytes:
        """Returns the signature over a signature base."""
        return ALGORITHMS[SIGNATURE_ALGORITHMS[self._algorithm]].sign(self._key.private_key, base)

    def __repr__(self) -> str:
        return f"MessageKey({self._key!r})"


class StoredEndpointKeys:
    """Finds keys in PEM key stores.

    Args:
        signers: publishes the stores that messages are signed from, as those of contracts.
        clock: tells whether certificates are current.
    """

    def __init__(self, signers: Signers, clock: Clock) -> None:
        self._signers = signers
        self._clock = clock

    def message_signer(self, path: str, password: str | None, key_id: str | None) -> MessageKey:
        """Returns the key of that id, or the store's first one; it is published from now on.

        Raises:
            KeyStoreError: the store can not be read, or does not hold such a key that may sign.
        """
        key = self._signers.signing_key(path, password, key_id)
        try:
            return MessageKey(key)
        except Malformed as problem:
            raise KeyStoreError(f"{path}: key {key.kid}: {problem}") from None

    def load_client_certificate(
        self, context: ssl.SSLContext, path: str, password: str | None, key_id: str | None
    ) -> None:
        """Makes a context show the certificate of a key; the store is not published.

        Raises:
            KeyStoreError: the store can not be read, or holds no such key with a certificate.
        """
        store = read_key_store(Path(path), password)
        load_identity(context, store.tls_key(key_id, self._clock.now()))
