"""The function table: every row is documented, reached and does what it says."""

import pytest

from edgeauth.expressions.cel.functions import FUNCTIONS, LIBRARIES, METHODS
from edgeauth.expressions.cel.networks import Networks
from edgeauth.expressions.errors import EvaluationError
from tests.unit.expressions.cel.scopes import value

ROWS = [row for library in LIBRARIES.values() for row in library]
CASES = [
    ("'tacocat'.charAt(3)", "o"),
    ("'tacocat'.charAt(7)", ""),
    ("'tacocat'.charAt(8)", EvaluationError),
    ("'tacocat'.indexOf('ac')", 1),
    ("'tacocat'.indexOf('a', 3)", 5),
    ("'tacocat'.indexOf('a', -1)", EvaluationError),
    ("'tacocat'.lastIndexOf('at')", 5),
    ("'tacocat'.lastIndexOf('a', 3)", 1),
    ("['x', 'y'].join('-')", "x-y"),
    ("[1].map(x, dyn(x)).join()", EvaluationError),
    ("'a,b,c'.split(',')", ["a", "b", "c"]),
    ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
    ("'a,b,c'.split(',', 0)", []),
    ("'abc'.split('')", ["a", "b", "c"]),
    ("'hello'.replace('l', 'L', 1)", "heLlo"),
    ("'hello'.replace('l', '')", "heo"),
    ("'hello'.substring(1, 3)", "el"),
    ("'hello'.substring(3, 1)", EvaluationError),
    ("' \\u00a0a\\n'.trim()", "a"),
    ("'ÄaB'.lowerAscii()", "Äab"),
    ("'äaB'.upperAscii()", "äAB"),
    ("strings.quote('a\"\\n')", '"a\\"\\n"'),
    ("'abc'.reverse()", "cba"),
    ("'%s-%d-%.2f-%x-%b%%'.format(['a', 5, 1.005, 255, 5])", "a-5-1.00-ff-101%"),
    ("'%s'.format([{'b': [1, null], 'a': true}])", "{a: true, b: [1, null]}"),
    ("'%s'.format([])", EvaluationError),
    ("'%q'.format([1])", EvaluationError),
    ("'%d'.format([true])", EvaluationError),
    ("[1, 2, 3].slice(1, 2)", [2]),
    ("[1, 2, 3].slice(2, 4)", EvaluationError),
    ("[1, [2, [3]]].flatten()", [1, 2, [3]]),
    ("[1, [2, [3]]].flatten(2)", [1, 2, 3]),
    ("lists.range(3)", [0, 1, 2]),
    ("lists.range(1000000)", EvaluationError),
    ("[1, 1.0, true, 1u].distinct()", [1, True]),
    ("['b', 'a'].sort()", ["a", "b"]),
    ("[1, 'a'].sort()", EvaluationError),
    ("[1, 2].reverse()", [2, 1]),
    ("[].last() == null", True),
    ("[1, 2].at(-1)", 2),
    ("[1, 2].at(2)", EvaluationError),
    ("sets.contains(['a', 'b'], ['b'])", True),
    ("sets.equivalent([1, 2, 2], [2, 1])", True),
    ("sets.intersects([1], [2])", False),
    ("math.greatest(1, 5, 3)", 5),
    ("math.least([2.5, 1.5])", 1.5),
    ("math.greatest(1, dyn('a'))", EvaluationError),
    ("math.round(-1.5)", -2.0),
    ("math.ceil(1.2)", 2.0),
    ("math.abs(-9223372036854775807 - 1)", EvaluationError),
    ("math.bitShiftLeft(1, 63)", -(2**63)),
    ("math.bitShiftRight(-1, 63)", 1),
    ("math.bitShiftLeft(1, -1)", EvaluationError),
    ("base64.encode(b'hello')", "aGVsbG8="),
    ("base64.decode('aGVsbG8')", b"hello"),
    ("base64.decode(dyn('*' + Values.owner))", EvaluationError),
    ("'foo12bar3'.regexFind('[0-9]+')", "12"),
    ("'foo'.regexFind('[0-9]+')", ""),
    ("'foo12bar3'.regexFindAll('[0-9]+')", ["12", "3"]),
    ("'é1'.regexFind('.')", "é"),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_a_function_gives_what_its_library_says(text: str, expected: object) -> None:
    if expected is EvaluationError:
        with pytest.raises(EvaluationError):
            value(text)
    else:
        assert value(text) == expected


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("11.0.0.1", False),
        ("10.0.0.1/8", False),
        ("10.0.0.1 ", False),
        ("010.0.0.1", False),
        ("nonsense", False),
        ("", False),
        ("1" * 100_000, False),
        ("10.0.0.1", True),
        ("::ffff:10.0.0.1", True),
        ("2001:db8::1", True),
    ],
)
def test_what_is_no_address_lies_in_no_network(address: str, inside: bool) -> None:
    assert (address in Networks(["10.0.0.0/8", "2001:db8::/32"])) is inside


def test_an_empty_list_of_addresses_lies_in_no_network() -> None:
    assert value("Request.ClientIPAddresses.slice(0, 0) in networks('0.0.0.0/0')") is False


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.signature())
def test_every_row_of_the_table_says_what_it_gives(row: object) -> None:
    assert row.text.endswith(".")
    assert row in (METHODS if row.method else FUNCTIONS)[row.name]
