"""The content of a request is read before the first step that needs it, once, or not at all."""

import pytest

from edgeauth.engine.decide import DecisionPoint
from edgeauth.engine.rule import Rule
from edgeauth.engine.step import AuthorizeStep, InformStep, Step
from edgeauth.expressions.cel import compile_condition
from edgeauth.expressions.errors import ContentNeeded
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.templates import compile_template
from edgeauth.mechanisms.authorizers.cel import CelAuthorizer, CelSpecification
from edgeauth.mechanisms.contextualizers.generic import TYPE as GENERIC
from edgeauth.mechanisms.error_handlers.redirect import TYPE as REDIRECT
from edgeauth.mechanisms.finalizers.header import HeaderFinalizer, HeaderSpecification
from edgeauth.model.decision import Decision, Deny, HeaderEdits, Permit, Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import NO_DOOR, ContentSource
from edgeauth.ports.mechanisms import ALLOWED
from edgeauth.wire.answers import Answers
from tests.fakes.content import FakeContent
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.requests import request
from tests.fakes.rules import (
    ALICE,
    Fake,
    authenticator,
    authorizer,
    book,
    contextualizer,
    error_handler,
    rule,
)
from tests.fakes.services import World

ORDER = b'{"amount": 3, "to": "bob"}'
TOO_LARGE = Fault(Reason.PRECONDITION, "too large", status=413)
SEEN = {name: VARIABLES[name] for name in ("Request", "Subject", "Outputs")}
SEEN_BY_ERRORS = {name: VARIABLES[name] for name in ("Request", "Error")}


def asked(method: str = "POST") -> Request:
    return request("/orders", method=method, headers={"Content-Type": "application/json"})


def decided(by: Rule, content: ContentSource, of: Request | None = None) -> Decision:
    point = DecisionPoint(book(by), Answers(), lambda *_: None)
    return run_straight(point.decide(of or asked(), content))


def conditional(text: str, mechanism: object | None = None) -> AuthorizeStep:
    """Returns an authorizer with a condition."""
    return AuthorizeStep(
        "may", "may-source", mechanism or Fake(ALLOWED), compile_condition(text, SEEN)
    )


SPENDS_LITTLE = compile_condition("Request.Body().amount < 5.0", SEEN)


def cel(*expressions: str, **values: str) -> AuthorizeStep:
    specification = CelSpecification.model_validate(
        {"expressions": [{"expression": each} for each in expressions], "values": values}
    )
    return AuthorizeStep("cel", "cel-source", CelAuthorizer(specification))


def header(text: str) -> Step:
    specification = HeaderSpecification.model_validate({"headers": {"X-To": text}})
    return Step("tell", "tell-source", HeaderFinalizer(specification))


READERS = {
    "if of an authorizer": rule(checks=[conditional("Request.Body().amount < 5.0")]),
    "if of a contextualizer": rule(
        checks=[InformStep("x", "y", Fake(), SPENDS_LITTLE), authorizer()]
    ),
    "cel": rule(checks=[cel("Request.Body().amount < 5.0")]),
    "values": rule(checks=[cel('Values.to == "bob"', to="{{ .Request.Body.to }}")]),
    "header": rule(finalizers=[header("{{ .Request.Body.to }}")]),
    "if of a finalizer": rule(finalizers=[Step("x", "y", Fake(HeaderEdits()), SPENDS_LITTLE)]),
}


