"""Facts kept in the memory of this process.

What has to go is chosen by S3-FIFO. A fact first stands in a short queue; only one that was asked
for there comes into the long one, so that thousands of tokens that are seen once, which anybody who
is given tokens can send, do not drive out those that come with every request. A queue that moves
what is used to its end (LRU) lets them; `benchmarks/eviction.py` compares the two.

Source:
    Yang et al., FIFO queues are all you need for cache eviction (SOSP 2023).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from heapq import heapify, heappop, heappush
from typing import Final, TypeVar, cast

from msgspec import Struct

from edgeauth.ports.facts import CacheCounters, FactKind, Learned
from edgeauth.ports.services import Clock
from edgeauth.services.fact_sizes import ENTRY_OCTETS, size_of
from edgeauth.services.learning import Learning

DEFAULT_MEMORY_LIMIT: Final = 128 * 1024 * 1024
_MOST_USES: Final = 3
_SHORT_SHARE: Final = 10
"""The short queue has a tenth of the memory."""

F = TypeVar("F")
T = TypeVar("T")


class _Entry(Struct, eq=False):
    """A fact with what is needed to decide when it goes."""

    fact: object
    expires_at: float
    """Seconds since the epoch."""
    deadline: float
    """The same on the clock that nobody can set back."""
    octets: int
    uses: int = 0
    is_proven: bool = False
    """Whether it stands in the long queue."""


class MemoryCache:
    """Keeps facts as long as there is room for them.

    An entry ends when either of two clocks says so. The wall clock alone would keep entries alive
    when it is set back, and the monotonic one stands still while the machine sleeps.

    Args:
        clock: tells what `expires_at` is compared with.
        memory_limit: how many octets facts take at most, as estimated by `size_of`.
        entry_limit: how many facts are kept at most; None does not count them.
        monotonic: seconds that only ever grow.

    Attributes:
        counters: what was asked for.
    """

    def __init__(
        self,
        clock: Clock,
        memory_limit: int = DEFAULT_MEMORY_LIMIT,
        entry_limit: int | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.counters = CacheCounters()
        self._now = clock.now
        self._monotonic = monotonic
        self._memory_limit = memory_limit
        self._entry_limit = entry_limit
        self._entries: dict[bytes, _Entry] = {}
        self._short: OrderedDict[bytes, None] = OrderedDict()
        self._long: OrderedDict[bytes, None] = OrderedDict()
        self._gone: OrderedDict[bytes, None] = OrderedDict()
        self._octets = 0
        self._short_octets = 0
        self._ends: list[tuple[float, bytes]] = []
        self._learning = Learning(self)

    @property
    def octets(self) -> int:
        """Returns about how much memory is taken."""
        return self._octets

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, key: bytes) -> object | None:
        """Returns the fact, or None when it is unknown or too old."""
        entry = self._entries.get(key)
        if entry is not None:
            if self._now() < entry.expires_at and self._monotonic() < entry.deadline:
                if entry.uses < _MOST_USES:
                    entry.uses += 1
                self.counters.hits += 1
                return entry.fact
            self.remove(key)
        self.counters.misses += 1
        return None

    def peek(self, key: bytes) -> object | None:
        """Returns the same as `find` without counting it; for those who look a second time."""
        entry = self._entries.get(key)
        if entry is None or not self._now() < entry.expires_at:
            return None
        return entry.fact if self._monotonic() < entry.deadline else None

    async def fetch(self, key: bytes, kind: FactKind[F]) -> F | None:  # noqa: ARG002  (the port's)
        """Returns None: there is nobody else to ask."""
        return None

    def store(
        self,
        key: bytes,
        fact: object,
        expires_at: float,
        kind: FactKind[F] | None = None,  # noqa: ARG002  (the port's)
    ) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest."""
        left = expires_at - self._now()
        known = self._entries.get(key)
        # Not "if left <= 0: return": NaN would pass that.
        if not left > 0:
            self.remove(key)
            return
        octets = size_of(fact) + ENTRY_OCTETS
        if octets > self._memory_limit:
            self.remove(key)
            self.counters.store_errors += 1
            return
        now = self._monotonic()
        self._sweep(now)
        entry = _Entry(fact, expires_at, now + left, octets)
        if known is not None and key in self._entries:
            entry.uses, entry.is_proven = known.uses, known.is_proven
            self._forget(key, known)
        else:
            entry.is_proven = self._gone.pop(key, self) is None
        self._keep(key, entry)
        self.counters.stored += 1
        self._make_room()

    def remove(self, key: bytes) -> bool:
        """Forgets a fact; returns whether there was one."""
        entry = self._entries.get(key)
        if entry is None:
            return False
        self._forget(key, entry)
        return True

    async def learn(
        self,
        key: bytes,
        kind: FactKind[F] | None,
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> T:
        """Returns what the work finds out, which is done once for all who ask meanwhile.

        Raises:
            Fault: the work could not tell.
        """
        # One key always stands for the same kind of fact.
        return cast("T", await self._learning.learn(key, kind, work))

    def _keep(self, key: bytes, entry: _Entry) -> None:
        self._entries[key] = entry
        self._octets += entry.octets
        if entry.is_proven:
            self._long[key] = None
        else:
            self._short[key] = None
            self._short_octets += entry.octets
        heappush(self._ends, (entry.deadline, key))
        if len(self._ends) > 2 * len(self._entries) + 64:
            # Facts that were stored again left their former ends behind.
            self._ends = [(each.deadline, name) for name, each in self._entries.items()]
            heapify(self._ends)

    def _forget(self, key: bytes, entry: _Entry) -> None:
        del self._entries[key]
        self._octets -= entry.octets
        if entry.is_proven:
            del self._long[key]
        else:
            del self._short[key]
            self._short_octets -= entry.octets

    def _sweep(self, now: float) -> None:
        """Removes what is over by the monotonic clock."""
        while self._ends and self._ends[0][0] <= now:
            _, key = heappop(self._ends)
            entry = self._entries.get(key)
            if entry is not None and entry.deadline <= now:
                self._forget(key, entry)

    def _make_room(self) -> None:
        while self._octets > self._memory_limit or (
            self._entry_limit is not None and len(self._entries) > self._entry_limit
        ):
            if self._short and (
                not self._long or self._short_octets * _SHORT_SHARE >= self._octets
            ):
                self._leave_short_queue()
            else:
                self._leave_long_queue()

    def _leave_short_queue(self) -> None:
        key, _ = self._short.popitem(last=False)
        entry = self._entries[key]
        self._short_octets -= entry.octets
        if entry.uses:
            entry.uses, entry.is_proven = 0, True
            self._long[key] = None
            return
        del self._entries[key]
        self._octets -= entry.octets
        self._gone[key] = None
        # Who comes back while as many others have gone as there are, should have stayed.
        if len(self._gone) > len(self._entries):
            self._gone.popitem(last=False)

    def _leave_long_queue(self) -> None:
        key, _ = self._long.popitem(last=False)
        entry = self._entries[key]
        if entry.uses:
            entry.uses -= 1
            self._long[key] = None
            return
        del self._entries[key]
        self._octets -= entry.octets
