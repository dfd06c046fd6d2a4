"""What template values are: Python's own types stand for Go's, with three additions.

`str`, `bool`, `int`, `float`, `None`, mappings and sequences are what they look like. Numbers of
JSON come as floats; ints are what a template makes itself (literals, `len`) and what YAML brings.
Trust: mappings and sequences may hold request data; errors name kinds, never values.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeGuard

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.limits import MAX_ITEMS, MAX_NESTING
from edgeauth.expressions.types import ObjectType


class Int64(int):
    """A Go `int64`: what the arithmetic functions return."""

    __slots__ = ()


class Byte(int):
    """A Go `uint8`: an element of a string."""

    __slots__ = ()


class Strings(list[str]):
    """A Go `[]string`; other lists are `[]interface {}`."""

    __slots__ = ()


class Integers(list[int]):
    """A Go `[]int`."""

    __slots__ = ()


class Instance:
    """An object with its type, wherever an object is a value of its own."""

    __slots__ = ("object", "type")

    def __init__(self, kind: ObjectType, value: object) -> None:
        self.type = kind
        self.object = value

    def text(self) -> str:
        """Returns how the object is printed.

        Raises:
            EvaluationError: the object can not be printed.
        """
        if self.type.text is None:
            raise EvaluationError(f"{self.type.name} can not be printed")
        return self.type.text(self.object)


INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1


def wrap_int64(number: int) -> Int64:
    """Returns the number as Go's arithmetic leaves it: modulo 2**64, signed."""
    return Int64((number - INT64_MIN) % 2**64 + INT64_MIN)


def is_integer(value: object) -> TypeGuard[int]:
    """Returns whether the value is of one of Go's integer types."""
    return isinstance(value, int) and not isinstance(value, bool)


def type_name(value: object) -> str:
    """Returns the name of a value's Go type, as `typeOf` and `%T` show it."""
    known = _EXACT_NAMES.get(type(value))
    if known is not None:
        return known
    if isinstance(value, Instance):
        return value.type.name
    for python, name in _TYPE_NAMES:
        if isinstance(value, python):
            return name
    raise EvaluationError("a value of a type that templates do not know")


_EXACT_NAMES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "float64",
    Int64: "int64",
    Byte: "uint8",
    Strings: "[]string",
    Integers: "[]int",
    dict: "map[string]interface {}",
    list: "[]interface {}",
    type(None): "<nil>",
}
_TYPE_NAMES: Final[tuple[tuple[type, str], ...]] = (
    (str, "string"),
    (Mapping, "map[string]interface {}"),
    (Sequence, "[]interface {}"),
)


def kind_name(value: object) -> str:
    """Returns the name of a value's Go kind, as `kindOf` shows it; `invalid` for nil."""
    if value is None:
        return "invalid"
    if isinstance(value, Instance):
        return "struct"
    name = type_name(value)
    if name.startswith("[]"):
        return "slice"
    return "map" if name.startswith("map") else name


def is_list(value: object) -> bool:
    """Returns whether the value is a Go slice."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def is_true(value: object) -> bool:
    """Returns whether `if` takes the value for true: not nil, not zero, not empty."""
    if isinstance(value, Instance):
        return True
    return bool(value)


def deep_equal(left: object, right: object) -> bool:
    """Returns whether two values have the same Go type and equal parts, all the way down.

    Raises:
        EvaluationError: the values are too large or too deep to compare.
    """
    return _Comparison().equal(left, right, 0)


class _Comparison:
    """Counts what one comparison visits: shared parts can make small data very large."""

    def __init__(self) -> None:
        self.visited = 0

    def equal(self, left: object, right: object, depth: int) -> bool:
        self.visited += 1
        if self.visited > MAX_ITEMS or depth > MAX_NESTING:
            raise EvaluationError("the values are too large to compare")
        if left is None or isinstance(left, (str, int, float, Instance)):
            return type_name(left) == type_name(right) and left == right
        if type_name(left) != type_name(right):
            return False
        if isinstance(left, Mapping) and isinstance(right, Mapping):
            if left.keys() != right.keys():
                return False
            pairs = [(value, right[key]) for key, value in left.items()]
        elif isinstance(left, Sequence) and isinstance(right, Sequence) and len(left) == len(right):
            pairs = list(zip(left, right, strict=True))
        else:
            return False
        for one, other in pairs:  # noqa: SIM110  (a generator would add a frame to each level)
            if not self.equal(one, other, depth + 1):
                return False
        return True
