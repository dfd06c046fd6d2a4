import pytest

from edgeauth.engine.rule import Rule
from edgeauth.engine.step import AuthorizeStep, InformStep
from edgeauth.expressions.objects import ErrorView
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from tests.fakes.catalogues import DEFAULT_RULE, MECHANISMS, RULE, compiled, rule_set
from tests.fakes.requests import identified, matched, request

ASKED = request("/orders/1")
INFORMING_DEFAULT = """\
default_rule:
  execute:
    - authenticator: sso
    - contextualizer: facts
    - {authorizer: check, id: first}
    - {authorizer: deny, id: last}
    - finalizer: user
"""


def rule(execute: str, on_error: str = "", default_rule: str = DEFAULT_RULE) -> Rule:
    text = RULE.replace("[{authenticator: anonymous}, {authorizer: allow}]", f"[{execute}]")
    if on_error:
        text += f"  on_error: [{on_error}]\n"
    return compiled(rule_set(text), default_rule=default_rule).rule(ASKED)


def stages(of: Rule) -> list[str]:
    return [
        " ".join(step.source for step in stage)
        for stage in (of.principals[0].authenticators, of.checks, of.finalizers, of.error_handlers)
    ]


@pytest.mark.parametrize(
    ("execute", "on_error", "expected"),
    [
        pytest.param("{authenticator: anonymous}", "", "anonymous|deny|user|login", id="who"),
        pytest.param("{authorizer: allow}", "", "sso|allow|user|login", id="may"),
        pytest.param("{contextualizer: facts}", "", "sso|facts deny|user|login", id="what"),
        pytest.param("{finalizer: noop}", "", "sso|deny|noop|login", id="tell"),
        pytest.param(
            "{authorizer: allow}", "{error_handler: plain}", "sso|allow|user|plain", id="answer"
        ),
        pytest.param(
            "{authenticator: anonymous}, {authenticator: sso}, {contextualizer: facts}, "
            "{authorizer: check}, {finalizer: noop}",
            "{error_handler: plain}, {error_handler: login}",
            "anonymous sso|facts check|noop|plain login",
            id="everything",
        ),
    ],
)  # fmt: skip
def test_a_stage_that_is_left_out_is_inherited(execute: str, on_error: str, expected: str):
    assert "|".join(stages(rule(execute, on_error))) == expected


def test_fetching_facts_does_not_lift_the_denial_of_the_default_rule():
    checks = rule("{contextualizer: facts}").checks

    assert [type(step) for step in checks] == [InformStep, AuthorizeStep]
    assert [step.source for step in checks] == ["facts", "deny"]


def test_contextualizers_alone_keep_all_checks_of_the_default_rule_in_their_order():
    of = rule("{contextualizer: facts, id: mine}", default_rule=INFORMING_DEFAULT)

    assert [step.id for step in of.checks] == ["mine", "facts", "first", "last"]


def test_an_own_contextualizer_takes_the_place_of_the_inherited_one_with_its_id():
    of = rule(
        "{contextualizer: facts, config: {values: {x: mine}}}", default_rule=INFORMING_DEFAULT
    )

    assert [step.id for step in of.checks] == ["facts", "first", "last"]


@pytest.mark.parametrize("name", ["first", "last", "deny"])
def test_a_contextualizer_can_not_call_itself_like_an_authorizer_to_get_rid_of_it(name: str):
    of = rule(f"{{contextualizer: facts, id: {name}}}", default_rule=INFORMING_DEFAULT)

    authorizers = [step.source for step in of.checks if isinstance(step, AuthorizeStep)]
    assert authorizers == ["check", "deny"]


def test_one_authorizer_replaces_all_checks_of_the_default_rule():
    of = rule("{authorizer: allow}", default_rule=INFORMING_DEFAULT)

    assert [step.id for step in of.checks] == ["allow"]


def test_without_a_default_rule_nothing_is_inherited():
    of = rule("{authenticator: anonymous}", default_rule="")

    assert stages(of) == ["anonymous", "", "", ""]


