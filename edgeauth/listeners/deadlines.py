"""One coarse clock for all deadlines: a timer per request would cost more than its decision."""

from typing import Final

TICK: Final = 0.5
"""Seconds between two ticks."""


class Deadlines:
    """Counts deadlines from the last tick: they pass two ticks late at most, and never early."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 0.0
        """Monotonic seconds at the last tick."""

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        return self.now + seconds if seconds else 0.0

    def passed(self, deadline: float) -> bool:
        """Returns whether a deadline is over, even if it was set just before the next tick."""
        return 0.0 < deadline < self.now - TICK
