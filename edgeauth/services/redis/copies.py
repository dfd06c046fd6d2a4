"""Facts of Redis in the memory of this process, for as long as Redis tells which of them change.

A copy is kept only while all servers are listened to that facts are read from, since nobody would
hear otherwise that it has changed. Where that breaks, every copy goes at once.

What changes while it is on its way to us is noticed as well: a name is written down before Redis
is asked, and a change strikes it out. Only who still stands there is kept.
"""

from typing import Final

from edgeauth.ports.services import Clock
from edgeauth.services.cache_memory import MemoryCache

_SLACK: Final = 64


class Copy:
    """What may be kept of one entry; made before the entry is read.

    Args:
        name: of the entry in Redis.
        key: of the fact.
    """

    __slots__ = ("key", "name")

    def __init__(self, name: bytes, key: bytes) -> None:
        self.name = name
        self.key = key


class Copies:
    """Keeps copies of entries, and drops those that changed.

    Args:
        memory: where they are kept, among facts that Redis knows nothing of.
        clock: tells when they end.
        ttl: seconds for which a copy is kept at most; 0 keeps none.

    Attributes:
        is_told: whether Redis tells what changes.
    """

    def __init__(self, memory: MemoryCache, clock: Clock, ttl: float) -> None:
        self.is_told = False
        self._memory = memory
        self._now = clock.now
        self._ttl = ttl
        self._copies: dict[bytes, Copy] = {}

    def __len__(self) -> int:
        """Returns how many entries are looked out for."""
        return len(self._copies)

    def expect(self, name: bytes, key: bytes, *, alone: bool = False) -> Copy | None:
        """Returns what `keep` wants to see once the fact is known; changes count from now on.

        Args:
            name: of the entry in Redis.
            key: of the fact.
            alone: Redis is not there: nothing can be changed in it, nor asked of it.
        """
        if self._ttl <= 0 or not (self.is_told or alone):
            return None
        known = self._copies.get(name)
        if known is None:
            self._make_room()
            known = self._copies[name] = Copy(name, key)
        return known

    def keep(self, copy: Copy | None, fact: object, expires_at: float) -> None:
        """Keeps a fact until `expires_at` at the longest, unless its entry has changed."""
        if copy is not None and self._copies.get(copy.name) is copy:
            self._memory.store(copy.key, fact, min(expires_at, self._now() + self._ttl))

    def drop(self, name: bytes) -> None:
        """Drops the copy of an entry that has changed."""
        copy = self._copies.pop(name, None)
        if copy is not None and self._memory.remove(copy.key):
            self._memory.counters.invalidated += 1

    def drop_all(self) -> None:
        """Drops every copy, and what is on its way to become one."""
        copies, self._copies = self._copies, {}
        for copy in copies.values():
            if self._memory.remove(copy.key):
                self._memory.counters.invalidated += 1

    def begin(self) -> None:
        """Keeps copies from now on: changes are told."""
        self.drop_all()
        self.is_told = True

    def end(self) -> None:
        """Keeps none any more: changes are not told."""
        self.is_told = False
        self.drop_all()

    def _make_room(self) -> None:
        """Forgets names whose facts have gone by themselves."""
        if len(self._copies) > 2 * len(self._memory) + _SLACK:
            self._copies = {
                name: copy
                for name, copy in self._copies.items()
                if self._memory.peek(copy.key) is not None
            }
