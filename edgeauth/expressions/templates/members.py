"""Chains of members: `.Subject.Attributes.realm.roles`.

Declared members are found at load; what comes after a map is looked up when it is there.
Trust: names come from the template, values from requests; errors hold names and types only.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.check import optional, unknown_member
from edgeauth.expressions.templates.syntax import Name
from edgeauth.expressions.templates.values import Instance, type_name
from edgeauth.expressions.types import DYN, MapType, Method, ObjectType, Type

Read = Callable[..., object]


class Path(NamedTuple):
    """A chain after its names were looked up.

    Attributes:
        reads: the declared members, from the first to the last.
        method: the method that the chain ends with, if it wants arguments or is the last name.
        names: what is looked up in maps, after `reads`.
        type: the type of the end.
    """

    reads: tuple[Read, ...]
    method: Method | None
    names: tuple[str, ...]
    type: Type


def resolve(kind: Type, names: tuple[Name, ...]) -> Path:
    """Finds the declared members that a chain on a value of a type goes through.

    Raises:
        ExpressionError: a member that the type does not have.
    """
    reads: list[Read] = []
    for position, name in enumerate(names):
        if not isinstance(kind, ObjectType):
            return _lookups(kind, names[position:], tuple(reads))
        field = kind.fields.get(name.text)
        if field is not None:
            reads.append(field.read)
            kind = field.type
            continue
        method = kind.methods.get(name.text)
        if method is None and kind.others is not None and not misspelt(kind, name.text):
            return _other(kind, names[position:], reads)
        last = position == len(names) - 1
        if method is None or (method.parameters and not last):
            raise unknown_member(kind, name)
        if last:
            return Path(tuple(reads), method, (), method.result)
        reads.append(method.call)
        kind = method.result
    return Path(tuple(reads), None, (), kind)


def _other(kind: ObjectType, names: tuple[Name, ...], reads: list[Read]) -> Path:
    """Goes on at a member that an instance may or may not have; what is not there is nil."""
    if kind.others is None:  # pragma: no cover - the caller has looked
        raise unknown_member(kind, names[0])
    inner, find = kind.others
    name = names[0].text
    rest = resolve(inner, names[1:])
    if rest.method is not None and rest.method.parameters:
        raise unknown_member(inner, names[-1])

    def read(value: object) -> object:
        found = find(value, name)
        if found is None:
            return None
        for step in rest.reads:
            found = step(found)
        if rest.method is not None:
            return wrapped(rest.type, rest.method.call(found))
        return look_up(found, rest.names) if rest.names else wrapped(rest.type, found)

    return Path((*reads, read), None, (), optional(rest.type))


def misspelt(kind: ObjectType, name: str) -> bool:
    """Returns whether a name is a declared member but for its case."""
    lowered = name.lower()
    return any(lowered == known.lower() for known in (*kind.fields, *kind.methods))


def _lookups(kind: Type, names: tuple[Name, ...], reads: tuple[Read, ...]) -> Path:
    for name in names:
        if isinstance(kind, MapType):
            kind = optional(kind.value)
        elif kind.name != "dyn":
            raise unknown_member(kind, name)
    return Path(reads, None, tuple(name.text for name in names), kind)


def look_up(value: object, names: tuple[str, ...]) -> object:
    """Returns what is found along the names; nil as soon as a map does not have one.

    Raises:
        EvaluationError: a name on something that is neither a map nor an object, nil included.
    """
    for name in names:
        # Most data are plain dictionaries; asking Mapping takes ten times as long.
        if type(value) is dict or isinstance(value, Mapping):
            if name not in value:
                return None
            value = value[name]
        elif isinstance(value, Instance):
            value = _member(value, name)
        elif value is None:
            raise EvaluationError(f'nil has no member "{name}"')
        else:
            raise EvaluationError(f'a {type_name(value)} has no member "{name}"')
    return value


def wrapped(kind: Type, value: object) -> object:
    """Returns the value as it is seen by templates: objects with their type."""
    return Instance(kind, value) if isinstance(kind, ObjectType) else value


def _member(instance: Instance, name: str) -> object:
    """Reads a member of an object whose type was not known at load."""
    field = instance.type.fields.get(name)
    if field is not None:
        return wrapped(field.type, field.read(instance.object))
    method = instance.type.methods.get(name)
    if method is not None and not method.parameters:
        return wrapped(method.result, method.call(instance.object))
    others = instance.type.others
    if method is not None or others is None or misspelt(instance.type, name):
        raise EvaluationError(f'{instance.type.name} has no member "{name}"')
    found = others.find(instance.object, name)
    return None if found is None else wrapped(others.type, found)


def element_default(kind: Type) -> object:
    """Returns what `index` gives for a key that a map of this type does not have."""
    if isinstance(kind, MapType) and kind.value is not DYN:
        return "" if kind.value.name == "string" else ()
    return None
