"""Counting changes nothing about what is decided and logged."""

import pytest

from edgeauth.model.decision import Decision, Deny, HeaderEdits, Permit, Refusal, Response
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import NO_DOOR, ContentSource
from edgeauth.services.telemetry.decisions import (
    MAX_RULES,
    DecisionCounts,
    TimedDecisions,
)
from edgeauth.services.telemetry.durations import DECISION_BOUNDS, Durations
from tests.fakes.driving import run_straight
from tests.fakes.rules import asked

PERMIT = Permit("rule", "alice", HeaderEdits(), None, rule_set="set")
NO_RULE = Deny(Response(404), Refusal(Reason.NO_RULE, "none"))


def denied(reason: Reason) -> Deny:
    return Deny(Response(403), Refusal(reason, "no"), "rule", rule_set="set")


def test_every_decision_is_counted_and_passed_on():
    passed: list[object] = []
    counts = DecisionCounts(lambda *one: passed.append(one), lambda *one: passed.append(one))
    decisions: list[Decision] = [PERMIT, *map(denied, Reason), denied(Reason.INTERNAL)]
    malformed = Malformed("no request")

    for each in decisions:
        counts.record(asked(), each)
    counts.record_malformed("192.0.2.1", malformed)

    assert passed == [*((asked(), each) for each in decisions), ("192.0.2.1", malformed)]
    assert (counts.permitted, counts.malformed) == (1, 1)
    assert counts.denied == {reason: 1 + (reason is Reason.INTERNAL) for reason in Reason}


def timed(decision: Decision, *moments: float) -> TimedDecisions:
    async def decide(_: Request, content: ContentSource) -> Decision:
        return decision

    clock = iter(moments)
    made = TimedDecisions(decide, lambda: next(clock))
    for _ in moments[::2]:
        assert run_straight(made.decide(asked(), NO_DOOR)) is decision
    return made


@pytest.mark.parametrize("decision", [PERMIT, denied(Reason.AUTHORIZATION)])
def test_time_is_kept_by_rule(decision: Decision):
    made = timed(decision, 0.0, 0.001, 1.0, 1.5)

    assert list(made.durations) == [("set", "rule")]
    (durations,) = made.durations.values()
    assert durations.total == pytest.approx(0.501)
    assert dict(durations.buckets())["0.001"] == 1
    assert dict(durations.buckets())["0.5"] == 2


def test_where_no_rule_decided_none_is_charged():
    assert timed(NO_RULE, 0.0, 1.0).durations == {}


def test_a_time_beyond_all_bounds_is_in_the_last_bucket():
    (durations,) = timed(PERMIT, 0.0, 99.0).durations.values()

    *others, last = durations.buckets()
    assert last == ("+Inf", 1)
    assert all(count == 0 for _, count in others)
    assert len(others) == len(DECISION_BOUNDS) == 21


def test_reloads_can_not_make_it_grow_without_end():
    made = timed(PERMIT)
    made.durations |= {("old", str(number)): Durations() for number in range(MAX_RULES)}

    async def decide() -> None:
        await made.decide(asked(), NO_DOOR)

    made._now = lambda: 0.0
    run_straight(decide())
    assert len(made.durations) == MAX_RULES
