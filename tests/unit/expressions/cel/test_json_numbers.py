"""Numbers of JSON are doubles, in claims and in answers alike."""

import pytest

from edgeauth.expressions.cel import compile_condition
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.wire.json import as_doubles, loads

KNOWN = {"Payload": VARIABLES["Payload"]}
PAYLOAD = as_doubles(loads('{"n": 3, "m": 1e6, "half": 0.5, "l": [10, 20, 30, 40]}'))


def holds(text):
    return compile_condition(text, KNOWN).evaluate({"Payload": PAYLOAD})


@pytest.mark.parametrize(
    "text",
    [
        "Payload.n * 2 == 6",
        "Payload.n + 1 == 4",
        "Payload.n % 2 == 1",
        "2 - Payload.n == -1",
        "timestamp(Payload.n) == timestamp(3)",
        "Payload.l[Payload.half] == 10",
    ],
)
def test_arithmetic_of_a_double_and_an_int_has_no_value(text):
    with pytest.raises(EvaluationError):
        holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "Payload.n == 3",
        "3 == Payload.n",
        "Payload.n != 4",
        "Payload.n < 4 && Payload.n >= 3",
        "Payload.n in [1, 2, 3]",
        "3 in Payload.l || 20 in Payload.l",
        "Payload.n * 2.0 == 6.0",
        "int(Payload.n) * 2 == 6",
        "timestamp(int(Payload.n)) == timestamp(3)",
        "type(Payload.n) == double",
        "string(Payload.n) == '3'",
        "Payload.l[Payload.n] == 40",
        "size(Payload.l) == int(Payload.n) + 1",
        "{3: 'x'}[Payload.n] == 'x'",
    ],
)
def test_a_double_compares_with_ints_and_counts_with_doubles(text):
    assert holds(text) is True
