"""Counts of several processes as those of one: each writes down its own, one adds them up.

A process writes into memory that all of them share, at a place of its own, every second; so what
is told is a second old at the most, and a process that is killed loses no more than that second.
Counts never go down: what a process had counted is kept when another one takes its place.
"""

import asyncio
import mmap
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Final, TypeAlias, TypeVar

import msgspec

from edgeauth.model.errors import Reason
from edgeauth.ports.facts import CacheCounters
from edgeauth.services.endpoint_status import EndpointStatus
from edgeauth.services.listener_status import (
    Limited,
    ListenerStatus,
    Occupancy,
    Refused,
    UpstreamFailure,
)
from edgeauth.services.log_status import LogStatus
from edgeauth.services.telemetry.decisions import DecisionCounts, TimedDecisions
from edgeauth.services.telemetry.durations import Durations, RequestDurations

_HALF_OCTETS: Final = 4 * 1024 * 1024
"""Room for the counts of one process; what is not written takes no memory."""
_SECONDS: Final = 1.0
_LENGTH: Final = 8
Kind = TypeVar("Kind", bound=Enum)
_Listed: TypeAlias = tuple[str, int, list[int], float]


class Counts(msgspec.Struct, omit_defaults=True):
    """What one process has counted."""

    process: int = 0
    permitted: int = 0
    denied: dict[str, int] = {}
    malformed: int = 0
    caches: dict[str, CacheCounters] = {}
    """By backend."""
    mechanisms: dict[str, tuple[int, int]] = {}
    """Hits and misses by name."""
    rules: list[tuple[str, str, list[int], float]] = []
    """Rule set, rule, counts by bucket, seconds."""
    refused: dict[str, int] = {}
    """Connections, by why."""
    tls: tuple[int, int] = (0, 0)
    """Renewals, failures."""
    limited: dict[str, int] = {}
    """How often limits were reached."""
    lost: dict[str, int] = {}
    """Lines, by log."""
    failed: dict[str, int] = {}
    """Upstreams, by why."""
    occupancy: Occupancy = Occupancy()
    """What the listener is busy with."""
    lag: float = 0.0
    """Seconds by which its sweeps came late."""
    requests: list[_Listed] = []
    """Method, status, counts by bucket, seconds."""
    processor: float = 0.0
    """Seconds that it has computed."""
    calls: list[_Listed] = []
    """Endpoint, status, counts by bucket, seconds."""
    held_back: dict[str, int] = {}
    """Calls that were not made, by endpoint."""


@dataclass(slots=True)
class Workers:
    """The processes that work for this one.

    Attributes:
        alive: their numbers.
        processor: seconds that they and those before them have computed.
    """

    alive: tuple[int, ...] = ()
    processor: float = 0.0


def mechanism_name(kind: str, mechanism_id: str) -> str:
    """Returns what a mechanism is called in counts; the kind ends with the first slash."""
    return f"{kind}/{mechanism_id}"


class Board:
    """Memory that processes share which were made by the same one.

    Args:
        places: how many processes write.
    """

    def __init__(self, places: int) -> None:
        self._memory = mmap.mmap(-1, max(places, 1) * (2 * _HALF_OCTETS + 1))
        self.places = places

    def write(self, place: int, data: bytes) -> None:
        """Puts data in the stead of what was written at a place; too much is not written."""
        if len(data) > _HALF_OCTETS - _LENGTH:
            return
        begin = place * (2 * _HALF_OCTETS + 1)
        # The other half is read until this one is complete.
        half = 1 - self._memory[begin]
        at = begin + 1 + half * _HALF_OCTETS
        self._memory[at : at + _LENGTH] = len(data).to_bytes(_LENGTH, "big")
        self._memory[at + _LENGTH : at + _LENGTH + len(data)] = data
        self._memory[begin] = half

    def read(self, place: int) -> bytes:
        """Returns what was written last at a place; empty when nothing was."""
        begin = place * (2 * _HALF_OCTETS + 1)
        at = begin + 1 + self._memory[begin] * _HALF_OCTETS
        length = int.from_bytes(self._memory[at : at + _LENGTH], "big")
        return bytes(self._memory[at + _LENGTH : at + _LENGTH + min(length, _HALF_OCTETS)])


