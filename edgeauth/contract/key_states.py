"""What has become of each key of the stores in use, as plain values."""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.contract.stores_in_use import StoreInUse


class KeyTurn(Enum):
    """What a key does."""

    NEXT = "next"
    """It is published and will sign."""
    ACTIVE = "active"
    """It signs."""
    SPARE = "published"
    """It is published and signs only where it is asked for by its id."""
    RETIRING = "retiring"
    """It signs no more, and what it has signed may still be valid."""
    RETIRED = "retired"
    """It is not published any more."""


class KeyState(NamedTuple):
    """A key of a store, without anything secret.

    Attributes:
        store: the path or the source.
        kid: its name.
        algorithm: what it signs with.
        turn: what it does.
        active_from: seconds since the epoch; None when the store says nothing.
        certificate_ends: seconds since the epoch at which the first certificate of its chain
            ends; None without any.
    """

    store: str
    kid: str
    algorithm: str
    turn: KeyTurn
    active_from: float | None
    certificate_ends: float | None


class _Held(NamedTuple):
    """A store that stays as it is."""

    key_store: KeyStore


def states_in(store: KeyStore, longest_ttl: float, now: float) -> Iterator[KeyState]:
    """Yields the states that keys have where contracts are valid for so many seconds at most."""
    in_use = StoreInUse(_Held(store))
    in_use.longest_ttl = longest_ttl
    return states_of(in_use, now)


def states_of(store: StoreInUse, now: float) -> Iterator[KeyState]:
    """Yields the state of each key, in the order of the store."""
    try:
        active = store.signing_key(None, now)
    except KeyStoreError:
        active = None
    for key in store.store.keys:
        yield KeyState(
            store.store.name,
            key.kid,
            key.algorithm,
            KeyTurn.ACTIVE if key is active else _turn(store, key, now),
            key.active_from,
            certificate_end(key),
        )


def certificate_end(key: StoredKey) -> float | None:
    """Returns the second at which the first certificate of a chain ends; None without any."""
    return min((each.not_valid_after_utc.timestamp() for each in key.chain), default=None)


def _turn(store: StoreInUse, key: StoredKey, now: float) -> KeyTurn:
    end = store.end(key, now)
    if end <= now:
        return KeyTurn.RETIRED
    if store.begins(key) > now:
        return KeyTurn.NEXT
    return KeyTurn.SPARE if end == float("inf") else KeyTurn.RETIRING
