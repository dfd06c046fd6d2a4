"""Authenticators are alternatives; a refusal hands over, a final fault does not."""

from edgeauth.engine.identify import identify
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.stages import Identified
from tests.fakes.driving import run_straight
from tests.fakes.requests import matched
from tests.fakes.rules import ALICE, Fake, authenticator, rule

NO = Refusal(Reason.AUTHENTICATION, "no credentials")


def asked(*authenticators):
    passed_over: list[Refusal] = []
    outcome = run_straight(identify(rule(who=authenticators), matched(), passed_over))
    return outcome, passed_over


def test_a_rule_without_authenticators_identifies_nobody():
    outcome, _ = asked()
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.INTERNAL


def test_when_all_refuse_the_last_refusal_counts():
    outcome, passed_over = asked(
        authenticator(NO, "first"), authenticator(Refusal(Reason.AUTHENTICATION, "expired"), "last")
    )
    assert isinstance(outcome, Refusal)
    assert (outcome.detail, outcome.step, outcome.source) == ("expired", "last", "last-source")
    assert passed_over == []


def test_a_final_fault_ends_it_though_another_would_accept():
    fault = Fault(Reason.INTERNAL, "handshake failed", final=True)
    accepting = Fake(ALICE)
    outcome, passed_over = asked(authenticator(fault, "first"), authenticator(accepting))
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.step) == (Reason.INTERNAL, "first")
    assert accepting.calls == passed_over == []


def test_a_refusal_and_a_fault_hand_over_and_are_not_forgotten():
    outcome, passed_over = asked(
        authenticator(NO, "first"),
        authenticator(Fault(Reason.COMMUNICATION, "down"), "second"),
        authenticator(ALICE, "third"),
    )
    assert isinstance(outcome, Identified)
    assert outcome.subject.id == "alice"
    assert [(each.step, each.reason) for each in passed_over] == [
        ("first", Reason.AUTHENTICATION),
        ("second", Reason.COMMUNICATION),
    ]


def test_the_first_that_recognises_the_request_wins():
    later = Fake(ALICE)
    outcome, passed_over = asked(authenticator(ALICE), authenticator(later))
    assert isinstance(outcome, Identified)
    assert later.calls == passed_over == []
    assert outcome.outputs == {}
