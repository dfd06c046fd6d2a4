"""What was used once, remembered in the memory of this process until it can not be used anyway.

Bounded: when there is no room, whatever is new is refused rather than something old forgotten, as
that could then be used again (attack 150).
"""

import time
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.services import Clock

DEFAULT_LIMIT: Final = 262_144


class MemoryReplayStore:
    """Remembers keys.

    A key is forgotten when both clocks say so: the wall clock may be set ahead, the monotonic one
    counts no time that the machine sleeps.

    Args:
        clock: tells what `expires_at` is compared with.
        limit: how many keys are remembered at most.
        monotonic: seconds that only ever grow.
    """

    def __init__(
        self,
        clock: Clock,
        limit: int = DEFAULT_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = clock.now
        self._monotonic = monotonic
        self._limit = limit
        self._used: set[bytes] = set()
        self._ends: list[tuple[float, float, bytes]] = []

    async def first_use(self, key: bytes, expires_at: float) -> bool:
        """Returns True only if the key was not used before, and remembers that it is now.

        Raises:
            Fault: COMMUNICATION, when there is no room to remember it.
        """
        now, tick = self._now(), self._monotonic()
        while self._ends and self._ends[0][0] <= tick and self._ends[0][1] <= now:
            self._used.discard(heappop(self._ends)[2])
        if key in self._used:
            return False
        if len(self._used) >= self._limit:
            raise Fault(Reason.COMMUNICATION, "there is no room to remember what was used")
        self._used.add(key)
        heappush(self._ends, (tick + max(expires_at - now, 0.0), expires_at, key))
        return True
