"""Expressions and their values: the language definition, case by case."""

import math

import pytest

from edgeauth.expressions.cel import compile_expression
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import DYN, list_of
from tests.unit.expressions.cel.scopes import value

ERRORS = [
    ("9223372036854775807 + 1", "integer overflow"),
    ("-9223372036854775808 - 1", "integer overflow"),
    ("9223372036854775807 * 2", "integer overflow"),
    ("-9223372036854775808 / -1", "integer overflow"),
    ("-(-9223372036854775808)", "integer overflow"),
    ("18446744073709551615u + 1u", "unsigned integer overflow"),
    ("0u - 1u", "unsigned integer overflow"),
    ("1 / 0", "division by zero"),
    ("1 % 0", "modulus by zero"),
    ("1u / 0u", "division by zero"),
    ("dyn(1) + 1u", "+: not defined for these types"),
    ("dyn(1) + 1.0", "+: not defined for these types"),
    ("dyn(true) + 1", "+: not defined for these types"),
    ("dyn(5.0) % dyn(2.0)", "%: not defined for these types"),
    ("-dyn(1u)", "-: not defined for this type"),
    ("!dyn(1)", "!: not a boolean"),
    ("dyn('a') < 1", "<: not defined for these types"),
    ("dyn(true) < 1", "<: not defined for these types"),
    ("[1, 2][2]", "[]: index out of range"),
    ("[1, 2][-1]", "[]: index out of range"),
    ("[1, 2][dyn(0.5)]", "[]: not an index"),
    ("[1, 2][dyn(true)]", "[]: not an index"),
    ("{'a': 1}['b']", 'no such key "b"'),
    ("{1: 'a'}[dyn(true)]", "[]: no such key"),
    ("{'a': 1}.b", 'no such key "b"'),
    ("dyn('text').b", '"b" is asked of what is no map'),
    ("has(dyn('text').b)", 'has: "b" is asked of what is no map'),
    ("'a' in dyn('abc')", "in: not a list or map"),
    ("{'a': 1, 'a': 2}", "{}: the same key twice"),
    ("{dyn(1.5): 1}", "{}: not a key"),
    ("dyn(1) ? 1 : 2", "?: not a boolean"),
    ("[1, 0].all(x, 1 / x > 0)", "division by zero"),
    ("[1, 0].exists_one(x, 1 / x > 0)", "division by zero"),
    ("[1, 0].filter(x, 1 / x > 0)", "division by zero"),
    ("[1].all(x, dyn(x))", "a macro needs booleans"),
    ("dyn(1).all(x, true)", "a macro needs a list or map"),
    ("{'a': 1}.sortBy(x, x)", "sortBy needs a list"),
    ("int(Values.owner)", "int: not a number"),
    ("int(1e19 * double(size(Values)))", "int: out of range"),
    ("uint(size(Values) - 2)", "unsigned integer overflow"),
    ("size(dyn(1))", "size: not defined for this type"),
    ("dyn(1).startsWith('a')", "startsWith: not defined for these types"),
    ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "timestamp out of range"),
]


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=[text for text, _ in ERRORS])
def test_what_has_no_value_raises_and_says_which_operation(text: str, message: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        value(text)

    assert str(caught.value) == message


VALUES = [
    # numbers
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 4 - 3", 3),
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 / -2", -3),
    ("-7 % 3", -1),
    ("7 % -3", 1),
    ("0x1F == 31 && 0xffu == 255u", True),
    ("-9223372036854775808", -(2**63)),
    ("1.5 + 2.25", 3.75),
    ("1.0 / 0.0", math.inf),
    (".5", 0.5),
    ("5e-1", 0.5),
    ("--1", 1),
    # equality and order
    ("dyn(1) == 1.0", True),
    ("dyn(1) == 1u", True),
    ("dyn(1) == true", False),
    ("dyn(1.0) == true", False),
    ("dyn(0) == false", False),
    ("dyn('1') == 1", False),
    ("dyn(null) == null", True),
    ("dyn(null) == false", False),
    ("[dyn(1)] == [dyn(true)]", False),
    ("[dyn(1)] == [dyn(1.0)]", True),
    ("{'a': dyn(1)} == {'a': dyn(1u)}", True),
    ("{'a': dyn(1)} == {'a': dyn(true)}", False),
    ("{'a': 1} == {'b': 1}", False),
    ("0.0 / 0.0 == 0.0 / 0.0", False),
    ("[0.0 / 0.0].all(x, [x] == [x])", False),
    ("dyn(1) in [dyn(true)]", False),
    ("dyn(true) in {1: 'a'}", False),
    ("1.0 in [dyn(1)]", True),
    ("1 < 1.5", True),
    ("2u > 1", True),
    ("dyn(9007199254740993) == 9007199254740992.0", False),
    ("'a' < 'b'", True),
    ("'\\U0001F600' > '\\uffff'", True),
    ("b'a' < b'b'", True),
    ("false < true", True),
    # logic absorbs failures on both sides
    ("false && 1 / 0 > 0", False),
    ("1 / 0 > 0 && false", False),
    ("true || 1 / 0 > 0", True),
    ("1 / 0 > 0 || true", True),
    ("1 / 0 > 0 || false || true", True),
    ("true && 1 / 0 > 0", EvaluationError),
    ("1 / 0 > 0 && true", EvaluationError),
    ("1 / 0 > 0 || false", EvaluationError),
    ("dyn('a') || true", True),
    ("dyn('a') && false", False),
    ("dyn('a') && true", EvaluationError),
    ("true ? 1 : 1 / 0", 1),
    ("false ? 1 / 0 : 2", 2),
    ("false ? 1 : true ? 2 : 3", 2),
    # macros
    ("[1, 2, 3].all(x, x > 0)", True),
    ("[].all(x, x > 0)", True),
    ("[].exists(x, x > 0)", False),
    ("['a', 'b'].exists(x, x == 'b')", True),
    ("['a', 'b'].exists(x, x == 'c')", False),
    ("{'a': 1}.exists(k, k == 'a')", True),
    ("[1, b'a', null, ['a'], {'a': 'a'}].exists(x, x == 'a')", False),
    ("[['a'], []].exists(y, y.exists(x, x == 'a'))", True),
    ("[['a']].exists(x, ['b'].exists(y, x == ['a']))", True),
    ("dyn(1).exists(x, x == 'a')", EvaluationError),
    ("[0, 1].all(x, 1 / x > 1)", False),
    ("[0, 1].exists(x, 1 / x > 0)", True),
    ("[1, 2, 2].exists_one(x, x == 2)", False),
    ("[1, 2, 3].exists_one(x, x == 2)", True),
    ("[1, 2, 3].map(x, x * x)", [1, 4, 9]),
    ("[1, 2, 3].map(x, x > 1, x * x)", [4, 9]),
    ("[1, 2, 3].filter(x, x > 1)", [2, 3]),
    ("{'a': 1, 'b': 2}.filter(k, k > 'a')", ["b"]),
    ("{true: 1}.map(k, k)", [True]),
    ("[[1, 2], [3]].map(x, x.map(y, y + size(x)))", [[3, 4], [4]]),
    ("[1].map(x, [2].map(x, x))", [[2]]),
    ("[3, 1, 2].sortBy(x, -x)", [3, 2, 1]),
    ("has({'a': null}.a)", True),
    ("has({'a': 1}.b)", False),
    # strings, bytes and their literals
    ("size('e\\u0301')", 2),
    ("size('\\U0001F600')", 1),
    ("size(b'\\xff\\377')", 2),
    ("size(b'é')", 2),
    ("'\\x41\\101\\n\\\"'", 'AA\n"'),
    ("r'\\n'", "\\n"),
    ('R"""a\n\'"b"""', "a\n'\"b"),
    ("'''a'b\n\\t'''", "a'b\n\t"),
    ("rb'\\x'", b"\\x"),
    ("bR'\\x'", b"\\x"),
    ("'' + \"\"", ""),
    ("'ab' + 'c'", "abc"),
    ("b'a' + b'b'", b"ab"),
    ("[1] + [2]", [1, 2]),
    ("'abc'.matches('^b')", False),
    ("'abc'.matches('^abc$')", True),
    ("'abc\\n'.matches('^abc$')", False),
    ("'abc'.matches('b')", True),
    ("'abc'.matches('c$')", True),
    ("'abc'.matches('')", True),
    ("'xay'.matches('a|b')", True),
    ("matches('abc', '[a-b]+c')", True),
    # types and conversions
    ("type(1) == int", True),
    ("type(1u) == uint", True),
    ("type(true) == int", False),
    ("type([]) == list", True),
    ("type(type(1)) == type", True),
    ("type(duration('1s')) == google.protobuf.Duration", True),
    ("int(-1.9)", -1),
    ("int('-12')", -12),
    ("string(1e6)", "1e+06"),
    ("string(0.1)", "0.1"),
    ("string(-0.0)", "-0"),
    ("string(12345.5)", "12345.5"),
    ("double('1e3')", 1000.0),
    ("bool('True')", True),
    ("string(b'\\xc3\\xa9')", "é"),
    # timestamps and durations
    ("timestamp('2024-02-29T23:30:00-01:00') == timestamp('2024-03-01T00:30:00Z')", True),
    ("timestamp('2024-02-29T12:00:00Z').getDayOfYear()", 59),
    ("timestamp('2024-03-03T00:00:00Z').getDayOfWeek()", 0),
    ("timestamp('2024-03-01T00:00:00Z').getMonth()", 2),
    ("timestamp('2024-07-01T23:00:00Z').getDate('Europe/Berlin')", 2),
    ("timestamp('2024-07-01T23:00:00Z').getHours('-02:30')", 20),
    ("timestamp('2024-07-01T00:00:00.123456789Z').getMilliseconds()", 123),
    ("string(timestamp('2024-07-01T00:00:00.120Z'))", "2024-07-01T00:00:00.12Z"),
    ("string(timestamp(0) + duration('1h1m1.5s'))", "1970-01-01T01:01:01.5Z"),
    (
        "timestamp('2024-01-02T00:00:00Z') - timestamp('2024-01-01T00:00:00Z') == duration('24h')",
        True,
    ),
    ("duration('-90m').getHours()", -1),
    ("string(duration('-1.5s'))", "-1.5s"),
    # indexing
    ("[7, 8][dyn(1.0)]", 8),
    ("{1: 'a'}[dyn(1.0)]", "a"),
    ("{true: 'a', 1: 'b'}[true]", "a"),
    ("{'a-b': 1}.`a-b`", 1),
]


@pytest.mark.parametrize(("text", "expected"), VALUES, ids=[text for text, _ in VALUES])
def test_an_expression_has_the_value_of_the_language_definition(
    text: str, expected: object
) -> None:
    if expected is EvaluationError:
        with pytest.raises(EvaluationError):
            value(text)
        return

    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


def test_constants_are_calculated_at_load() -> None:
    program = compile_expression("1 + 2 == 3 && 'b' in ['a', 'b']", {})

    assert program.variables == frozenset()
    assert program.evaluate({}) is True


def test_attack_167_macros_share_one_budget_so_that_nested_ones_can_not_hang() -> None:
    """Attack 167."""
    with pytest.raises(EvaluationError, match="too many steps"):
        value("lists.range(1000).all(a, lists.range(1000).all(b, a + b >= 0))")


@pytest.mark.parametrize(
    "text",
    [
        "List.all(x, x in List)",
        "List.all(x, !(x - 1000000 in List))",
        "List.exists(x, List == [x])",
        "List.exists(x, List.exists(y, y == 'a'))",
    ],
)
def test_long_lists_within_macros_cost_steps(text: str) -> None:
    """Attack 167."""
    program = compile_expression(text, {"List": list_of(DYN)})

    with pytest.raises(EvaluationError, match="too many steps"):
        program.evaluate({"List": list(range(50_000))})


@pytest.mark.parametrize(
    "text",
    [
        "['aaaaaaaa']" + ".map(x, x + x)" * 40,
        "[[1]]" + ".map(x, x + x)" * 40,
        "[[1]]" + ".map(x, [x, x])" * 40 + ".all(x, x == x)",
        "[['a']]" + ".map(x, [x, x])" * 40 + ".map(x, '%s'.format([x]))",
        "'a'.replace('', 'bbbbbbbb')" + ".replace('b', 'bbbbbbbb')" * 30,
    ],
    ids=["text", "list", "shared", "format", "replace"],
)
def test_what_grows_exponentially_ends_in_an_error(text: str) -> None:
    """Attack 167."""
    with pytest.raises(EvaluationError):
        value(text)
