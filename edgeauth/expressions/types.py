"""The static types of what expressions see, shared by conditions and templates.

They are few on purpose: a type checker that knows the shape of `Request` finds the misspelt field
at load; whatever comes from outside (claims, answers) is `DYN` and is looked at when it is there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Type:
    """A type by its name; `DYN` fits everything."""

    name: str


@dataclass(frozen=True, slots=True)
class ListType(Type):
    """A list of one element type."""

    element: Type = field(default=Type("dyn"))


@dataclass(frozen=True, slots=True)
class MapType(Type):
    """A map with keys and values of one type each."""

    key: Type = field(default=Type("string"))
    value: Type = field(default=Type("dyn"))


class Member(NamedTuple):
    """A field of an object: its type and how it is read."""

    type: Type
    read: Callable[..., object]


class Method(NamedTuple):
    """A method of an object: what it takes, what it gives, how it is called.

    `call` gets the receiver and then the arguments.
    """

    parameters: tuple[Type, ...]
    result: Type
    call: Callable[..., object]


class Others(NamedTuple):
    """Members whose names are known only per instance.

    `find` gets the object and a name; it gives the member, or None when there is none.
    """

    type: Type
    find: Callable[..., object]


@dataclass(frozen=True, slots=True, eq=False)
class ObjectType(Type):
    """An object with declared members; nothing else of it can be reached.

    Attributes:
        python: the class whose instances have this type.
        fields: by name. A template reads `.Name`, a condition `Object.Name`.
        methods: by name. A template calls `.Name arg`, a condition `Object.Name(arg)`.
        text: how an instance is printed in a template; None means that printing it is an error.
        others: members of any further name, e.g. the principals of a subject; None when there
            are none.
        type_of: what `type(object)` is in a condition; None means that this is an error.
    """

    python: type
    fields: Mapping[str, Member] = field(default_factory=dict)
    methods: Mapping[str, Method] = field(default_factory=dict)
    text: Callable[..., str] | None = None
    others: Others | None = None
    type_of: Callable[..., object] | None = None

    # Each is a type of its own.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


DYN = Type("dyn")
BOOL = Type("bool")
INT = Type("int")
UINT = Type("uint")
DOUBLE = Type("double")
STRING = Type("string")
BYTES = Type("bytes")
NULL = Type("null_type")
TIMESTAMP = Type("google.protobuf.Timestamp")
DURATION = Type("google.protobuf.Duration")
TYPE = Type("type")


def list_of(element: Type) -> ListType:
    """Returns the type of lists of `element`."""
    return ListType(f"list({element.name})", element)


def map_of(key: Type, value: Type) -> MapType:
    """Returns the type of maps from `key` to `value`."""
    return MapType(f"map({key.name}, {value.name})", key, value)
