"""Which address is tried first."""

import socket

from edgeauth.listeners.candidates import Candidates
from edgeauth.listeners.resolving import Address
from tests.fakes.clock import FakeClock

A, B, C = (Address(socket.AF_INET, f"192.0.2.{number}") for number in (1, 2, 3))
X, Y = (Address(socket.AF_INET6, f"2001:db8::{number}") for number in (1, 2))


def candidates() -> tuple[Candidates, FakeClock]:
    clock = FakeClock()
    return Candidates(clock.now), clock


def test_an_address_that_failed_comes_last_for_ten_seconds():
    made, clock = candidates()
    made.failed(A, 80)
    assert {made.order((A, B), 80)[-1] for _ in range(4)} == {A}
    assert {made.order((A, B), 81)[0] for _ in range(4)} == {A, B}
    clock.advance(10)
    assert {made.order((A, B), 80)[0] for _ in range(4)} == {A, B}


def test_somebody_is_tried_when_all_have_failed():
    made, _ = candidates()
    made.failed(A, 80)
    made.failed(B, 80)
    assert set(made.order((A, B), 80)) == {A, B}
    assert made.order((A,), 80) == [A]


def test_every_address_is_the_first_in_its_turn():
    made, _ = candidates()
    assert {made.order((A, B, C), 80)[0] for _ in range(3)} == {A, B, C}


def test_both_families_take_turns_the_one_that_the_system_prefers_first():
    made, _ = candidates()
    for _ in range(4):
        found = made.order((X, Y, A, B, C), 80)
        assert [each.family == socket.AF_INET6 for each in found] == [1, 0, 1, 0, 0]
        assert set(found) == {A, B, C, X, Y}


def test_what_has_failed_is_bounded():
    made, _ = candidates()
    for port in range(10_000):
        made.failed(A, port)
    assert len(made._failed_until) <= 4096
