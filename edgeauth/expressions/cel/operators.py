"""The operators of conditions, exact: 64-bit integers, no mixing of types, IEEE 754 doubles.

Source:
    CEL language definition, sections "Numeric Values", "Equality", "Ordering" and "Functions".
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.networks import Networks
from edgeauth.expressions.cel.values import (
    INT_MAX,
    INT_MIN,
    MAX_CHARACTERS,
    MAX_ELEMENTS,
    UINT_MAX,
    Optional,
    UInt,
    kind_of,
    to_key,
)
from edgeauth.expressions.errors import EvaluationError

Arithmetic: TypeAlias = Callable[..., object]

_NUMBERS: Final = frozenset({int, UInt, float})
_PLAIN: Final = frozenset({bool, int, UInt, float, str, bytes, type(None)})
_KEYS: Final = frozenset({bool, int, UInt, float, str})
_ORDERED: Final = frozenset({bool, int, UInt, float, str, bytes, Timestamp, Duration})


def checked_int(value: int) -> int:
    """Returns a result that fits an int.

    Raises:
        EvaluationError: it does not.
    """
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError("integer overflow")


def checked_uint(value: int) -> UInt:
    """Returns a result that fits a uint.

    Raises:
        EvaluationError: it does not.
    """
    if 0 <= value <= UINT_MAX:
        return UInt(value)
    raise EvaluationError("unsigned integer overflow")


def quotient(left: int, right: int) -> int:
    """Returns the quotient truncated toward zero.

    Raises:
        EvaluationError: the divisor is zero.
    """
    if right == 0:
        raise EvaluationError("division by zero")
    whole = abs(int(left)) // abs(int(right))
    return whole if (left < 0) == (right < 0) else -whole


def remainder(left: int, right: int) -> int:
    """Returns the remainder, which has the sign of the dividend.

    Raises:
        EvaluationError: the divisor is zero.
    """
    if right == 0:
        raise EvaluationError("modulus by zero")
    rest = abs(int(left)) % abs(int(right))
    return rest if left >= 0 else -rest


def _divide_doubles(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0 or left != left:
        return float("nan")
    negative = str(right).startswith("-") != (left < 0)
    return float("-inf") if negative else float("inf")


def _concatenate(left: str | bytes, right: str | bytes) -> str | bytes:
    if len(left) + len(right) > MAX_CHARACTERS:
        raise EvaluationError("+: the result is too long")
    return left + right  # type: ignore[operator]  # both are of one kind


def _append(left: Sequence[object], right: Sequence[object]) -> Sequence[object]:
    if len(left) + len(right) > MAX_ELEMENTS:
        raise EvaluationError("+: the result is too long")
    return [*left, *right]


def _later(left: Timestamp | Duration, right: Timestamp | Duration) -> Timestamp:
    return Timestamp(left.nanoseconds + right.nanoseconds)


def _earlier(left: Timestamp, right: Duration) -> Timestamp:
    return Timestamp(left.nanoseconds - right.nanoseconds)


def _between(left: Timestamp, right: Timestamp) -> Duration:
    # The reference counts in 64-bit nanoseconds: about 292 years.
    return Duration(checked_int(left.nanoseconds - right.nanoseconds))


def _sum(left: Duration, right: Duration) -> Duration:
    return Duration(left.nanoseconds + right.nanoseconds)


def _difference(left: Duration, right: Duration) -> Duration:
    return Duration(left.nanoseconds - right.nanoseconds)


ARITHMETIC: Final[Mapping[str, Mapping[tuple[str, str], tuple[str, Arithmetic]]]] = {
    "+": {
        ("int", "int"): ("int", lambda a, b: checked_int(a + b)),
        ("uint", "uint"): ("uint", lambda a, b: checked_uint(a + b)),
        ("double", "double"): ("double", operator.add),
        ("string", "string"): ("string", _concatenate),
        ("bytes", "bytes"): ("bytes", _concatenate),
        ("list", "list"): ("list", _append),
        ("timestamp", "duration"): ("timestamp", _later),
        ("duration", "timestamp"): ("timestamp", _later),
        ("duration", "duration"): ("duration", _sum),
    },
    "-": {
        ("int", "int"): ("int", lambda a, b: checked_int(a - b)),
        ("uint", "uint"): ("uint", lambda a, b: checked_uint(a - b)),
        ("double", "double"): ("double", operator.sub),
        ("timestamp", "timestamp"): ("duration", _between),
        ("timestamp", "duration"): ("timestamp", _earlier),
        ("duration", "duration"): ("duration", _difference),
    },
    "*": {
        ("int", "int"): ("int", lambda a, b: checked_int(a * b)),
        ("uint", "uint"): ("uint", lambda a, b: checked_uint(a * b)),
        ("double", "double"): ("double", operator.mul),
    },
    "/": {
        ("int", "int"): ("int", lambda a, b: checked_int(quotient(a, b))),
        ("uint", "uint"): ("uint", lambda a, b: checked_uint(quotient(a, b))),
        ("double", "double"): ("double", _divide_doubles),
    },
    "%": {
        ("int", "int"): ("int", lambda a, b: checked_int(remainder(a, b))),
        ("uint", "uint"): ("uint", lambda a, b: checked_uint(remainder(a, b))),
    },
}
"""By operator and by the kinds of both sides: the kind of the result, and how it is made."""

_SHORT: Final = {"google.protobuf.Timestamp": "timestamp", "google.protobuf.Duration": "duration"}


def short_kind(name: str) -> str:
    """Returns the name of a type as `ARITHMETIC` has it: without element types and packages."""
    name = name.partition("(")[0]
    return _SHORT.get(name, name)


def arithmetic(symbol: str) -> Arithmetic:
    """Returns the operator for sides whose kinds are known only when it is evaluated."""
    table = ARITHMETIC[symbol]

    def calculate(left: object, right: object) -> object:
        first, second = kind_of(left), kind_of(right)
        if first is not None and second is not None:
            found = table.get((short_kind(first.name), short_kind(second.name)))
            if found is not None:
                return found[1](left, right)
        raise EvaluationError(f"{symbol}: not defined for these types")

    return calculate


def negate(value: object) -> object:
    """Returns the number with the other sign.

    Raises:
        EvaluationError: it has none, or `value` is no signed number.
    """
    if type(value) is int:
        return checked_int(-value)
    if type(value) is float:
        return -value
    raise EvaluationError("-: not defined for this type")


def comparison(symbol: str) -> Callable[[object, object], bool]:
    """Returns `<`, `<=`, `>` or `>=`: numbers of any types, else two values of one kind."""
    compare: Callable[[object, object], bool] = COMPARISONS[symbol]

    def run(left: object, right: object) -> bool:
        first, second = type(left), type(right)
        if first is second and first in _ORDERED:
            return compare(left, right)
        if first in _NUMBERS and second in _NUMBERS:
            # As the cases of cel-spec have it: beside a double, an integer is the nearest double.
            if first is float or second is float:
                return compare(float(left), float(right))  # type: ignore[arg-type]  # numbers
            return compare(left, right)
        raise EvaluationError(f"{symbol}: not defined for these types")

    return run


COMPARISONS: Final[Mapping[str, Callable[..., bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def equal(left: object, right: object) -> bool:
    """Returns whether two values are equal: of one kind and the same, or one number.

    Raises:
        EvaluationError: one of them is an object, or they are too large to be compared.
    """
    first, second = type(left), type(right)
    if first is second and first in _PLAIN:
        return left == right
    if first in _NUMBERS and second in _NUMBERS:
        return left == right
    return _Comparison().equal(left, right)


class _Comparison:
    """One `==` over lists and maps, with a limit: shared parts can be exponentially many."""

    __slots__ = ("steps",)

    def __init__(self) -> None:
        self.steps = MAX_ELEMENTS

    def equal(self, left: object, right: object) -> bool:
        self.steps -= 1
        if self.steps < 0:
            raise EvaluationError("==: too many elements")
        first, second = type(left), type(right)
        if first in _NUMBERS and second in _NUMBERS:
            return left == right
        kind, other = kind_of(left), kind_of(right)
        if kind is None or other is None:
            raise EvaluationError("==: objects can not be compared")
        if kind is not other:
            return False
        if isinstance(left, list | tuple) and isinstance(right, list | tuple):
            return len(left) == len(right) and all(map(self.equal, left, right))
        if isinstance(left, Optional) and isinstance(right, Optional):
            return self.equal(left.content, right.content)
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            return len(left) == len(right) and all(
                key in right and self.equal(value, right[key]) for key, value in left.items()
            )
        return left == right


def contains(element: object, container: object) -> bool:
    """Returns whether `element in container`: an element of a list or a key of a map.

    Raises:
        EvaluationError: the container is neither list nor map.
    """
    if isinstance(container, list | tuple):
        if type(element) is str:
            return element in container
        return any(equal(element, item) for item in container)
    if isinstance(container, Mapping):
        if type(element) not in _KEYS:
            raise EvaluationError("in: not a key")
        return to_key(element) in container
    if isinstance(container, Networks):
        return _lies_within(element, container)
    raise EvaluationError("in: not a list or map")


def _lies_within(addresses: object, networks: Networks) -> bool:
    if isinstance(addresses, str):
        return addresses in networks
    if isinstance(addresses, list | tuple) and addresses:
        return all(isinstance(address, str) and address in networks for address in addresses)
    if isinstance(addresses, list | tuple):
        return False
    raise EvaluationError("in: not an address")


def unequal(left: object, right: object) -> bool:
    """Returns the opposite of `equal`."""
    return not equal(left, right)
