"""Which places have not answered a moment ago, so that nobody waits for them who need not."""

from collections.abc import Callable
from typing import Final, NamedTuple

RETRY: Final = 5.0
"""Seconds after a failure until a place is asked again while nobody waits."""
REMEMBERED: Final = 30.0
"""Seconds after the last failure for which a place counts as one that does not answer."""


class _Outage(NamedTuple):
    over_at: float
    next_try: float


class Outages:
    """Remembers failures for a while.

    Args:
        monotonic: seconds that only ever grow.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        # Hosts are configuration, so there are not many.
        self._known: dict[str, _Outage] = {}

    def note(self, place: str, *, failed: bool) -> None:
        """Remembers what became of a call.

        Args:
            place: that was asked.
            failed: whether there was no answer, or one that says that something is broken.
        """
        if failed:
            now = self._monotonic()
            self._known[place] = _Outage(now + REMEMBERED, now + RETRY)
        else:
            _ = self._known.pop(place, None)

    def is_known(self, place: str) -> bool:
        """Returns whether the place has failed a moment ago, and not answered since."""
        known = self._known.get(place)
        return known is not None and self._monotonic() < known.over_at

    def may_try(self, place: str) -> bool:
        """Returns True once every few seconds: whoever is told so asks the place again."""
        known, now = self._known[place], self._monotonic()
        if now < known.next_try:
            return False
        self._known[place] = known._replace(next_try=now + RETRY)
        return True