class Sharing:
    """The counts of this process, as others get to know them.

    Args:
        decisions: counted here.
        rules: measured here; None when they are not.
        caches: counted here, by backend; none when they are not.
        mechanisms: how they asked a cache here, by `mechanism_name`.
        listener: how the listener for requests does here.
        logs: how they do, by name.
        workers: is told which processes have written.
        endpoints: how calls to them go here.
    """

    def __init__(  # noqa: PLR0913  (everything that is counted)
        self,
        decisions: DecisionCounts,
        rules: TimedDecisions | None,
        caches: Mapping[str, CacheCounters],
        mechanisms: dict[str, CacheCounters],
        listener: ListenerStatus,
        logs: Mapping[str, LogStatus],
        workers: Workers | None = None,
        endpoints: EndpointStatus | None = None,
    ) -> None:
        self._workers = workers or Workers()
        self._endpoints = endpoints or EndpointStatus()
        self._logs = logs
        self._listener = listener
        self._decisions = decisions
        self._rules = rules
        self._caches = caches
        self._mechanisms = mechanisms
        self._latest: dict[int, Counts] = {}
        self._retired: list[Counts] = []

    async def publish(self, board: Board, place: int) -> None:
        """Writes the counts down every second, and once more when it is cancelled."""
        try:
            while True:
                await asyncio.sleep(_SECONDS)
                board.write(place, self._written(time.process_time()))
        finally:
            board.write(place, self._written(time.process_time()))

    def _written(self, processor: float) -> bytes:
        decisions = self._decisions
        durations = {} if self._rules is None else self._rules.durations
        counts = Counts(
            os.getpid(),
            decisions.permitted,
            {reason.value: count for reason, count in decisions.denied.items() if count},
            decisions.malformed,
            dict(self._caches),
            {name: (each.hits, each.misses) for name, each in self._mechanisms.items()},
            [(*name, each.counts, each.total) for name, each in durations.items()],
            {reason.value: count for reason, count in self._listener.refused.items() if count},
            (self._listener.renewals, self._listener.failures),
            {limit.value: count for limit, count in self._listener.limited.items() if count},
            {name: status.lost for name, status in self._logs.items() if status.lost},
            {why.value: count for why, count in self._listener.failed.items() if count},
            self._listener.occupancy(),
            self._listener.lag,
            _listed(self._listener.requests),
            processor,
            _listed(self._endpoints.calls),
            dict(self._endpoints.held_back),
        )
        return msgspec.json.encode(counts)

    def gather(self, board: Board) -> None:
        """Makes the counts of this process the sum of all that were written down."""
        for place in range(board.places):
            written = board.read(place)
            if not written:
                continue
            counts = msgspec.json.decode(written, type=Counts)
            known = self._latest.get(place)
            if known is not None and known.process != counts.process:
                self._retire(known)
            self._latest[place] = counts
        self._add_up([*self._latest.values(), *self._retired])
        self._workers.alive = tuple(each.process for each in self._latest.values())
        occupied = Occupancy()
        for present in self._latest.values():
            occupied = occupied.plus(present.occupancy)
        self._listener.occupancy = lambda: occupied

    def _retire(self, counts: Counts) -> None:
        """Keeps the counts of a process that is no more, all such together as one."""
        self._add_up([*self._retired, counts])
        computed = self._written(self._workers.processor)
        self._retired = [msgspec.json.decode(computed, type=Counts)]

    def _add_up(self, listed: Iterable[Counts]) -> None:
        all_of_them = tuple(listed)
        decisions = self._decisions
        decisions.permitted = sum(each.permitted for each in all_of_them)
        decisions.malformed = sum(each.malformed for each in all_of_them)
        for reason in Reason:
            decisions.denied[reason] = sum(each.denied.get(reason.value, 0) for each in all_of_them)
        listener = self._listener
        _sum_up(listener.refused, Refused, [each.refused for each in all_of_them])
        _sum_up(listener.limited, Limited, [each.limited for each in all_of_them])
        _sum_up(listener.failed, UpstreamFailure, [each.failed for each in all_of_them])
        self._listener.renewals = sum(each.tls[0] for each in all_of_them)
        self._listener.failures = sum(each.tls[1] for each in all_of_them)
        self._listener.lag = sum(each.lag for each in all_of_them)
        self._workers.processor = sum(each.processor for each in all_of_them)
        if listener.requests is not None:
            listener.requests = _requests(each.requests for each in all_of_them)
        self._endpoints.calls = _requests(each.calls for each in all_of_them)
        self._endpoints.held_back = sum(
            (Counter(each.held_back) for each in all_of_them), Counter()
        )
        for log, status in self._logs.items():
            status.lost = sum(each.lost.get(log, 0) for each in all_of_them)
        for backend, counters in self._caches.items():
            said = [each.caches[backend] for each in all_of_them if backend in each.caches]
            for name in CacheCounters.__slots__:
                setattr(counters, name, sum(getattr(each, name) for each in said))
        for name in {name for each in all_of_them for name in each.mechanisms}:
            asked = [each.mechanisms.get(name, (0, 0)) for each in all_of_them]
            counters = self._mechanisms.setdefault(name, CacheCounters())
            counters.hits, counters.misses = map(sum, zip(*asked, strict=True))
        if self._rules is not None:
            self._rules.durations = _durations(all_of_them)


def _sum_up(counter: Counter[Kind], kinds: Iterable[Kind], said: Sequence[dict[str, int]]) -> None:
    for kind in kinds:
        counter[kind] = sum(each.get(kind.value, 0) for each in said)


def _durations(listed: Iterable[Counts]) -> dict[tuple[str, str], Durations]:
    found: dict[tuple[str, str], Durations] = {}
    for counts in listed:
        for rule_set, rule, buckets, total in counts.rules:
            found.setdefault((rule_set, rule), Durations()).add(buckets, total)
    return found


def _requests(listed: Iterable[list[_Listed]]) -> RequestDurations:
    found = RequestDurations()
    for name, status, buckets, total in chain.from_iterable(listed):
        found.of(name, status).add(buckets, total)
    return found


def _listed(requests: RequestDurations | None) -> list[_Listed]:
    if requests is None:
        return []
    return [(*kind, each.counts, each.total) for kind, each in requests.by_kind.items()]
