"""One coarse clock for all deadlines: a timer per request would cost more than its decision."""

from typing import Final

from edgeauth.ports.services import Clock
from edgeauth.services.clock import SystemClock

TICK: Final = 0.5
"""Seconds between two ticks."""
_PAUSE: Final = 2 * TICK


class Deadlines:
    """Counts deadlines from the last tick: they pass two ticks late at most, and never early.

    Args:
        clock: the time of day.
    """

    __slots__ = ("_clock", "_paused", "now")

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.now = 0.0
        """Monotonic seconds at the last tick."""
        self._paused = False

    def tick(self, now: float) -> bool:
        """Moves on; returns whether deadlines may be looked at.

        Not at the first tick after a pause, of the process or of the machine: what has come
        meanwhile is not read yet, and whoever was in time must not be told that it was late.

        Args:
            now: monotonic seconds.
        """
        # Once only: where every tick is late there would be no deadlines at all.
        self._paused = 0.0 < self.now < now - _PAUSE and not self._paused
        self.now = now
        return not self._paused

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        return self.now + seconds if seconds else 0.0

    def before(self, moment: float) -> float:
        """Returns a deadline that has passed at the last tick before a moment; never 0.0.

        The clock of the day is asked now and not again: whoever sets it later moves nothing.

        Args:
            moment: seconds since the epoch.
        """
        left = moment - self._clock.now()
        return max(self.now + left - 2 * TICK, 1e-9)

    def passed(self, deadline: float) -> bool:
        """Returns whether a deadline is over, even if it was set just before the next tick."""
        return 0.0 < deadline < self.now - TICK
