"""Facts kept in the memory of this process, and the cache that keeps nothing."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from edgeauth.config.models.configuration import Cache
from edgeauth.ports.services import Clock, FactCache

DEFAULT_ENTRY_LIMIT: Final = 16_384
"""About 128 MiB, since a token's claims or a contract take 8 KiB at the most as a rule."""


class _Entry(NamedTuple):
    fact: object
    expires_at: float
    """Seconds since the epoch."""
    deadline: float
    """The same on the clock that nobody can set back."""


class MemoryCache:
    """Keeps the facts that were used last; the one unused for longest has to go first.

    An entry ends when either of two clocks says so. The wall clock alone would keep entries alive
    when it is set back, and the monotonic one stands still while the machine sleeps.

    Args:
        clock: tells what `expires_at` is compared with.
        entry_limit: how many facts are kept at most.
        monotonic: seconds that only ever grow.
    """

    def __init__(
        self,
        clock: Clock,
        entry_limit: int = DEFAULT_ENTRY_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = clock.now
        self._monotonic = monotonic
        self._limit = entry_limit
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def find(self, key: bytes) -> object | None:
        """Returns the fact, or None when it is unknown or too old."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        fact, expires_at, deadline = entry
        if self._now() < expires_at and self._monotonic() < deadline:
            self._entries.move_to_end(key)
            return fact
        del self._entries[key]
        return None

    def store(self, key: bytes, fact: object, expires_at: float) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest."""
        left = expires_at - self._now()
        # Not "if left <= 0: return": NaN would pass that.
        if not left > 0:
            self._entries.pop(key, None)
            return
        self._entries[key] = _Entry(fact, expires_at, self._monotonic() + left)
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)


class NoCache:
    """Keeps nothing (`cache: {type: noop}`)."""

    def find(self, key: bytes) -> None:  # noqa: ARG002  (the port's signature)
        """Returns None."""
        return

    def store(self, key: bytes, fact: object, expires_at: float) -> None:
        """Keeps nothing."""


def configured_cache(settings: Cache, clock: Clock) -> FactCache:
    """Returns the cache that a configuration asks for."""
    if settings.type == "noop":
        return NoCache()
    return MemoryCache(clock, settings.config.entry_limit or DEFAULT_ENTRY_LIMIT)