class TestRefusals:
    @pytest.mark.parametrize("reads", READERS.values(), ids=READERS)
    def test_attack_076_content_that_can_not_be_had_is_a_no(self, reads: Rule):
        decision = decided(reads, FakeContent(TOO_LARGE))
        assert isinstance(decision, Deny)
        assert decision.response.status == 413
        assert decision.refusal.reason is Reason.PRECONDITION

    @pytest.mark.parametrize("reads", READERS.values(), ids=READERS)
    def test_attack_077_content_that_can_not_be_decoded_has_no_members(self, reads: Rule):
        decision = decided(reads, FakeContent(b'{"amount": 3, "to": "bob"'))
        assert isinstance(decision, Deny)
        assert decision.refusal.reason is Reason.INTERNAL

    def test_without_a_door_nobody_takes_the_content_for_empty(self):
        decision = decided(rule(checks=[conditional('Request.Body() == ""')]), NO_DOOR)
        assert isinstance(decision, Deny)
        assert decision.refusal.reason is Reason.INTERNAL

    def test_nobody_makes_up_for_content_that_can_not_be_had(self):
        by_body = Step("who", "who", Fake(ALICE), compile_condition('Request.Body() != ""', SEEN))
        anonymous = Fake(ALICE)
        reads = rule(who=[by_body, authenticator(anonymous)])
        decision = decided(reads, FakeContent(TOO_LARGE))
        assert isinstance(decision, Deny)
        assert decision.response.status == 413
        assert anonymous.calls == []

    def test_a_step_that_asks_for_ever_is_a_bug(self):
        decision = decided(rule(checks=[authorizer(Fake(ContentNeeded()))]), FakeContent(ORDER))
        assert isinstance(decision, Deny)
        assert decision.refusal.detail.startswith("bug: RuntimeError")

    def test_who_is_not_authenticated_makes_nobody_read(self):
        content = FakeContent(ORDER)
        nobody = authenticator(Refusal(Reason.AUTHENTICATION, "no"))
        reads = rule(who=[nobody], checks=[cel("Request.Body().amount < 5.0")])
        assert isinstance(decided(reads, content), Deny)
        assert content.reads == 0

    def test_a_false_condition_over_the_content_refuses(self):
        decision = decided(rule(checks=[cel("Request.Body().amount > 5.0")]), FakeContent(ORDER))
        assert isinstance(decision, Deny)
        assert decision.refusal.reason is Reason.AUTHORIZATION


@pytest.mark.parametrize("reads", READERS.values(), ids=READERS)
def test_the_content_is_read_for_the_step_that_needs_it(reads: Rule):
    content = FakeContent(ORDER)
    assert isinstance(decided(reads, content), Permit)
    assert content.reads == 1


def test_it_is_read_once_for_all_steps():
    content = FakeContent(ORDER)
    several = rule(
        checks=[cel("Request.Body().amount < 5.0"), conditional('Request.Body().to == "bob"')],
        finalizers=[header("{{ .Request.Body.to }}")],
    )
    decision = decided(several, content)
    assert isinstance(decision, Permit)
    assert decision.edits.fields == ((b"x-to", b"bob"),)
    assert content.reads == 1


@pytest.mark.parametrize(
    "text",
    [
        'Request.Method == "GET" && Request.Body().amount < 5.0',
        'Request.Method == "POST" || Request.Body().amount < 5.0',
        'Request.Method == "POST" ? true : Request.Body().amount < 5.0',
    ],
)
def test_an_expression_that_ends_before_it_touches_the_content_never_reads_it(text: str):
    content = FakeContent(ORDER)
    decided(rule(checks=[conditional(text), authorizer()]), content)
    assert content.reads == 0


def test_a_step_that_is_left_out_reads_nothing():
    content = FakeContent(ORDER)
    reads = conditional('Request.Method == "GET"', cel("Request.Body().amount < 5.0").mechanism)
    assert isinstance(decided(rule(checks=[reads, authorizer()]), content), Permit)
    assert content.reads == 0


def test_an_absorbed_error_does_not_absorb_the_need_for_content():
    content = FakeContent(ORDER)
    text = "Request.Body().amount < 5.0 || Subject.Attributes.missing == 1"
    assert isinstance(decided(rule(checks=[conditional(text)]), content), Permit)
    assert content.reads == 1


def test_steps_before_the_one_that_reads_run_once():
    before, output = Fake(ALLOWED), Fake({"plan": "x"})
    reads = conditional('Request.Body().to == "bob" && Outputs.what.plan == "x"')
    steps = [authorizer(before), contextualizer(output), reads]
    assert isinstance(decided(rule(checks=steps), FakeContent(ORDER)), Permit)
    assert (len(before.calls), len(output.calls)) == (1, 1)


