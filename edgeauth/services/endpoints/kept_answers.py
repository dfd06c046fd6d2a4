"""An answer that is kept, and how long it counts: as long as two clocks say so.

The wall clock may be set back, which would make an answer fresh again; the monotonic one stands
still while the machine sleeps. Other processes know nothing of our monotonic clock: they are told
the lifetime, so that whatever their clocks say an answer is fresh there for no longer than that.
"""

from collections.abc import Callable
from typing import NamedTuple

from edgeauth.ports.facts import FactKind, fact_kind
from edgeauth.ports.services import EndpointAnswer


class Kept(NamedTuple):
    """An answer that may be used again."""

    answer: EndpointAnswer
    fresh_until: float
    """Seconds since the epoch."""
    lifetime: float
    """Seconds for which it was fresh when it came."""
    deadline: float
    """`fresh_until` on the clock that nobody can set back."""

    def is_current(self, now: float, tick: float, longer: float = 0.0) -> bool:
        """Returns whether it is fresh, or has not been stale for long.

        Args:
            now: seconds since the epoch.
            tick: on the clock that nobody can set back.
            longer: seconds for which it counts beyond its time.
        """
        return now < self.fresh_until + longer and tick < self.deadline + longer


class _Written(NamedTuple):
    """What other processes are told."""

    answer: EndpointAnswer
    fresh_until: float
    lifetime: float


def kept_answers(now: Callable[[], float], monotonic: Callable[[], float]) -> FactKind[Kept]:
    """Returns the kind of facts that kept answers are, by the clocks of this process."""

    def read(written: _Written) -> Kept:
        left = min(written.fresh_until - now(), written.lifetime)
        return Kept(*written, monotonic() + left)

    return fact_kind("answer.2", Kept, _Written, lambda kept: _Written(*kept[:3]), read)
