import asyncio

import pytest

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
from edgeauth.services.telemetry import sharing
from edgeauth.services.telemetry.decisions import DecisionCounts, TimedDecisions
from edgeauth.services.telemetry.durations import Durations, RequestDurations
from edgeauth.services.telemetry.sharing import Board, Sharing, Workers


def ignored(*_: object) -> None:
    """Takes what is counted."""


class Process:
    """The counts of one process."""

    def __init__(self) -> None:
        self.decisions = DecisionCounts(ignored, ignored)
        self.rules = TimedDecisions(ignored)
        self.cache = CacheCounters()
        self.listener = ListenerStatus("serve")
        caches = {"in-memory": self.cache}
        self.log = LogStatus()
        logs = {"access": self.log}
        self.mechanisms: dict[str, CacheCounters] = {}
        self.listener.requests = RequestDurations()
        self.workers = Workers()
        self.endpoints = EndpointStatus()
        self.sharing = Sharing(
            self.decisions,
            self.rules,
            caches,
            self.mechanisms,
            self.listener,
            logs,
            self.workers,
            self.endpoints,
        )

    def counting(self, number: int) -> "Process":
        self.decisions.permitted = number
        self.decisions.denied[Reason.AUTHORIZATION] = 2 * number
        self.decisions.malformed = 3 * number
        self.cache.hits, self.cache.misses, self.cache.stored = number, number, number
        self.mechanisms["authenticator/a/b"] = CacheCounters(number, 2 * number)
        self.listener.refused[Refused.TIMEOUT] = number
        self.listener.limited[Limited.BODY] = number
        self.listener.failed[UpstreamFailure.TIMEOUT] = number
        self.log.lost = number
        self.listener.occupancy = lambda: Occupancy(number, number, number, number, number)
        self.listener.renewals, self.listener.failures = number, 2 * number
        self.listener.lag = float(number)
        durations = self.rules.durations.setdefault(("set", "rule"), Durations())
        durations.counts[0], durations.total = number, float(number)
        calls = self.endpoints.calls.of("https://id.test", 200)
        for each in (self.requests.of("GET", 200), calls):
            each.counts[0], each.total = number, float(number)
        self.endpoints.held_back["https://id.test"] = number
        return self

    @property
    def requests(self) -> RequestDurations:
        assert self.listener.requests is not None
        return self.listener.requests

    def counts(self) -> tuple[object, ...]:
        decisions, durations = self.decisions, self.rules.durations["set", "rule"]
        requests, calls = self.requests.of("GET", 200), self.endpoints.calls
        called = calls.of("https://id.test", 200)
        return (
            decisions.permitted,
            decisions.denied[Reason.AUTHORIZATION],
            decisions.malformed,
            (self.cache.hits, self.cache.misses, self.cache.stored),
            (
                self.mechanisms["authenticator/a/b"].hits,
                self.mechanisms["authenticator/a/b"].misses,
            ),
            (durations.counts[0], durations.total),
            (requests.counts[0], requests.total),
            (called.counts[0], called.total),
            self.endpoints.held_back["https://id.test"],
            (self.listener.refused[Refused.TIMEOUT], self.listener.limited[Limited.BODY]),
            (self.listener.renewals, self.listener.failures, self.listener.lag),
            self.log.lost,
            self.listener.failed[UpstreamFailure.TIMEOUT],
        )

    def publish(self, board: Board, place: int) -> None:
        async def once() -> None:
            task = asyncio.create_task(self.sharing.publish(board, place))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(once())


def times(number: int) -> tuple[object, ...]:
    cached = ((number,) * 3, (number, 2 * number))
    counted = (number, 2 * number, 3 * number, *cached, *((number, float(number)),) * 3, number)
    return (*counted, (number, number), (number, 2 * number, float(number)), number, number)


def test_what_processes_have_counted_is_added_up_as_often_as_somebody_asks():
    board, told = Board(2), Process()
    Process().counting(1).publish(board, 0)
    Process().counting(10).publish(board, 1)

    for _ in range(2):
        told.sharing.gather(board)

        assert told.counts() == times(11)


def test_counts_never_go_down_when_a_process_is_replaced(monkeypatch):
    board, told = Board(2), Process()
    for pid, number in ((1, 5), (2, 1), (3, 2)):
        monkeypatch.setattr(sharing.os, "getpid", lambda pid=pid: pid)
        Process().counting(number).publish(board, 0)
        told.sharing.gather(board)

    assert told.counts() == times(8)


def test_what_processes_are_busy_with_is_that_of_those_which_live(monkeypatch):
    board, told = Board(3), Process()
    for pid, place, number in ((1, 0, 5), (2, 1, 7), (3, 0, 1)):
        monkeypatch.setattr(sharing.os, "getpid", lambda pid=pid: pid)
        Process().counting(number).publish(board, place)
        told.sharing.gather(board)

    assert told.listener.occupancy() == Occupancy(8, 8, 8, 8, 8)


def test_a_place_where_nothing_was_written_counts_nothing():
    told = Process().counting(4)

    told.sharing.gather(Board(3))

    assert told.decisions.permitted == 0


def test_what_is_too_long_leaves_what_was_there():
    board = Board(1)
    board.write(0, b"old")

    board.write(0, bytes(5 * 1024 * 1024))

    assert board.read(0) == b"old"


def test_what_processes_have_computed_is_kept_when_they_are_replaced(monkeypatch):
    board, told = Board(1), Process()
    for pid, seconds in ((1, 5.0), (2, 1.0)):
        monkeypatch.setattr(sharing.os, "getpid", lambda pid=pid: pid)
        monkeypatch.setattr(sharing.time, "process_time", lambda seconds=seconds: seconds)
        Process().counting(1).publish(board, 0)
        told.sharing.gather(board)

    assert told.workers == Workers((2,), 6.0)