def test_an_error_pipeline_reads_it_too():
    content = FakeContent(ORDER)
    handler = World().build(REDIRECT, {"to": "https://a.test/?to={{ urlenc .Request.Body.to }}"})
    refused = rule(
        checks=[authorizer(Refusal(Reason.AUTHORIZATION, "no"))],
        handlers=[error_handler(Fake(Fault(Reason.INTERNAL, "not this one")), "skipped")],
    )
    condition = compile_condition('Request.Body().to == "carol"', SEEN_BY_ERRORS)
    skipped = Step("skipped", "skipped", refused.error_handlers[0].mechanism, condition)
    answered = rule(checks=refused.checks, handlers=[skipped, Step("to", "to", handler)])
    decision = decided(answered, content)
    assert isinstance(decision, Deny)
    assert decision.response.fields[0] == (b"location", b"https://a.test/?to=bob")
    assert content.reads == 1


def test_an_error_pipeline_that_can_not_read_it_says_so():
    handler = World().build(REDIRECT, {"to": "https://a.test/?to={{ urlenc .Request.Body.to }}"})
    answered = rule(
        checks=[authorizer(Refusal(Reason.AUTHORIZATION, "no"))],
        handlers=[Step("to", "to", handler)],
    )
    decision = decided(answered, FakeContent(TOO_LARGE))
    assert isinstance(decision, Deny)
    assert decision.response.status == 413


def test_a_template_over_parts_of_the_request_reads_nothing():
    template = compile_template("{{ .Request.Method }} {{ .Request.URL }}", SEEN)
    content = FakeContent(ORDER)
    reads = rule(finalizers=[header(template.text)])
    assert isinstance(decided(reads, content), Permit)
    assert content.reads == 0


class TestQuestions:
    """Steps that ask a service about the content."""

    URL = "https://pdp.test/decide"

    def asking(self, world: World, **config: object) -> Rule:
        world.endpoints.answers[self.URL] = json_answer(b'{"plan": "x"}')
        settings = {"endpoint": {"url": self.URL}, "cache_ttl": "1m", **config}
        step = InformStep("ask", "ask", world.build(GENERIC, settings))
        return rule(checks=[step, authorizer()])

    def decided(self, by: Rule, *contents: bytes) -> list[Decision]:
        point = DecisionPoint(book(by), Answers(), lambda *_: None)
        return [run(point.decide(asked(), FakeContent(each))) for each in contents]

    @pytest.mark.parametrize(
        "config",
        [
            {"payload": "{{ toJson .Request.Body }}"},
            {"payload": "{{ .Values.to }}", "values": {"to": "{{ .Request.Body.to }}"}},
        ],
        ids=["payload", "values"],
    )
    def test_an_answer_about_one_content_is_none_about_another(self, config):
        world = World()
        other = ORDER.replace(b"bob", b"carol")
        decisions = self.decided(self.asking(world, **config), ORDER, other, ORDER)
        assert all(isinstance(each, Permit) for each in decisions)
        first, second = [call.body for call in world.endpoints.calls]
        assert b"bob" in first
        assert b"carol" in second

    def test_a_question_is_asked_once_although_the_step_runs_twice(self):
        world = World()
        self.decided(self.asking(world, payload="{{ .Request.Body.to }}", cache_ttl="0s"), ORDER)
        assert [call.body for call in world.endpoints.calls] == [b"bob"]

    def test_a_value_of_the_content_stays_in_its_place_of_a_url(self):
        world = World()
        values = {"to": "{{ .Request.Body.to }}"}
        by = self.asking(
            world, endpoint={"url": self.URL + "/{{ .Values.to }}"}, values=values, payload="x"
        )
        (decision,) = self.decided(by, b'{"to": "../admin?x=y"}')
        assert isinstance(decision, Deny)
        assert world.endpoints.calls == []
