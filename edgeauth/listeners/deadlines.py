"""One coarse clock for all deadlines: a timer per request would cost more than its decision."""


class Deadlines:
    """Counts deadlines from the last tick, so they are exact to half a second."""

    __slots__ = ("now",)

    def __init__(self) -> None:
        self.now = 0.0
        """Monotonic seconds at the last tick."""

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        return self.now + seconds if seconds else 0.0

    def passed(self, deadline: float) -> bool:
        """Returns whether a deadline is over."""
        return 0.0 < deadline < self.now
