import sys

import pytest

from edgeauth.providers.pace import Slices, Stopped, quick_switches


def work(pace: Slices) -> None:
    for _ in range(10_000_000):
        pace()


def test_work_that_is_not_wanted_any_more_ends():
    pace = Slices()
    pace()
    pace.stop()

    with pytest.raises(Stopped):
        work(pace)


def test_threads_take_turns_quickly_only_as_long_as_it_is_asked_for():
    usual = sys.getswitchinterval()

    with quick_switches():
        assert sys.getswitchinterval() < usual
    assert sys.getswitchinterval() == usual
