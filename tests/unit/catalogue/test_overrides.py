import pytest

from edgeauth.engine.rule import Rule
from edgeauth.mechanisms.authenticators.jwt import JwtAuthenticator
from tests.fakes.catalogues import MECHANISMS, RULE, Compiled, compiled, rule_set
from tests.fakes.driving import run
from tests.fakes.requests import granted, identified, matched, request

ISSUED = """\
    - id: issued
      type: jwt
      config:
        jwks_endpoint: https://keys.test/
        assertions: {issuers: [a], audience: [b]}
"""
WITH_TOKENS = MECHANISMS.replace("  contextualizers:\n", f"{ISSUED}  contextualizers:\n")


def made(*steps: str) -> Compiled:
    text = RULE.replace("[{authenticator: anonymous}, {authorizer: allow}]", "")
    lines = "".join(f"    - {step}\n" for step in steps)
    return compiled(rule_set(f"{text.rstrip()}\n{lines}"), mechanisms=WITH_TOKENS)


def rule(*steps: str) -> Rule:
    return made(*steps).rule(request("/orders/1"))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param(
            "{contextualizer: facts, config: {items: {a: b}}}",
            '8:42: "items" of map can not be set in a rule',
            id="key that only the catalogue sets",
        ),
        pytest.param(
            "{authorizer: check, config: {value: {x: b}}}",
            '8:38: unknown key "value"',
            id="unknown key",
        ),
        pytest.param(
            "{authorizer: allow, config: {x: 1}}", '8:38: unknown key "x"', id="nothing to set"
        ),
        pytest.param(
            "{authorizer: check, config: {values: {x: '{{ .Nope }}'}}}",
            '8:54: unknown name ".Nope"',
            id="template of an override",
        ),
        pytest.param(
            "{authorizer: check, config: {expressions: [{expression: '1 +'}]}}",
            "8:69: unexpected end of the text",
            id="expression of an override",
        ),
        pytest.param("{authorizer: check, config: {values: x}}", "8:46: ", id="no map to merge"),
        pytest.param("{authorizer: chek}", '8:22: unknown authorizer "chek"', id="unknown id"),
        pytest.param(
            "{authorizer: anonymous}", '8:22: unknown authorizer "anonymous"', id="other kind"
        ),
        pytest.param("{finalizer: user, config: {headers: {}}}", "8:45: ", id="emptied headers"),
        pytest.param(
            "{finalizer: user, config: {headers: {'X Y': a}}}", "8:53: ", id="name that is none"
        ),
    ],
)
def test_what_a_step_may_not_set_is_shown_where_it_is_set(step: str, expected: str):
    (message,) = made("authenticator: anonymous", step).messages

    assert message.startswith(f"rules-1.yaml:{expected}")


@pytest.mark.parametrize(
    ("step", "suggestion"),
    [
        ("{authorizer: check, config: {value: {}}}", 'did you mean "values"?'),
        ("{authorizer: check, config: {expresions: []}}", 'did you mean "expressions"?'),
        ("{authorizer: chek}", 'did you mean "check"?'),
        ("{finalizer: user, config: {header: {}}}", 'did you mean "headers"?'),
        ("{authorizer: allow, config: {zzz: 1}}", ""),
    ],
)
def test_the_nearest_right_name_is_suggested(step: str, suggestion: str):
    (problem,) = made("authenticator: anonymous", step).problems

    assert problem.suggestion == suggestion


def test_what_a_step_may_set_is_listed():
    first, second = made(
        "authenticator: anonymous",
        "{authorizer: check, config: {zzz: 1}}",
        "{authorizer: allow, config: {zzz: 1}}",
    ).problems

    assert first.expected == "a step may set: expressions, values"
    assert second.expected == "a step may set nothing"


def test_every_wrong_key_of_a_step_is_shown():
    step = "{contextualizer: facts, config: {items: {}, value: {}, values: {y: z}}}"

    assert len(made("authenticator: anonymous", step).problems) == 2


def test_values_are_merged_entry_by_entry():
    expression = 'Values.x == "a" && Values.y == "mine" && Values.z == "new"'
    (step,) = rule(
        "authenticator: anonymous",
        f"{{authorizer: check, config: {{values: {{y: mine, z: new}}, "
        f"expressions: [{{expression: '{expression}'}}]}}}}",
    ).checks

    assert not hasattr(run(step.mechanism.authorize(identified())), "reason")


def test_expressions_are_replaced():
    (step,) = rule(
        "authenticator: anonymous",
        "{authorizer: check, config: {expressions: [{expression: 'false'}]}}",
    ).checks

    assert hasattr(run(step.mechanism.authorize(identified())), "reason")


def test_headers_are_replaced():
    of = rule("authenticator: anonymous", "{finalizer: tenant, config: {headers: {X-New: n}}}")

    edits = run(of.finalizers[0].mechanism.finalize(granted()))
    assert edits.fields == ((b"x-new", b"n"),)
    assert b"x-tenant" not in of.owned


def test_assertions_are_merged_entry_by_entry():
    of = rule("{authenticator: issued, config: {assertions: {audience: [c]}}}", "authorizer: allow")

    assert isinstance(of.principals[0].authenticators[0].mechanism, JwtAuthenticator)


def test_a_step_may_call_somebody_else_anonymous():
    of = rule("{authenticator: anonymous, config: {principal: guest}}", "authorizer: allow")

    assert run(of.principals[0].authenticators[0].mechanism.authenticate(matched())).id == "guest"


@pytest.mark.parametrize(("configured", "set_here"), [("principal", "subject"), ("subject",) * 2])
def test_an_override_replaces_the_setting_under_whichever_name(configured: str, set_here: str):
    named = f"type: anonymous, config: {{{configured}: somebody}}"
    text = RULE.replace("anonymous}", f"anonymous, config: {{{set_here}: guest}}}}")

    of = compiled(rule_set(text), mechanisms=MECHANISMS.replace("type: anonymous", named)).rule(
        request("/orders/1")
    )

    assert run(of.principals[0].authenticators[0].mechanism.authenticate(matched())).id == "guest"


def test_an_override_holds_for_its_step_only():
    of = rule(
        "authenticator: anonymous",
        "{contextualizer: facts, id: mine, config: {values: {x: '2'}}}",
        "{contextualizer: facts, config: {}}",
    )

    outputs = [run(step.mechanism.contextualize(identified())) for step in of.checks]
    assert outputs == [{"a": "2"}, {"a": "1"}]


def test_steps_that_set_nothing_share_the_mechanism():
    of = rule("authenticator: anonymous", "contextualizer: facts", "{contextualizer: facts, id: b}")

    assert of.checks[0].mechanism is of.checks[1].mechanism
