"""The extension library for numbers.

Source:
    github.com/google/cel-go/ext, math.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from edgeauth.expressions.cel.functions.overload import ELEMENT, Overload
from edgeauth.expressions.cel.operators import checked_int, comparison
from edgeauth.expressions.cel.values import INT_MAX, LIST, UINT_MAX, UInt
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import BOOL, DOUBLE, DYN, INT, UINT, Type, list_of

_NUMBERS: Final = (INT, UINT, DOUBLE)
_BITS: Final = 64


def _extreme(name: str, symbol: str) -> Callable[..., object]:
    better = comparison(symbol)

    def run(*values: object) -> object:
        found, *others = values
        for value in (found, *others):
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise EvaluationError(f"{name}: not a number")
            if better(value, found):
                found = value
        return found

    return run


def _of_list(name: str, choose: Callable[..., object]) -> Callable[..., object]:
    def run(values: Sequence[object]) -> object:
        if not values:
            raise EvaluationError(f"{name}: the list is empty")
        return choose(*values)

    return run


def _extremes(name: str, symbol: str, text: str) -> tuple[Overload, ...]:
    choose = _extreme(name, symbol)
    lists = _of_list(name, choose)
    return (
        *(Overload(name, (kind,), kind, choose, text, variadic=True) for kind in _NUMBERS),
        *(Overload(name, (list_of(kind),), ELEMENT, lists, text) for kind in _NUMBERS),
        Overload(name, (LIST,), DYN, lists, text),
        Overload(name, (DYN,), DYN, choose, text, variadic=True),
    )


def _rounded(change: Callable[[float], float]) -> Callable[[float], float]:
    def run(value: float) -> float:
        return math.copysign(change(value), value) if math.isfinite(value) else value

    return run


def _away_from_zero(value: float) -> float:
    whole = math.trunc(value)
    return whole + math.copysign(1, value) if abs(value - whole) >= 0.5 else whole


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _double_sign(value: float) -> float:
    return value if math.isnan(value) else float(_sign(value))


def _root(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


def _wrapped(value: int) -> int:
    value &= UINT_MAX
    return value - 2**_BITS if value > INT_MAX else value


def _distance(count: int) -> int:
    if count < 0:
        raise EvaluationError("math: the shift is negative")
    return min(count, _BITS)


def _both(name: str, call: Callable[[int, int], int], text: str) -> tuple[Overload, ...]:
    return (
        Overload(name, (INT, INT), INT, lambda a, b: _wrapped(call(a, b)), text),
        Overload(name, (UINT, UINT), UINT, lambda a, b: UInt(call(int(a), int(b))), text),
    )


def _double(name: str, result: Type, call: Callable[[float], object], text: str) -> Overload:
    return Overload(f"math.{name}", (DOUBLE,), result, call, text)


LIBRARY: Final = (
    *_extremes("math.greatest", ">", "The greatest of all numbers."),
    *_extremes("math.least", "<", "The least of all numbers."),
    _double("ceil", DOUBLE, _rounded(math.ceil), "The next integer above."),
    _double("floor", DOUBLE, _rounded(math.floor), "The next integer below."),
    _double("round", DOUBLE, _rounded(_away_from_zero), "The nearest integer; halves go outward."),
    _double("trunc", DOUBLE, _rounded(math.trunc), "The number without its fraction."),
    _double("isInf", BOOL, math.isinf, "Whether the number is infinite."),
    _double("isNaN", BOOL, math.isnan, "Whether it is no number."),
    _double("isFinite", BOOL, math.isfinite, "Whether it is neither infinite nor NaN."),
    Overload("math.abs", (INT,), INT, lambda value: checked_int(abs(value)), "The distance to 0."),
    Overload("math.abs", (UINT,), UINT, lambda value: value, "The same number."),
    _double("abs", DOUBLE, abs, "The distance to 0."),
    Overload("math.sign", (INT,), INT, _sign, "-1, 0 or 1."),
    Overload("math.sign", (UINT,), UINT, lambda value: UInt(_sign(value)), "0 or 1."),
    _double("sign", DOUBLE, _double_sign, "-1.0, 0.0 or 1.0."),
    _double("sqrt", DOUBLE, _root, "The square root; NaN of what is negative."),
    Overload("math.sqrt", (INT,), DOUBLE, _root, "The square root; NaN of what is negative."),
    Overload("math.sqrt", (UINT,), DOUBLE, _root, "The square root."),
    *_both("math.bitAnd", lambda a, b: a & b, "The bits that are set in both."),
    *_both("math.bitOr", lambda a, b: a | b, "The bits that are set in one or both."),
    *_both("math.bitXor", lambda a, b: a ^ b, "The bits that are set in one."),
    Overload("math.bitNot", (INT,), INT, lambda value: ~value, "All bits reversed."),
    Overload(
        "math.bitNot", (UINT,), UINT, lambda value: UInt(UINT_MAX - value), "All bits reversed."
    ),
    Overload(
        "math.bitShiftLeft",
        (INT, INT),
        INT,
        lambda value, count: _wrapped(value << _distance(count)),
        "The bits moved left; what leaves is lost.",
    ),
    Overload(
        "math.bitShiftLeft",
        (UINT, INT),
        UINT,
        lambda value, count: UInt((int(value) << _distance(count)) & UINT_MAX),
        "The bits moved left; what leaves is lost.",
    ),
    Overload(
        "math.bitShiftRight",
        (INT, INT),
        INT,
        lambda value, count: _wrapped((value & UINT_MAX) >> _distance(count)),
        "The bits moved right; zeros follow.",
    ),
    Overload(
        "math.bitShiftRight",
        (UINT, INT),
        UINT,
        lambda value, count: UInt(int(value) >> _distance(count)),
        "The bits moved right; zeros follow.",
    ),
)
