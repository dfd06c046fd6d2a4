"""Conditions as rules use them: objects, variables, failures."""

import pytest

from edgeauth.expressions.cel import Condition, compile_condition, compile_expression
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import BOOL, STRING
from tests.unit.expressions.cel.scopes import DECLARED, SCOPE, value

HOLD = [
    "Request.Method == 'GET'",
    "'GET' == Request.Method",
    "Request.Method != 'PUT'",
    "Request.URL.Host == 'shop.test:8443'",
    "Request.URL.Hostname() == 'shop.test' && Request.URL.Port() == '8443'",
    "Request.URL.String() == 'https://shop.test:8443/orders/7?page=2&tag=a&tag=b'",
    "Request.URL.Query().tag == ['a', 'b']",
    "Request.URL.Captures.id == '7'",
    "Request.Header('Accept').contains('text/html')",
    "Request.Header(Values.owner) == ''",
    "Request.Cookie('sid') == 's1'",
    "Request.ClientIPAddresses[0].startsWith('10.')",
    "Request.ClientIPAddresses.last() == '192.0.2.7'",
    "Request.ClientIPAddresses.at(-2) == '10.1.2.3'",
    "Request.ClientIPAddresses in networks(['10.0.0.0/8', '192.0.2.0/24'])",
    "!(Request.ClientIPAddresses in networks('10.0.0.0/8'))",
    "'admin' in Subject.Attributes.roles",
    "Subject.Attributes.roles.exists(r, r == 'admin')",
    "Subject.Attributes.realm.name == 'shop'",
    "Subject.Attributes['realm']['name'] == 'shop'",
    "Subject.Attributes.flag == true",
    "Subject.Attributes.flag && true",
    "Subject.Attributes.age == 42.0 && Subject.Attributes.age > 41",
    "Subject.Attributes.nothing == null",
    "has(Subject.Attributes.age) && !has(Subject.Attributes.other)",
    "has(Subject.ID) && has(Subject.client) && !has(Subject.nobody)",
    "Subject.client.ID == 'cli' && Subject['client'].Attributes.tier == 'gold'",
    "Outputs.profile.level == 3 && Outputs['profile'].level == 3",
    "Values.owner == Subject.ID",
    "Payload.count == 1 && Payload.allowed == true",
    "type(Error) == authentication_error && type(Error) == precondition_error",
    "type(Error) != authorization_error && authorization_error != type(Error)",
    "Error.Source == 'jwt' && Error.StepID == 'jwt:1'",
    "size(Subject.Attributes.groups) > 2 && Subject.Attributes.groups.size() == 3",
]


@pytest.mark.parametrize("text", HOLD)
def test_a_condition_about_a_request_holds(text: str) -> None:
    assert compile_condition(text, DECLARED).evaluate(SCOPE) is True


FAIL = [
    ("Subject.Attributes.other == 'a'", 'no such key "other"'),
    ("Subject.Attributes.other.deeper == 'a'", 'no such key "other"'),
    ("Subject.nobody.ID == 'a'", 'Subject has no member "nobody"'),
    ("Subject.Attributes.age && true", "&&: not a boolean"),
    ("!Subject.Attributes.age", "!: not a boolean"),
    ("Subject.Attributes.age.startsWith('4')", "startsWith: not defined for these types"),
    ("type(Subject) == string", "type: Subject has no type to compare with"),
    ("dyn(Subject) == dyn(Subject)", "==: objects can not be compared"),
    ("Subject.ID in networks(Subject.ID + '/8')", "networks: not a network"),
]


@pytest.mark.parametrize(("text", "message"), FAIL, ids=[text for text, _ in FAIL])
def test_a_failure_is_an_error_and_never_a_no_or_a_yes(text: str, message: str) -> None:
    condition = compile_condition(text, DECLARED)

    with pytest.raises(EvaluationError) as caught:
        condition.evaluate(SCOPE)

    assert str(caught.value) == message


@pytest.mark.parametrize("result", [1, "true", None, [], 1.0], ids=repr)
def test_only_a_real_boolean_is_an_answer(result: object) -> None:
    condition = compile_condition("Flag", {"Flag": BOOL})

    with pytest.raises(EvaluationError, match="neither true nor false"):
        condition.evaluate({"Flag": result})


def test_a_scope_without_a_variable_is_an_error_that_nothing_absorbs() -> None:
    condition = compile_condition("Name == 'a' || true", {"Name": STRING})

    with pytest.raises(EvaluationError):
        condition.evaluate({})


@pytest.mark.parametrize(
    "text",
    ["int(Secret) == 1", "{'a': 1}[Secret] == 1", "timestamp(Secret) == timestamp(0)"],
)
def test_messages_hold_no_data(text: str) -> None:
    condition = compile_condition(text, {"Secret": STRING})

    with pytest.raises(EvaluationError) as caught:
        condition.evaluate({"Secret": "hunter2"})

    assert "hunter2" not in str(caught.value)


def test_a_condition_tells_which_variables_it_reads() -> None:
    condition = compile_condition(
        "Subject.ID == 'a' && [1].all(Values, Values > 0) && Request.Method == ''", DECLARED
    )

    assert condition.variables == {"Subject", "Request"}


def test_the_same_text_is_compiled_once_per_set_of_variables() -> None:
    first: Condition = compile_condition("Name == 'a'", {"Name": STRING})

    assert compile_condition("Name == 'a'", {"Name": STRING}) is first
    assert compile_condition("Name == 'a'", {"Name": STRING, "Flag": BOOL}) is not first


STRINGS_MATTER = [
    ("Request.Method.matches('a+')", "Request.Method.matches('(')"),
    ("Request.Method in networks('10.0.0.0/8')", "Request.Method in networks('nowhere')"),
    ("int('7') == 7", "int('seven') == 7"),
    ("timestamp('2020-01-01T00:00:00Z') in []", "timestamp('noon') in []"),
    ("Request['Method'] == 'GET'", "Request['Mehtod'] == 'GET'"),
    ("Request.Method == 'GET'", "Request.Method == 'GE\\T'"),
]


@pytest.mark.parametrize(
    ("right", "wrong"), STRINGS_MATTER, ids=[text for text, _ in STRINGS_MATTER]
)
def test_a_wrong_string_is_found_although_the_same_text_with_another_one_compiled(
    right: str, wrong: str
) -> None:
    compile_expression(right, DECLARED)

    with pytest.raises(ExpressionError):
        compile_expression(wrong, DECLARED)


def test_texts_that_differ_in_strings_keep_their_own() -> None:
    texts = [
        f"Request.Method == '{method}' && Subject.ID != '{method}'" for method in ("PUT", "GET")
    ]

    conditions = [compile_condition(text, DECLARED) for text in texts]

    assert [condition.evaluate(SCOPE) for condition in conditions] == [False, True]
    assert {condition.variables for condition in conditions} == {frozenset({"Request", "Subject"})}


def test_evaluation_leaves_the_scope_as_it_was() -> None:
    scope = dict(SCOPE)

    compile_expression("[1, 2].map(x, [x].map(y, y))", DECLARED).evaluate(scope)

    assert scope == SCOPE


def test_variables_of_macros_hide_others_unless_a_dot_stands_before_the_name() -> None:
    assert value("[1].map(Values, Values)") == [1]
    assert value("[1].map(Values, .Values.owner)") == ["alice"]