def test_a_step_is_called_like_its_mechanism_unless_it_has_a_name():
    of = rule("{contextualizer: facts}, {contextualizer: facts, id: more}, {authorizer: allow}")

    assert [(step.id, step.source) for step in of.checks] == [
        ("facts", "facts"),
        ("more", "facts"),
        ("allow", "allow"),
    ]


@pytest.mark.parametrize(
    ("condition", "applies"),
    [('Request.Method == "GET"', True), ('Subject.ID == "bob"', False), ("true", True)],
)
def test_a_condition_is_compiled_and_evaluated(condition: str, applies: bool):
    of = rule(f"{{authorizer: allow, if: '{condition}'}}, {{finalizer: user, if: '{condition}'}}")

    scope = identified().scope()
    assert of.checks[0].condition.evaluate(scope) is applies
    assert of.finalizers[0].condition.evaluate(scope) is applies


def test_a_condition_of_an_error_handler_sees_the_error():
    condition = "type(Error) == authorization_error"
    of = rule("{authorizer: allow}", f"{{error_handler: plain, if: {condition}}}")
    compiled_condition = of.error_handlers[0].condition
    assert compiled_condition is not None

    for reason, expected in ((Reason.AUTHORIZATION, True), (Reason.AUTHENTICATION, False)):
        scope = {**matched(ASKED).scope(), "Error": ErrorView(Refusal(reason, "no"))}
        assert compiled_condition.evaluate(scope) is expected


@pytest.mark.parametrize(
    ("step", "column"),
    [
        pytest.param("{authorizer: allow, if: 'Request.Metod == \"GET\"'}", 48, id="unknown field"),
        pytest.param("{authorizer: allow, if: Error == 1}", 39, id="no error in execute"),
        pytest.param("{authorizer: allow, if: '1 +'}", 43, id="syntax"),
        pytest.param("{authorizer: allow, if: '1 + 1'}", None, id="no truth value"),
    ],
)
def test_a_condition_that_can_not_be_compiled_is_shown_where_it_is_wrong(
    step: str, column: int | None
):
    text = RULE.replace("[{authenticator: anonymous}, {authorizer: allow}]", f"[{step}]")
    made = compiled(rule_set(text), default_rule=DEFAULT_RULE)

    (problem,) = made.problems
    assert (problem.file, problem.line) == ("rules-1.yaml", 6)
    assert column is None or problem.column == column


def test_error_conditions_know_no_subject():
    text = RULE + "  on_error: [{error_handler: plain, if: Subject.ID == 'a'}]\n"

    (problem,) = compiled(rule_set(text)).problems

    assert problem.line == 7


def test_a_broken_mechanism_hides_nothing_else():
    broken = MECHANISMS.replace('"{{ .Subject.ID }}"', '"{{ .Subject.Id }}"')
    steps = (
        "{authenticator: nobody}, {authorizer: allow, if: 1 +}, "
        "{finalizer: user, if: Subject.Name}, {finalizer: usr}"
    )
    text = RULE.replace("{authenticator: anonymous}, {authorizer: allow}", steps)

    made = compiled(rule_set(text), mechanisms=broken, default_rule=DEFAULT_RULE)

    assert [(one.file, one.line) for one in made.problems] == [
        ("edgeauth.yaml", 12),
        *[("rules-1.yaml", 6)] * 4,
    ]


def test_a_broken_mechanism_is_reported_once_however_many_steps_refer_to_it():
    broken = MECHANISMS.replace('"{{ .Subject.ID }}"', '"{{ .Subject.Id }}"')
    text = RULE.replace("{authorizer: allow}", "{authorizer: allow}, {finalizer: user}")

    made = compiled(
        rule_set(text), rule_set(text.replace("orders", "more")), mechanisms=broken,
        default_rule=DEFAULT_RULE,
    )  # fmt: skip

    assert [one.line for one in made.problems] == [12]
