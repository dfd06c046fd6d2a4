"""Key stores that change while their keys sign: who signs now, and who is published.

Rules:

1. A store without dates signs with its first key, or with the one that is asked for by its id.
2. A key with `X-Active-From` takes the place of all others from then on, in every process that
   reads the store. It is published as soon as it is in the store.
3. A key without a date that comes into a store that is in use waits for `PUBLISH_BEFORE` seconds
   before it signs, so that verifiers have time to hear of it; if no other key is left, it does
   not wait.
4. A key whose place was taken by one with a date is published until the last contract that it can
   have signed has ended, and `LEEWAY` longer; then it goes.
5. A key that is taken out of the store is gone at once: this is how a key is revoked.
"""

import math
from collections.abc import Iterator
from typing import Final, Protocol

from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.wire.jwk import thumbprint

PUBLISH_BEFORE: Final = 300.0
"""Seconds for which a new key is published before it signs, where the store gives no date."""
LEEWAY: Final = 60.0
"""Seconds by which clocks of verifiers may be behind."""
_NEVER: Final = -math.inf


class HeldStore(Protocol):
    """Who keeps a key store up to date."""

    @property
    def key_store(self) -> KeyStore:
        """Returns the store as it is now; the same object until it changes."""
        ...


class StoreInUse:
    """A key store that something is signed with.

    Args:
        held: keeps it up to date.

    Attributes:
        held: the same.
        store: what was there at the last `refresh`.
        longest_ttl: seconds for which what was signed is valid at most.
        pinned: ids of keys that are asked for by name; they are always published.
    """

    def __init__(self, held: HeldStore) -> None:
        self.held = held
        self.store = held.key_store
        self.longest_ttl = 0.0
        self.pinned: set[str] = set()
        self._came: dict[bytes, float] = {}
        self._known = frozenset(map(_thumbprint, self.store.keys))

    def refresh(self, now: float) -> bool:
        """Takes over what has changed; returns whether anything has."""
        store = self.held.key_store
        if store is self.store:
            return False
        keys = frozenset(map(_thumbprint, store.keys))
        self._came = {key: self._came.get(key, now) for key in keys - self._first()}
        self._known, self.store = keys, store
        return True

    def _first(self) -> frozenset[bytes]:
        """Returns the keys that were there from the beginning, or long enough to count so."""
        return self._known - self._came.keys()

    def signing_key(self, kid: str | None, now: float) -> StoredKey:
        """Returns the key that signs now.

        Args:
            kid: None leaves it to order and dates.
            now: seconds since the epoch.

        Raises:
            KeyStoreError: there is no such key, or none that may sign.
        """
        if kid is not None:
            return self.store.signing_key(kid, now)
        usable = [key for key in self.store.keys if self._may_sign(key, now)]
        begun = [key for key in usable if self.begins(key) <= now]
        if begun:
            return max(begun, key=_rank)
        if usable:
            return min(usable, key=_rank)
        return self.store.signing_key(None, now)

    def published(self, now: float) -> tuple[StoredKey, ...]:
        """Returns the keys that verifiers may meet: those to come, and those just gone, too."""
        return tuple(key for key in self.store.keys if now < self.end(key, now))

    def end(self, key: StoredKey, now: float) -> float:
        """Returns the second from which a key is not published any more."""
        rank = _rank(key)
        successors = [
            each.active_from
            for each in self.store.keys
            if each.active_from is not None and each.active_from > rank
        ]
        if key.kid in self.pinned or not successors or self._signs(key, now):
            return math.inf
        return min(successors) + self.longest_ttl + LEEWAY

    def next_change(self, now: float) -> float:
        """Returns the next second at which another key may sign or be published."""
        return min((moment for moment in self._moments(now) if moment > now), default=math.inf)

    def _moments(self, now: float) -> Iterator[float]:
        for key in self.store.keys:
            yield self.begins(key)
            yield self.end(key, now)
            for each in key.chain:
                yield each.not_valid_before_utc.timestamp()
                yield each.not_valid_after_utc.timestamp() + 1

    def _signs(self, key: StoredKey, now: float) -> bool:
        try:
            return self.signing_key(None, now) is key
        except KeyStoreError:
            return False

    def begins(self, key: StoredKey) -> float:
        """Returns the second from which a key may sign."""
        if key.active_from is not None:
            return key.active_from
        came = self._came.get(_thumbprint(key))
        return _NEVER if came is None else came + PUBLISH_BEFORE

    def _may_sign(self, key: StoredKey, now: float) -> bool:
        try:
            self.store.signing_key(key.kid, now)
        except KeyStoreError:
            return False
        return True


def _rank(key: StoredKey) -> float:
    return _NEVER if key.active_from is None else key.active_from


def _thumbprint(key: StoredKey) -> bytes:
    return thumbprint(key.public_key)
