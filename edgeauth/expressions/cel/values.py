"""The values of conditions: those that Python has no exact type for, and the kinds of all.

An int is `int`, a double `float`, a string `str`, a list `list` or `tuple`, a map any `Mapping`;
`bool` is its own kind and never mixes with numbers, although Python would let it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import NoneType
from typing import Final

from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.networks import Address, Block, Networks
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.objects import ErrorKind, ErrorTypes
from edgeauth.expressions.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    ListType,
    MapType,
    ObjectType,
    Type,
    list_of,
    map_of,
)

INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1
UINT_MAX: Final = 2**64 - 1

MAX_ELEMENTS: Final = 100_000
"""Elements of a list that an expression may build, and comparisons that one `==` may take."""
MAX_CHARACTERS: Final = 1_048_576
"""Characters (or octets) of a string (or bytes) that an expression may build."""


class UInt(int):
    """An unsigned 64-bit integer: equal to an int of the same number, of another type."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value, e.g. what `type(1)` gives."""

    name: str


@dataclass(frozen=True, slots=True)
class Optional:
    """A value that may be missing: `Optional((value,))`, or `NONE`."""

    content: tuple[object, ...] = ()


NONE: Final = Optional()


class BoolKey(Enum):
    """A boolean as a key of a map: Python would take `True` and `1` for the same key."""

    TRUE = True
    FALSE = False


LIST: Final = list_of(DYN)
MAP: Final = map_of(DYN, DYN)
NETWORKS: Final = Type("networks")
OPTIONAL: Final = Type("optional_type")
ADDRESS: Final = Type("net.IP")
BLOCK: Final = Type("net.CIDR")

KINDS: Final[Mapping[type, Type]] = {
    bool: BOOL,
    int: INT,
    UInt: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
    NoneType: NULL,
    list: LIST,
    tuple: LIST,
    dict: MAP,
    Timestamp: TIMESTAMP,
    Duration: DURATION,
    TypeValue: TYPE,
    ErrorTypes: TYPE,
    ErrorKind: TYPE,
    Networks: NETWORKS,
    Optional: OPTIONAL,
    Address: ADDRESS,
    Block: BLOCK,
}
"""The kind of each Python class; `kind_of` knows the other maps, too."""

TYPE_VALUES: Final[Mapping[str, TypeValue]] = {
    name: TypeValue(name)
    for name in (
        *("bool", "int", "uint", "double", "string", "bytes", "null_type", "type", "list", "map"),
        "google.protobuf.Timestamp",
        "google.protobuf.Duration",
        *("optional_type", "net.IP", "net.CIDR"),
    )
}
"""The names of types, which are values as well."""


def kind_of(value: object) -> Type | None:
    """Returns the kind of a value, lists and maps without their element types.

    None stands for an object of `edgeauth.expressions.objects` and for anything unknown.
    """
    kind = KINDS.get(type(value))
    if kind is None and isinstance(value, Mapping):
        return MAP
    return kind


def type_of(value: object) -> TypeValue:
    """Returns what `type(value)` is for a value that is no object.

    Raises:
        EvaluationError: the value has no type that a condition could name.
    """
    kind = kind_of(value)
    if kind is None:
        raise EvaluationError("type: not a value of this language")
    return TypeValue(kind.name.partition("(")[0])


def has_type(value: object, wanted: Type) -> bool:
    """Returns whether a value is of a type, every element of a list or a map included."""
    if wanted.name == "dyn":
        return True
    if isinstance(wanted, ObjectType):
        return isinstance(value, wanted.python)
    kind = kind_of(value)
    if kind is None:
        return False
    if isinstance(wanted, ListType):
        return isinstance(value, list | tuple) and (
            wanted.element.name == "dyn" or all(has_type(item, wanted.element) for item in value)
        )
    if isinstance(wanted, MapType):
        return isinstance(value, Mapping) and all(
            has_type(from_key(key), wanted.key) and has_type(item, wanted.value)
            for key, item in value.items()
        )
    return kind.name == wanted.name


def to_key(value: object) -> object:
    """Returns the key under which a map holds `value`.

    Numbers of different types are one key when they are equal; NaN and whatever is no key
    is returned as it is and found in no map.
    """
    if value is True:
        return BoolKey.TRUE
    return BoolKey.FALSE if value is False else value


def from_key(key: object) -> object:
    """Returns the value that `to_key` made a key of."""
    return key.value if type(key) is BoolKey else key
