"""A clock that stands still until a test moves it."""

NOW = 1_700_000_000.0


class FakeClock:
    """The time that a test says it is."""

    def __init__(self, now: float = NOW) -> None:
        self._now = now

    def now(self) -> float:
        """Returns seconds since the epoch."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Moves the time, back if need be."""
        self._now += seconds
