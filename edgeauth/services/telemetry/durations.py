"""How long things took, in buckets of fixed sizes: a few additions to plain numbers each."""

from bisect import bisect_left
from collections.abc import Iterator
from http import HTTPMethod
from typing import Final

DECISION_BOUNDS: Final = (
    10e-6, 25e-6, 50e-6, 75e-6, 100e-6, 250e-6, 500e-6, 750e-6,
    1e-3, 2.5e-3, 5e-3, 7.5e-3, 10e-3, 25e-3, 50e-3, 75e-3, 0.1, 0.25, 0.5, 1.0, 5.0,
)  # fmt: skip
"""Seconds: the upper ends of all buckets but the last one, which has none."""
REQUEST_BOUNDS: Final = (
    0.25e-3, 0.5e-3, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 75e-3,
    0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0,
)  # fmt: skip
"""The same for requests as a whole: those of OpenTelemetry, and more at both ends."""
MAX_KINDS: Final = 2000
"""Kinds of requests that durations are kept of: services may answer with any status."""
OTHER: Final = "_OTHER"
"""The method of what is no request, and every method that is not in `METHODS`.

OpenTelemetry calls it so, and knows the same methods.
"""
METHODS: Final = frozenset(map(str, HTTPMethod))
"""What gateways say of a client's method may be any word, and must not become a label."""


class Durations:
    """How often something took how long.

    Args:
        bounds: seconds, the upper ends of all buckets but the last one.

    Attributes:
        counts: by bucket; one more than bounds.
        total: seconds, all together.
    """

    __slots__ = ("_bounds", "counts", "total")

    def __init__(self, bounds: tuple[float, ...] = DECISION_BOUNDS) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def note(self, seconds: float) -> None:
        """Counts something that took so long."""
        self.counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    def add(self, counts: list[int], total: float) -> None:
        """Adds what was counted elsewhere with the same bounds."""
        self.counts = [mine + other for mine, other in zip(self.counts, counts, strict=True)]
        self.total += total

    def buckets(self) -> Iterator[tuple[str, float]]:
        """Yields the upper end of each bucket with everything up to there."""
        so_far = 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self.counts, strict=True):
            so_far += count
            yield bound, so_far


class RequestDurations:
    """How long requests took: those that a listener has answered, or that others were asked.

    Args:
        names: the only ones that are told apart; None tells all of them apart.

    Attributes:
        by_kind: by name and the status of the answer, which is 0 where there was none.
    """

    __slots__ = ("_names", "by_kind")

    def __init__(self, names: frozenset[str] | None = None) -> None:
        self._names = names
        self.by_kind: dict[tuple[str, int], Durations] = {}

    def note(self, name: str, status: int, seconds: float) -> None:
        """Counts a request.

        Args:
            name: the method, or `OTHER`; of calls, whom they are made to.
            status: of the answer; 0 for none.
            seconds: from its first octet to the last one of its answer.
        """
        durations = self.by_kind.get((name, status))
        if durations is None:
            durations = self.of(name, status)
        # Not by calls: there is one for every request.
        durations.counts[bisect_left(REQUEST_BOUNDS, seconds)] += 1
        durations.total += seconds

    def of(self, name: str, status: int) -> Durations:
        """Returns the durations of a kind of requests; new kinds share some once there are many."""
        known = self._names is None or name in self._names
        kind = (name if known else OTHER, status)
        if kind not in self.by_kind and len(self.by_kind) >= MAX_KINDS:
            kind = (OTHER, 0)
        return self.by_kind.setdefault(kind, Durations(REQUEST_BOUNDS))
