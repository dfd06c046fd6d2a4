"""No path leads from an exception to a permit, and each decision is recorded once."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

import edgeauth
from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.rule import Rule
from edgeauth.engine.rulebook import RuleBook
from edgeauth.engine.trie import Trie
from edgeauth.model.decision import Deny, HeaderEdits, Permit, Refusal, Response
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.ports.mechanisms import Allow
from edgeauth.wire.answers import Answers
from tests.fakes.driving import run_straight
from tests.fakes.rules import (
    ALICE,
    When,
    asked,
    authenticator,
    authorizer,
    book,
    contextualizer,
    error_handler,
    finalizer,
    rule,
)

NO = Refusal(Reason.AUTHORIZATION, "no")
EDITS = HeaderEdits(((b"x-user", b"alice"),))


def point(rules: RuleBook) -> tuple[DecisionPoint, list[tuple[object, object]]]:
    records: list[tuple[object, object]] = []
    return DecisionPoint(rules, Answers(), lambda *made: records.append(made)), records


def decided(of: Rule):
    decisions, records = point(book(of))
    decision = run_straight(decisions.decide(asked()))
    assert [made for _, made in records] == [decision]
    return decision


ERRORS = [
    RuntimeError("secret"),
    ValueError("secret"),
    Malformed("secret"),
    TimeoutError("secret"),
    OSError("secret"),
    MemoryError("secret"),
    RecursionError("secret"),
    AssertionError("secret"),
    StopAsyncIteration("secret"),
    UnicodeDecodeError("utf-8", b"secret", 0, 1, "secret"),
    KeyError("secret"),
    ExceptionGroup("secret", [ValueError("secret")]),
    Fault(Reason.COMMUNICATION, "down"),
    Fault(Reason.INTERNAL, "broken", final=True),
]
PLACES = {
    "authenticator": lambda error: rule(who=[authenticator(error)]),
    "contextualizer": lambda error: rule(checks=[contextualizer(error), authorizer()]),
    "authorizer": lambda error: rule(checks=[authorizer(), authorizer(error)]),
    "finalizer": lambda error: rule(finalizers=[finalizer(error)]),
    "error handler": lambda error: rule(checks=[authorizer(NO)], handlers=[error_handler(error)]),
    "condition": lambda error: rule(checks=[authorizer(when=Breaking(error))]),
    "condition of a finalizer": lambda error: rule(finalizers=[finalizer(when=Breaking(error))]),
}


class Breaking(When):
    def __init__(self, error: BaseException) -> None:
        super().__init__(value=True)
        self.error = error

    def evaluate(self, scope):
        raise self.error


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_attack_084_whatever_is_raised_is_denied(place, error):
    decision = decided(place(error))
    assert isinstance(decision, Deny)
    assert decision.response.status in {500, 502}
    assert decision.response.body == b""
    assert "secret" not in repr(decision)


@pytest.mark.parametrize(
    "value", [None, True, 7, "text", object()], ids=lambda value: type(value).__name__
)
@pytest.mark.parametrize("place", ["authenticator", "authorizer", "finalizer"])
def test_whatever_is_returned_that_is_no_answer_is_denied(place, value):
    assert isinstance(decided(PLACES[place](value)), Deny)


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_attack_081_cancellation_is_no_permit(place):
    decisions, records = point(book(place(asyncio.CancelledError())))
    with pytest.raises(asyncio.CancelledError):
        run_straight(decisions.decide(asked()))
    assert records == []


def test_a_record_that_breaks_is_no_permit():
    def broken(*_: object) -> None:
        raise RuntimeError

    decisions = DecisionPoint(book(rule()), Answers(), broken)
    with pytest.raises(RuntimeError):
        run_straight(decisions.decide(asked()))


def test_without_a_rule_a_request_is_denied():
    decisions, records = point(RuleBook(Trie()))
    decision = run_straight(decisions.decide(asked()))
    assert isinstance(decision, Deny)
    assert (decision.response.status, decision.rule_id) == (404, "")
    assert len(records) == 1


def test_an_encoded_slash_is_denied_before_anything_runs():
    handled = rule(handlers=[error_handler(Response(200))])
    decisions, _ = point(book(handled))
    decision = run_straight(decisions.decide(asked("/a%2Fb")))
    assert isinstance(decision, Deny)
    assert decision.response.status == 400


def test_a_denial_says_who_was_denied_by_which_step_and_what_was_passed_over():
    expired = Refusal(Reason.AUTHENTICATION, "expired")
    decision = decided(
        rule(
            who=[authenticator(expired, "token"), authenticator(ALICE)],
            checks=[authorizer(NO, "tier")],
            handlers=[error_handler(Response(302))],
        )
    )
    assert isinstance(decision, Deny)
    assert (decision.subject_id, decision.rule_id, decision.refusal.step) == (
        "alice",
        "rule",
        "tier",
    )
    assert decision.response.status == 302
    assert [each.step for each in decision.downgrades] == ["token"]


def test_a_permit_carries_what_the_pipeline_says():
    decision = decided(
        rule(checks=[authorizer(Allow(None, (EDITS,)))], finalizers=[finalizer(EDITS)])
    )
    assert isinstance(decision, Permit)
    assert decision.edits.fields == EDITS.fields * 2
    assert (decision.rule_id, decision.subject_id, decision.downgrades) == ("rule", "alice", ())
    assert decision.expires_at is None


def test_attack_218_a_permit_says_when_the_proof_ends_that_it_rests_on():
    until_noon = replace(ALICE, expires_at=60.0)
    decision = decided(rule(who=[authenticator(until_noon)]))
    assert isinstance(decision, Permit)
    assert decision.expires_at == 60.0


def test_requests_under_way_finish_with_the_rules_they_began_with():
    async def scenario() -> None:
        opened = asyncio.Event()

        class Slow:
            async def authorize(self, known: object) -> Allow:
                await opened.wait()
                return Allow()

        decisions, _ = point(book(rule("old", checks=[authorizer(name="slow"), slow_step(Slow())])))
        under_way = asyncio.create_task(decisions.decide(asked()))
        await asyncio.sleep(0)
        decisions.activate(RuleBook(Trie()))
        opened.set()
        assert isinstance(await under_way, Permit)
        assert isinstance(await decisions.decide(asked()), Deny)

    asyncio.run(scenario())


def slow_step(mechanism: object) -> object:
    from edgeauth.engine.step import AuthorizeStep

    return AuthorizeStep("slow", "slow", mechanism)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "where"), [("Granted", "engine/authorize.py"), ("Permit", "engine/decide.py")]
)
def test_a_stage_is_made_in_one_place(made, where):
    package = Path(edgeauth.__file__).parent
    places = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if re.search(rf"(?<!class )\b{made}(\._make)?\(", file.read_text())
    }
    assert places == {where}
