"""Compiles the access to members: of maps by key, of objects through their tables only."""

from collections.abc import Callable, Mapping

from edgeauth.expressions.cel.code import Code, Frame, Run
from edgeauth.expressions.cel.elements import at, maybe_field
from edgeauth.expressions.cel.values import Optional
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.map_keys import key_reader
from edgeauth.expressions.types import ListType, ObjectType, Type


def select(operand: Code, kind: Type, field: str) -> Run:
    """Returns the closure of `operand.field`.

    Args:
        operand: gives the map or object.
        kind: its static type, which has the member or may have it.
        field: its name.
    """
    if isinstance(kind, ObjectType):
        found = kind.fields.get(field)
        if found is not None:
            return _field(operand, found.read)
        return _other(operand.run, kind, field)
    return keys(operand, (field,))


def _field(operand: Code, read: Callable[..., object]) -> Run:
    inner, place = operand.run, operand.place
    if place:
        return lambda frame: read(frame[place])
    return lambda frame: read(inner(frame))


def _other(inner: Run, kind: ObjectType, field: str) -> Run:
    find = find_other(kind)

    def run(frame: Frame) -> object:
        value = find(inner(frame), field)
        if value is None:
            raise EvaluationError(f'{kind.name} has no member "{field}"')
        return value

    return run


def find_other(kind: ObjectType) -> Callable[..., object]:
    """Returns what finds members whose names are not declared."""
    return kind.others.find if kind.others is not None else _nothing


def _nothing(_: object, __: str) -> None:
    return None


def keys(operand: Code, fields: tuple[str, ...]) -> Run:
    """Returns the closure of `operand.a.b`, where `a` and what follows are keys of maps."""
    return key_reader(operand.run, fields, _look_up)


def _look_up(container: object, fields: tuple[str, ...]) -> object:
    for field in fields:
        if isinstance(container, Mapping):
            if field not in container:
                raise EvaluationError(f'no such key "{field}"')
            container = container[field]
        elif type(container) is Optional:
            container = maybe_field(container, field)
        else:
            raise EvaluationError(f'"{field}" is asked of what is no map')
    return container


def has(operand: Code, kind: Type, field: str) -> Run:
    """Returns the closure of `has(operand.field)`: the key is there, the member is not empty."""
    inner = operand.run
    if isinstance(kind, ObjectType):
        found = kind.fields.get(field)
        if found is not None:
            read = found.read
            return lambda frame: bool(read(inner(frame)))
        find = find_other(kind)
        return lambda frame: find(inner(frame), field) is not None

    def run(frame: Frame) -> object:
        container = inner(frame)
        if isinstance(container, Mapping):
            return field in container
        if type(container) is Optional:
            return bool(maybe_field(container, field).content)
        raise EvaluationError(f'has: "{field}" is asked of what is no map')

    return run


def index(operand: Code, kind: Type, place: Code) -> Run:
    """Returns the closure of `operand[place]`.

    Args:
        operand: gives the list, map or object.
        kind: its static type.
        place: gives the index or key; of an object, a constant name.
    """
    if isinstance(place.value, str) and not isinstance(kind, ListType):
        return select(operand, kind, place.value)
    inner, find = operand.run, place.run
    return lambda frame: at(inner(frame), find(frame))
