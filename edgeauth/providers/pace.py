"""The pace of a thread that works beside a loop that serves."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_WORK_SECONDS: Final = 0.002
_REST_SECONDS: Final = 0.002
_SWITCH_SECONDS: Final = 0.0001


class Stopped(Exception):
    """Raised in work that is not wanted any more."""


class Slices:
    """Works for two milliseconds and rests for two, so that half of the interpreter is left."""

    def __init__(self) -> None:
        self._until = 0.0
        self._stopped = False

    def __call__(self) -> None:
        """Rests when it is time to.

        Raises:
            Stopped: the work is not wanted any more.
        """
        if time.perf_counter() < self._until:
            return
        if self._stopped:
            raise Stopped
        time.sleep(_REST_SECONDS)
        self._until = time.perf_counter() + _WORK_SECONDS

    def stop(self) -> None:
        """Ends the work the next time it gives way."""
        self._stopped = True


@contextmanager
def quick_switches() -> Iterator[None]:
    """Lets other threads wait for a tenth of a millisecond at most, and not for five."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
