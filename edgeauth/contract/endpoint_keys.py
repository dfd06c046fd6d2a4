"""The private keys that calls of endpoints are signed with, or show their certificate of."""

import ssl
from collections.abc import Iterator

from cryptography import x509

from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.contract.signers import KeyStores, Signers
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.contract.tls_identities import load_identity
from edgeauth.model.errors import Malformed
from edgeauth.ports.key_places import KeyPlace
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
    """Finds keys in key stores.

    Args:
        signers: publishes the stores that messages are signed from, as those of contracts.
        stores: where key stores are kept.
        clock: tells whether certificates are current.
    """

    def __init__(self, signers: Signers, stores: KeyStores, clock: Clock) -> None:
        self._signers = signers
        self._stores = stores
        self._clock = clock
        self._shown: set[KeyPlace] = set()

    def message_signer(self, place: KeyPlace, ttl: float) -> MessageKey:
        """Returns the key whose turn it is, or that of the place's id; it is published.

        Args:
            place: where the key is kept.
            ttl: seconds for which signatures are valid.

        Raises:
            KeyStoreError: the store can not be read, or does not hold such a key that may sign.
        """
        key = self._signers.signing_key(place, ttl)
        try:
            return MessageKey(key)
        except Malformed as problem:
            raise KeyStoreError(f"{place.name}: key {key.kid}: {problem}") from None

    def load_client_certificate(self, context: ssl.SSLContext, place: KeyPlace) -> None:
        """Makes a context show the certificate of a key; the store is not published.

        Raises:
            KeyStoreError: the store can not be read, or holds no such key with a certificate.
        """
        held = self._stores.key_store(place._replace(key_id=None))
        held.require(("certificate", place), lambda store: self._check(place, store))
        load_identity(context, held.key_store.tls_key(place.key_id, self._clock.now()))
        self._shown.add(place)

    def certificates(self) -> Iterator[x509.Certificate]:
        """Yields the certificates that contexts show, with those that vouch for them."""
        for place in self._shown:
            store = self._stores.key_store(place._replace(key_id=None)).key_store
            yield from store.key(place.key_id).chain

    def version(self, place: KeyPlace) -> object:
        """Returns an object that is another one as soon as the store has changed.

        Raises:
            KeyStoreError: the store can not be read.
        """
        return self._stores.key_store(place._replace(key_id=None)).key_store

    def _check(self, place: KeyPlace, store: KeyStore) -> None:
        store.tls_key(place.key_id, self._clock.now())
