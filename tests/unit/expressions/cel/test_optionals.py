"""Optional values, variables of expressions, macros with two variables."""

import pytest

from edgeauth.expressions.errors import EvaluationError
from tests.unit.expressions.cel.scopes import value

FAIL = [
    "optional.none().value()",
    "dyn(1).orValue(2)",
    "optional.none().or(dyn(1))",
    "optional.none().orValue(1 / 0)",
    "[?dyn(1)]",
    "{?'a': dyn(1)}",
    "dyn('a').?b",
    "dyn(1)[?0]",
    "[1][?dyn('a')]",
    "[1][?0.5]",
    "Subject.Attributes.?nothing.a",
    "dyn(1).optMap(x, x)",
    "optional.of(1).optFlatMap(x, dyn(x))",
    "optional.unwrap([1])",
    "dyn('a').all(i, v, true)",
    "[1, 2].transformMapEntry(i, v, {'same': v})",
    "[1, 2].existsOne(i, v, dyn(v))",
    "cel.bind(x, 1 / 0, x == 1)",
    "cel.bind(x, Subject.Attributes.other, cel.bind(y, x, y == 1))",
    "dyn(1).transformMap(k, v, v)",
    "dyn([]) in {}",
    "Subject.Attributes.nothing in Subject.Attributes",
]
CASES = [
    ("Subject.Attributes.?other.orValue('none')", "none"),
    ("Subject.Attributes.?realm.?name.orValue('')", "shop"),
    ("Subject.Attributes.?realm.name.value()", "shop"),
    ("Subject.Attributes.?realm.other.hasValue()", False),
    ("has(Subject.Attributes.?other.name)", False),
    ("Subject.client.?Attributes.?tier.orValue('')", "gold"),
    ("Request.?Method.value()", "GET"),
    ("Outputs[?'profile'][?'level'].value()", 3),
    ("Subject.Attributes.roles[?1].value()", "admin"),
    ("Subject.Attributes.roles[?2].hasValue()", False),
    ("optional.of(1).or(dyn(1 / 0)).value()", 1),
    ("optional.of(1).orValue(1 / 0)", 1),
    ("optional.ofNonZeroValue(duration('0s')).hasValue()", False),
    ("optional.of([1, 2]) == optional.of([1.0, 2u])", True),
    ("optional.of(1) in [optional.none(), optional.of(1)]", True),
    ("optional.unwrap([optional.of(1), optional.none()])", [1]),
    ("[optional.of(1), optional.none()].unwrapOpt()", [1]),
    ("[?optional.none(), 2, ?optional.of(Values.owner)]", [2, "alice"]),
    ("{?'a': Outputs.?x, 'b': 1}", {"b": 1}),
    ("[1, 2].map(x, [3].map(y, optional.of(y).optMap(z, x + y + z).value()))", [[7], [8]]),
    ("cel.bind(x, [1].map(y, y + 1), [5].map(z, z + x[0]))", [7]),
    ("cel.bind(x, 1 / dyn(0), true || x == 1)", True),
    ("[1, 2].map(i, cel.bind(x, i * 10, x + i))", [11, 22]),
    ("cel.bind(x, Values.owner, cel.bind(x, x + x, x))", "alicealice"),
    ("Subject.Attributes.roles.exists(i, role, i == 1 && role == 'admin')", True),
    ("Subject.Attributes.realm.all(key, value, key == 'name' && value == 'shop')", True),
    ("{true: 1}.exists(k, v, k)", True),
    ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 10)", {"b": 20}),
    ("{true: 1}.transformMap(k, v, v) == {true: 1}", True),
    ("['a', 'b'].transformMap(i, v, v)", {0: "a", 1: "b"}),
    ("['a', 'b'].transformMapEntry(i, v, {v: i})", {"a": 0, "b": 1}),
    ("['a', 'b'].transformList(i, v, i > 0, v)", ["b"]),
    ("[1, 2, 3].existsOne(x, x == 2)", True),
    ("cel.block([1, cel.index(0) + 1], cel.index(1))", 2),
    ("regex.extract('user-42', 'user-([0-9]+)').orValue('')", "42"),
    ("regex.extract('user-42', '[0-9]+').value()", "42"),
    ("regex.extract('user', 'user-([0-9]+)').hasValue()", False),
    ("regex.extractAll('a1b22', '[0-9]+')", ["1", "22"]),
    ("regex.extractAll('a=1,b=,c=3', '[a-z]=([0-9]?)')", ["1", "3"]),
    (r"regex.replace('a-b', '(\\w)-(\\w)', '\\2-\\1')", "b-a"),
    ("regex.replace('aaa', 'a', 'b', 2)", "bba"),
    ("regex.replace('aaa', 'a', 'b', 0)", "aaa"),
    ("regex.replace('ü', '', '-')", "-ü-"),
    ("'ü'.regexFindAll('').size()", 2),
    ("isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0/08') && !isCIDR('10.0.0.0')", True),
    ("cidr('10.0.0.0/8').containsIP('::ffff:a00:1')", True),
]


@pytest.mark.parametrize("text", FAIL)
def test_what_has_no_value_fails(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_the_value_is_what_the_language_says(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "regex.replace('a', 'a', '\\\\1')",
        "dyn(1).map(x, regex.replace(x, 'a', 'b'))",
        "[dyn(1)].map(x, regex.replace(x, 'a', 'b'))",
        "['x'].map(x, regex.replace(lists.range(99999).map(i, 'a').join(), 'a', 'bbbbbbbbbbbbbb'))",
    ],
)
def test_a_replacement_that_can_not_be_fails(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


def test_a_failure_of_a_bound_variable_is_computed_once() -> None:
    """Otherwise thirty levels would take a thousand million turns."""
    text = "1 / dyn(0)"
    for level in range(30):
        text = f"cel.bind(v{level}, {text}, dyn(v{level} == 1) || dyn(v{level} == 2) ? 1 : 2)"

    with pytest.raises(EvaluationError):
        value(text)
