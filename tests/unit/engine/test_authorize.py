"""Every authorizer that applies has to allow; nothing else makes a `Granted`."""

import pytest

from edgeauth.engine.authorize import authorize
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.mechanisms import Allow
from edgeauth.ports.stages import Granted
from tests.fakes.driving import run_straight
from tests.fakes.requests import identified
from tests.fakes.rules import Fake, When, authorizer, contextualizer

NO = Refusal(Reason.AUTHORIZATION, "no")
DOWN = Fault(Reason.COMMUNICATION, "down")
BROKEN = Fault(Reason.INTERNAL, "no value")


TOLERATED = Fault(Reason.COMMUNICATION, "down", tolerated=True)


def asked(*checks, passed_over=None):
    over = [] if passed_over is None else passed_over
    return run_straight(authorize(checks, identified(), over))


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (authorizer(NO, "x"), Reason.AUTHORIZATION),
        (authorizer(DOWN, "x"), Reason.COMMUNICATION),
        (authorizer(TOLERATED, "x"), Reason.COMMUNICATION),
        (contextualizer(DOWN, "x"), Reason.COMMUNICATION),
        (authorizer(when=When(BROKEN), name="x"), Reason.INTERNAL),
        (contextualizer(when=When(BROKEN), name="x"), Reason.INTERNAL),
    ],
    ids=[
        "refusal",
        "fault",
        "tolerated fault",
        "fault of information",
        "condition",
        "condition of information",
    ],
)
@pytest.mark.parametrize("position", [0, 1])
def test_the_first_that_does_not_allow_ends_it(check, reason, position):
    after = Fake(Allow())
    checks = [authorizer(), authorizer(after, "after")]
    checks.insert(position, check)
    outcome = asked(*checks)
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.step, outcome.source) == (reason, "x", "x-source")
    assert after.calls == []


@pytest.mark.parametrize("verdict", [None, True, False, 1, "yes", {"allowed": True}], ids=repr)
def test_what_is_no_verdict_is_a_bug_and_no_permit(verdict):
    with pytest.raises(AttributeError):
        asked(authorizer(verdict))


def test_a_refusal_keeps_the_origin_that_it_has():
    outcome = asked(authorizer(NO.said_by("inner", "step"), "outer"))
    assert isinstance(outcome, Refusal)
    assert (outcome.source, outcome.step) == ("inner", "step")


def test_a_step_whose_condition_is_false_does_not_run():
    skipped = Fake(NO)
    assert isinstance(asked(authorizer(skipped, when=When(value=False))), Granted)
    assert skipped.calls == []


def test_a_tolerated_fault_of_a_contextualizer_ends_nothing_and_is_told():
    passed_over: list[Refusal] = []
    outcome = asked(
        contextualizer(TOLERATED, "first"),
        contextualizer({"a": 1}, "second"),
        authorizer(),
        passed_over=passed_over,
    )
    assert isinstance(outcome, Granted)
    assert outcome.known.outputs == {"second": {"a": 1}}
    assert [(each.step, each.reason) for each in passed_over] == [("first", DOWN.reason)]


def test_a_tolerated_fault_allows_nothing():
    assert isinstance(asked(contextualizer(TOLERATED), authorizer(NO)), Refusal)


def test_steps_run_in_order_and_see_what_was_found_out_before():
    first, condition, last = Fake({"a": 1}), When(value=True), Fake(Allow("yes"))
    outcome = asked(
        contextualizer(first, "first"),
        contextualizer(None, "nothing"),
        authorizer(last, "second", condition),
    )
    assert isinstance(outcome, Granted)
    assert first.calls[0].outputs == {}
    assert condition.scopes[0]["Outputs"] == last.calls[0].outputs == {"first": {"a": 1}}
    assert outcome.known.outputs == {"first": {"a": 1}, "second": "yes"}


def test_what_authorizers_tell_the_upstream_is_kept_in_order():
    one, two = HeaderEdits(((b"a", b"1"),)), HeaderEdits(((b"b", b"2"),))
    outcome = asked(authorizer(Allow(None, (one,))), authorizer(), authorizer(Allow(None, (two,))))
    assert isinstance(outcome, Granted)
    assert outcome.edits == (one, two)


def test_a_rule_without_checks_grants():
    assert isinstance(asked(), Granted)
