"""Authenticators of one principal are alternatives; every principal has to be found."""

import pytest

from edgeauth.engine.identify import identify
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.ports.stages import Identified
from tests.fakes.driving import run_straight
from tests.fakes.requests import matched
from tests.fakes.rules import ALICE, Fake, When, authenticator, rule

NO = Refusal(Reason.AUTHENTICATION, "no credentials")


def asked(*authenticators):
    passed_over: list[Refusal] = []
    outcome = run_straight(identify(rule(who=authenticators).principals, matched(), passed_over))
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


@pytest.mark.parametrize("outcome", [None, True, "alice", {"id": "alice"}], ids=repr)
def test_what_is_no_principal_is_a_bug_and_hands_over_to_nobody(outcome):
    accepting = Fake(ALICE)
    with pytest.raises(AttributeError):
        asked(authenticator(outcome), authenticator(accepting))
    assert accepting.calls == []


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


def asked_for(*steps, **others):
    passed_over: list[Refusal] = []
    found = run_straight(
        identify(rule(who=steps, others=others).principals, matched(), passed_over)
    )
    return found, passed_over


def test_one_principal_that_is_missing_is_enough_for_a_no():
    never = Fake(ALICE)
    outcome, _ = asked_for(authenticator(never), client=[authenticator(NO, "workload")])
    assert isinstance(outcome, Refusal)
    assert (outcome.detail, outcome.step) == ("no credentials", "workload")
    assert never.calls == []


def test_an_authenticator_of_one_principal_does_not_make_up_for_that_of_another():
    outcome, passed_over = asked_for(authenticator(NO), client=[authenticator(ALICE)])
    assert isinstance(outcome, Refusal)
    assert passed_over == []


def test_a_rule_without_the_default_principal_identifies_nobody():
    outcome, _ = asked_for(client=[authenticator(ALICE)])
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.INTERNAL


def test_what_one_principal_was_passed_over_for_is_not_forgotten_when_the_next_is_missing():
    outcome, passed_over = asked_for(
        authenticator(NO), client=[authenticator(NO, "first"), authenticator(ALICE, "second")]
    )
    assert isinstance(outcome, Refusal)
    assert [each.step for each in passed_over] == ["first"]


def test_every_principal_is_in_the_subject():
    client = Principal("billing", {}, fingerprint(b"billing"), 60.0)
    outcome, passed_over = asked_for(authenticator(ALICE), client=[authenticator(client)])
    assert isinstance(outcome, Identified)
    assert outcome.subject.id == "alice"
    assert dict(outcome.subject.principals) == {"client": client, "default": ALICE}
    assert (outcome.subject.expires_at, passed_over) == (60.0, [])


@pytest.mark.parametrize("value", [False, Fault(Reason.INTERNAL, "no such key")])
def test_an_authenticator_whose_condition_does_not_hold_has_failed(value: bool | Fault):
    accepting = Fake(ALICE)
    step = authenticator(accepting, "conditional", When(value))
    alone, _ = asked_for(step)
    assert isinstance(alone, Refusal)
    assert alone.step == "conditional"
    assert alone.reason is (Reason.INTERNAL if value else Reason.AUTHENTICATION)
    assert accepting.calls == []

    outcome, passed_over = asked_for(step, authenticator(ALICE, "next"))
    assert isinstance(outcome, Identified)
    assert [each.step for each in passed_over] == ["conditional"]


def test_the_condition_of_an_authenticator_sees_the_request_only():
    when = When(value=True)
    outcome, _ = asked_for(authenticator(ALICE, "conditional", when))
    assert isinstance(outcome, Identified)
    assert [sorted(scope) for scope in when.scopes] == [["Request"]]
