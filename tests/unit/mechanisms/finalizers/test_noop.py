from edgeauth.mechanisms.finalizers import noop
from edgeauth.model.decision import HeaderEdits
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import granted
from tests.fakes.services import World


def test_there_is_nothing_to_configure():
    assert mistakes(noop.TYPE, {"headers": {}}) == [("headers", "extra_forbidden")]


def test_the_upstream_is_told_nothing():
    finalizer = World().build(noop.TYPE)

    assert run_straight(finalizer.finalize(granted())) == HeaderEdits()
    assert finalizer.owns() == ()
