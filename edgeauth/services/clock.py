"""The system's clock."""

import time


class SystemClock:
    """The time as the operating system knows it."""

    # No method around it: every decision asks several times.
    now = staticmethod(time.time)
