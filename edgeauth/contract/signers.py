"""The signers of a configuration, and the key stores that they share."""

import math
from collections.abc import Callable, Hashable, Mapping
from typing import NamedTuple, Protocol

from cryptography import x509

from edgeauth.contract.jwks import PublishedKeys, publish_keys
from edgeauth.contract.key_states import KeyState, states_of
from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.contract.signer import Signer
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.contract.stores_in_use import HeldStore, StoreInUse
from edgeauth.model.json import Json
from edgeauth.ports.key_places import KeyPlace
from edgeauth.ports.services import Clock


class WatchedStore(HeldStore, Protocol):
    """A held store that asks before it changes."""

    def require(self, name: Hashable, check: Callable[[KeyStore], None]) -> None:
        """Has the content checked, and every later one before it is put in force.

        Args:
            name: of the check; one that is known takes the place of the former.
            check: raises KeyStoreError where the store is of no use to its user.

        Raises:
            KeyStoreError: the present content is of no use.
        """
        ...


class KeyStores(Protocol):
    """Where key stores are kept."""

    def key_store(self, place: KeyPlace) -> WatchedStore:
        """Returns the store of a file or of a source; the same object for the same place.

        Raises:
            KeyStoreError: it can not be read, or holds no keys.
        """
        ...


class LiveSigner:
    """Signs contracts with the key whose turn it is.

    Args:
        name: the issuer of its contracts.
        store: holds the key.
        kid: None leaves it to order and dates.
        clock: tells whose turn it is.

    Raises:
        KeyStoreError: no key may sign.
    """

    def __init__(self, name: str, store: StoreInUse, kid: str | None, clock: Clock) -> None:
        self._name = name
        self._store = store
        self._kid = kid
        self._now = clock.now
        self._until = 0.0
        self._seen = store.store
        self._signer = Signer(name, store.signing_key(kid, clock.now()))

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that changes with the name, the key and its id, for cache keys."""
        return self._current().fingerprint

    def sign(self, subject: str, claims: Mapping[str, Json], now: float, ttl: float) -> bytes:
        """Returns a signed contract in compact form; see `Signer.sign`."""
        return self._current().sign(subject, claims, now, ttl)

    def _current(self) -> Signer:
        now, store = self._now(), self._store
        if now < self._until and store.held.key_store is self._seen:
            return self._signer
        store.refresh(now)
        self._seen, self._until = store.store, store.next_change(now)
        try:
            key = store.signing_key(self._kid, now)
        except KeyStoreError:
            return self._signer  # its certificate has ended: verifiers decide what that means
        if key is not self._signer.key:
            self._signer = Signer(self._name, key)
        return self._signer

    def __repr__(self) -> str:
        return f"LiveSigner({self._signer!r})"


class Signers:
    """Makes signers; each key store is held once.

    Args:
        clock: tells whether certificates are current and whose turn it is.
        stores: where key stores are kept.
    """

    def __init__(self, clock: Clock, stores: KeyStores) -> None:
        self._clock = clock
        self._stores = stores
        self._in_use: dict[KeyPlace, StoreInUse] = {}
        self._seen: tuple[KeyStore, ...] = ()
        self._published = publish_keys(())
        self._until = 0.0

    def signer(self, name: str, place: KeyPlace, ttl: float) -> LiveSigner:
        """Returns a signer of contracts.

        Args:
            name: the issuer of its contracts.
            place: where its key is kept; without an id, the key whose turn it is.
            ttl: seconds for which its contracts are valid at most.

        Raises:
            KeyStoreError: the store can not be read, or does not hold a key that may sign.
        """
        return LiveSigner(name, self._store(place, ttl), place.key_id, self._clock)

    def signing_key(self, place: KeyPlace, ttl: float) -> StoredKey:
        """Returns the key that signs now; the store is published with it.

        Raises:
            KeyStoreError: the store can not be read, or does not hold a key that may sign.
        """
        now, store = self._clock.now(), self._store(place, ttl)
        store.refresh(now)
        return store.signing_key(place.key_id, now)

    def published(self) -> PublishedKeys:
        """Returns the public keys that verifiers may meet now.

        Raises:
            KeyStoreError: two stores call different keys by one id.
        """
        now = self._clock.now()
        for store in self._in_use.values():
            store.refresh(now)
        seen = tuple(store.store for store in self._in_use.values())
        if seen != self._seen or now >= self._until:
            self._published = publish_keys(
                KeyStore(store.store.name, store.published(now)) for store in self._in_use.values()
            )
            changes = [store.next_change(now) for store in self._in_use.values()]
            self._seen, self._until = seen, min(changes, default=math.inf)
        return self._published

    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Returns the certificates of all keys of every store that something is signed with."""
        keys = (key for store in self._in_use.values() for key in store.store.keys)
        return tuple(certificate for key in keys for certificate in key.chain)

    def states(self) -> tuple[KeyState, ...]:
        """Returns what has become of each key, for metrics and for people."""
        now = self._clock.now()
        return tuple(state for store in self._in_use.values() for state in states_of(store, now))

    def _store(self, place: KeyPlace, ttl: float) -> StoreInUse:
        whole = place._replace(key_id=None)
        held = self._stores.key_store(whole)
        held.require(place, lambda changed: self._check(place, changed))
        store = self._in_use.get(whole)
        if store is None:
            store = self._in_use[whole] = StoreInUse(held)
        if place.key_id is not None:
            store.pinned.add(place.key_id)
        if ttl > store.longest_ttl:
            store.longest_ttl, self._until = ttl, 0.0
        return store

    def _check(self, place: KeyPlace, changed: KeyStore) -> None:
        """Refuses a content of a store from which nobody could sign, or be verified."""
        store = StoreInUse(_Still(changed))
        store.signing_key(place.key_id, self._clock.now())
        whole = place._replace(key_id=None)
        publish_keys(
            [changed, *(each.store for place, each in self._in_use.items() if place != whole)]
        )


class _Still(NamedTuple):
    """A store that stays as it is."""

    key_store: KeyStore
