"""Deadlines never pass too early, although the clock is coarse."""

import pytest

from edgeauth.listeners.deadlines import TICK, Deadlines
from tests.fakes.clock import NOW, FakeClock


def test_a_deadline_that_is_set_just_before_a_tick_has_all_its_time():
    deadlines = Deadlines()
    deadlines.now = 100.0
    deadline = deadlines.until(1.0)  # it may be set at any time before the next tick

    deadlines.now = 100.0 + TICK + 1.0
    assert not deadlines.passed(deadline)
    deadlines.now += TICK
    assert deadlines.passed(deadline)


@pytest.mark.parametrize("left", [10.0, 10.2, 10.49])
def test_a_moment_of_the_day_has_come_at_the_last_look_before_it(left: float):
    deadlines = Deadlines(FakeClock())
    deadlines.now = 100.0
    deadline = deadlines.before(NOW + left)
    ticks = [100.0 + TICK * number for number in range(1, 25)]

    looked = [tick for tick in ticks if _has_passed(deadlines, tick, deadline)]
    assert 100.0 + left - 2 * TICK <= looked[0] <= 100.0 + left


def _has_passed(deadlines: Deadlines, tick: float, deadline: float) -> bool:
    deadlines.now = tick
    return deadlines.passed(deadline)


def test_a_moment_that_is_over_has_passed_at_the_next_look():
    deadlines = Deadlines(FakeClock())
    deadline = deadlines.before(NOW - 3600.0)
    assert deadline > 0.0, "or it would be none"
    deadlines.now = 1.0

    assert deadlines.passed(deadline)


def test_no_deadline_never_passes():
    deadlines = Deadlines()
    deadline = deadlines.until(0)
    deadlines.now = 1e9

    assert not deadlines.passed(deadline)


def test_what_has_come_in_a_pause_is_read_before_deadlines_are_looked_at():
    deadlines = Deadlines()
    assert deadlines.tick(100.0), "nothing has come yet"
    assert not deadlines.tick(104.5)
    assert deadlines.tick(104.51)


def test_deadlines_pass_where_every_tick_is_late():
    deadlines = Deadlines()
    assert [deadlines.tick(100.0 + 4 * number) for number in range(4)] == [
        True, False, True, False
    ]  # fmt: skip
