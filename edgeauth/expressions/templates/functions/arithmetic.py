"""Functions on numbers. Integers are int64 and wrap around as Go's do; decimals are exact.

What is no number counts as zero, as it does in sprig.
"""

import math
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.format import text_of
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.literals import read_integer
from edgeauth.expressions.templates.values import (
    INT64_MAX,
    INT64_MIN,
    Int64,
    wrap_int64,
)

_EXACT = Context(prec=400, rounding=ROUND_HALF_UP)
_OCTAL = re.compile(r"[+-]?[0-7]{1,30}")
_DIVISION_DIGITS = Decimal(1).scaleb(-16)


def to_int64(value: object) -> int:
    """Returns a number, a boolean or the text of a number as an int64; zero for anything else."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        fits = math.isfinite(value) and INT64_MIN <= value < -float(INT64_MIN)
        return int(value) if fits else INT64_MIN
    return _parsed_integer(value) if isinstance(value, str) else 0


def _parsed_integer(text: str) -> int:
    whole, point, fraction = text.partition(".")
    number = read_integer(whole if point and not fraction.strip("0") else text)
    if number is None or not INT64_MIN <= number <= INT64_MAX:
        return 0
    return number


def to_float(value: object) -> float:
    """Returns a number, a boolean or the text of a number as a float64; zero for anything else."""
    if isinstance(value, (int, float)):
        return float(value)
    if not isinstance(value, str) or value != value.strip() or not value.isascii():
        return 0.0
    try:
        return float(value) if "_" not in value else 0.0
    except ValueError:
        return 0.0


def _add(*values: object) -> Int64:
    return wrap_int64(sum(map(to_int64, values)))


def _add_one(value: object) -> Int64:
    return wrap_int64(to_int64(value) + 1)


def _subtract(left: object, right: object) -> Int64:
    return wrap_int64(to_int64(left) - to_int64(right))


def _multiply(first: object, *others: object) -> Int64:
    product = to_int64(first)
    for other in others:
        product = wrap_int64(product * to_int64(other))
    return Int64(product)


def _divide(left: object, right: object) -> Int64:
    quotient, _ = _truncated(to_int64(left), to_int64(right))
    return wrap_int64(quotient)


def _modulo(left: object, right: object) -> Int64:
    _, remainder = _truncated(to_int64(left), to_int64(right))
    return Int64(remainder)


def _truncated(left: int, right: int) -> tuple[int, int]:
    if right == 0:
        raise EvaluationError("division by zero")
    quotient = abs(left) // abs(right)
    quotient = quotient if (left < 0) == (right < 0) else -quotient
    return quotient, left - quotient * right


def _largest(first: object, *others: object) -> Int64:
    return Int64(max(map(to_int64, (first, *others))))


def _smallest(first: object, *others: object) -> Int64:
    return Int64(min(map(to_int64, (first, *others))))


def _largest_float(first: object, *others: object) -> float:
    return max(map(to_float, (first, *others)))


def _smallest_float(first: object, *others: object) -> float:
    return min(map(to_float, (first, *others)))


def _floor(value: object) -> float:
    number = to_float(value)
    return float(math.floor(number)) if math.isfinite(number) else number


def _ceiling(value: object) -> float:
    number = to_float(value)
    return float(math.ceil(number)) if math.isfinite(number) else number


def _round(value: object, places: int, threshold: float = 0.5) -> float:
    number = to_float(value)
    try:
        power = math.pow(10, places)
        scaled = power * number
        fraction = math.modf(scaled)[0]
        return (math.ceil(scaled) if fraction >= threshold else math.floor(scaled)) / power
    except (OverflowError, ValueError, ZeroDivisionError):
        raise EvaluationError("round: the number is out of range") from None


def _decimals(
    operation: Callable[[Decimal, Decimal], Decimal], values: tuple[object, ...]
) -> float:
    result: Decimal | None = None
    for value in values:
        number = to_float(value)
        if not math.isfinite(number):
            raise EvaluationError("a number that decimals can not hold")
        exact = Decimal(repr(number))
        result = exact if result is None else operation(result, exact)
    return float(result or 0)


def _quotient(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise EvaluationError("division by zero")
    return _EXACT.divide(left, right).quantize(_DIVISION_DIGITS, context=_EXACT)


def _to_decimal(value: object) -> Int64:
    """Returns the text of a value, read as an octal number; zero where it is none."""
    text = text_of(value)
    if _OCTAL.fullmatch(text) is None:
        return Int64(0)
    number = int(text, 8)
    return Int64(number if INT64_MIN <= number <= INT64_MAX else 0)


ANY, INT, FLOAT = Kind.ANY, Kind.INT, Kind.FLOAT
FUNCTIONS = (
    Function("int", (ANY,), to_int64, INT),
    Function("int64", (ANY,), lambda value: Int64(to_int64(value))),
    Function("float64", (ANY,), to_float, FLOAT),
    Function("toDecimal", (ANY,), _to_decimal),
    Function("add", (), _add, more=ANY),
    Function("add1", (ANY,), _add_one),
    Function("sub", (ANY, ANY), _subtract),
    Function("mul", (ANY,), _multiply, more=ANY),
    Function("div", (ANY, ANY), _divide),
    Function("mod", (ANY, ANY), _modulo),
    *(Function(name, (ANY,), _largest, more=ANY) for name in ("max", "biggest")),
    Function("min", (ANY,), _smallest, more=ANY),
    Function("maxf", (ANY,), _largest_float, FLOAT, more=ANY),
    Function("minf", (ANY,), _smallest_float, FLOAT, more=ANY),
    Function("add1f", (ANY,), lambda value: _decimals(_EXACT.add, (value, 1.0)), FLOAT),
    Function("addf", (), lambda *values: _decimals(_EXACT.add, values), FLOAT, more=ANY),
    Function("subf", (ANY,), lambda *values: _decimals(_EXACT.subtract, values), FLOAT, more=ANY),
    Function("mulf", (ANY,), lambda *values: _decimals(_EXACT.multiply, values), FLOAT, more=ANY),
    Function("divf", (ANY,), lambda *values: _decimals(_quotient, values), FLOAT, more=ANY),
    Function("floor", (ANY,), _floor, FLOAT),
    Function("ceil", (ANY,), _ceiling, FLOAT),
    Function("round", (ANY, INT, FLOAT), _round, FLOAT, minimum=2),
)
