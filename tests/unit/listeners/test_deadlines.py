"""Deadlines never pass too early, although the clock is coarse."""

from edgeauth.listeners.deadlines import TICK, Deadlines


def test_a_deadline_that_is_set_just_before_a_tick_has_all_its_time():
    deadlines = Deadlines()
    deadlines.now = 100.0
    deadline = deadlines.until(1.0)  # it may be set at any time before the next tick

    deadlines.now = 100.0 + TICK + 1.0
    assert not deadlines.passed(deadline)
    deadlines.now += TICK
    assert deadlines.passed(deadline)


def test_no_deadline_never_passes():
    deadlines = Deadlines()
    deadline = deadlines.until(0)
    deadlines.now = 1e9

    assert not deadlines.passed(deadline)
