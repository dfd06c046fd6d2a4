"""An upstream that waits for a contract gets no request without one."""

import pytest

from edgeauth.engine.finalize import finalize
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.stages import Granted
from tests.fakes.driving import run_straight
from tests.fakes.requests import granted, identified
from tests.fakes.rules import Fake, When, finalizer

ONE = HeaderEdits(((b"a", b"1"),), (("c", "1"),))
TWO = HeaderEdits(((b"a", b"2"), (b"b", b"3")), (("d", "2"),))


def asked(*finalizers, stage=None):
    return run_straight(finalize(finalizers, stage or granted()))


@pytest.mark.parametrize(
    "step",
    [
        finalizer(Fault(Reason.INTERNAL, "no key"), "x"),
        finalizer(ONE, "x", When(Fault(Reason.INTERNAL, "no value"))),
    ],
    ids=["fault", "condition"],
)
def test_a_finalizer_that_fails_takes_the_permit_with_it(step):
    after = Fake(ONE)
    outcome = asked(finalizer(ONE), step, finalizer(after))
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.step) == (Reason.INTERNAL, "x")
    assert after.calls == []


def test_what_is_no_edit_is_a_bug():
    with pytest.raises(AttributeError):
        asked(finalizer(None))


def test_edits_of_authorizers_come_before_those_of_finalizers():
    assert asked(finalizer(TWO), stage=Granted(identified(), (ONE,))) == HeaderEdits(
        (*ONE.fields, *TWO.fields), (*ONE.cookies, *TWO.cookies)
    )


def test_a_skipped_finalizer_says_nothing():
    assert asked(finalizer(ONE, when=When(value=False)), finalizer(TWO), finalizer()) == TWO
    assert asked() == HeaderEdits()
