"""The system's clock."""

import time


class SystemClock:
    """The time as the operating system knows it."""

    def now(self) -> float:
        """Returns seconds since the epoch (UTC)."""
        return time.time()
