"""What was used once, remembered until it can not be used anyway.

The memory is shared by the processes that were made by the same one, so that what one worker has
seen no other one takes. It is bounded: where there is no room, whatever is new is refused rather
than something old forgotten, as that could then be used again (attack 150).
"""

import mmap
import struct
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.services import Clock
from edgeauth.services.turn import Turn

DEFAULT_LIMIT: Final = 131_072
_ROW: Final = 16
"""Keys that share a row; the digest tells which row it is."""
_SLOT: Final = struct.Struct("!32sdd")
"""A digest, and its ends on the monotonic and on the wall clock."""
_EMPTY: Final = bytes(32)


class MemoryReplayStore:
    """Remembers keys in a table.

    A key is forgotten when both clocks say so: the wall clock may be set ahead, the monotonic one
    counts no time that the machine sleeps.

    Args:
        clock: tells what `expires_at` is compared with.
        limit: how many keys are remembered at most. Memory is taken as it fills, 48 octets a key.
        monotonic: seconds that only ever grow, the same in all processes.
    """

    def __init__(
        self,
        clock: Clock,
        limit: int = DEFAULT_LIMIT,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = clock.now
        self._monotonic = monotonic
        self._row = min(limit, _ROW)
        self._rows = max(limit // self._row, 1)
        self._table = mmap.mmap(-1, self._rows * self._row * _SLOT.size)
        self._turn = Turn()

    async def first_use(self, key: bytes, expires_at: float) -> bool:
        """Returns True only if the key was not used before, and remembers that it is now.

        Raises:
            Fault: COMMUNICATION, when there is no room to remember it.
        """
        digest = sha256(key).digest()
        now, tick = self._now(), self._monotonic()
        ends = tick + max(expires_at - now, 0.0)
        with self._turn:
            free = self._free_slot(digest, now, tick)
            if free is None:
                return False
            _SLOT.pack_into(self._table, free, digest, ends, expires_at)
        return True

    def _free_slot(self, digest: bytes, now: float, tick: float) -> int | None:
        """Returns where the digest may be kept; None when it is known.

        Raises:
            Fault: its row is full.
        """
        first = int.from_bytes(digest[:8], "big") % self._rows * self._row * _SLOT.size
        free = None
        for at in range(first, first + self._row * _SLOT.size, _SLOT.size):
            known, ends, expires_at = _SLOT.unpack_from(self._table, at)
            over = known == _EMPTY or (ends <= tick and expires_at <= now)
            if known == digest and not over:
                return None
            if over and free is None:
                free = at
        if free is None:
            raise Fault(Reason.COMMUNICATION, "there is no room to remember what was used")
        return free
