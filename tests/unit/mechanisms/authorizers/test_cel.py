import pytest

from edgeauth.mechanisms.authorizers import cel
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from edgeauth.ports.mechanisms import ALLOWED
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import identified, matched, subject
from tests.fakes.services import World


def config(*expressions, **values):
    return {"expressions": [{"expression": each} for each in expressions], "values": values}


def verdict(configured, known=None):
    authorizer = World().build(cel.TYPE, configured)
    return run_straight(authorizer.authorize(known or identified()))


@pytest.mark.parametrize(
    ("configured", "found"),
    [
        ({}, [("expressions", "missing")]),
        (config(), [("expressions", "too_short")]),
        (config("1 +"), [("expressions.0.expression", "expression")]),
        (config("1"), [("expressions.0.expression", "expression")]),
        (config("Subject.ID"), [("expressions.0.expression", "expression")]),
        (config("Error.Source == ''"), [("expressions.0.expression", "expression")]),
        (config(True), [("expressions.0.expression", "expected")]),
        ({"expressions": ["true"]}, [("expressions.0", "model_type")]),
        (config("true", a="{{ .Nothing }}"), [("values.a", "expression")]),
        (config("true", a=1), [("values.a", "expected")]),
    ],
    ids=[
        "absent",
        "empty",
        "syntax",
        "number",
        "text",
        "unavailable-variable",
        "no-text",
        "no-map",
        "bad-template",
        "number-as-template",
    ],
)
def test_a_wrong_configuration_is_refused(configured, found):
    assert mistakes(cel.TYPE, configured) == found


def test_a_rule_replaces_expressions_and_merges_values():
    assert cel.TYPE.overridable == {"expressions": Override.REPLACE, "values": Override.MERGE}


def test_the_first_false_condition_refuses_with_its_message():
    configured = {
        "expressions": [
            {"expression": "true"},
            {"expression": "Subject.ID == 'bob'", "message": "bob only"},
            {"expression": "false", "message": "nobody"},
        ]
    }

    refusal = verdict(configured)

    assert isinstance(refusal, Refusal)
    assert refusal.reason is Reason.AUTHORIZATION
    assert refusal.detail == "bob only"


def test_a_condition_without_a_message_is_named_by_its_number():
    assert "condition 2" in verdict(config("true", "false")).detail


@pytest.mark.parametrize(
    "expression",
    [
        "Outputs.opa.result == true",
        "Subject.Attributes.role == 'admin'",
        "1 / size(Subject.ID) > 0",
    ],
    ids=["missing-output", "missing-attribute", "division-by-zero"],
)
def test_a_condition_without_a_value_is_a_fault_and_no_permit(expression):
    with pytest.raises(Fault) as caught:
        verdict(config(expression), identified(subject("")))

    assert caught.value.reason is Reason.INTERNAL


def test_attack_170_only_true_is_true():
    known = identified(outputs={"opa": {"result": "true"}})

    with pytest.raises(Fault):
        verdict(config("dyn(Outputs.opa.result) || false"), known)


def test_a_request_passes_when_every_condition_is_true():
    known = identified(seen=matched(captures={"owner": "alice"}), outputs={"opa": {"result": True}})
    configured = config(
        "Subject.ID == Values.owner",
        "Outputs.opa.result == true",
        "Request.Method == 'GET'",
        owner="{{ .Request.URL.Captures.owner }}",
    )

    assert verdict(configured, known) is ALLOWED
