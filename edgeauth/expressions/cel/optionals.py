"""Compiles optional values: `?.`, `[?]`, `optMap`, and optional items of literals.

Source:
    github.com/google/cel-spec, proposal 246 and the cases of `optionals`.
"""

from collections.abc import Iterator, Sequence

from edgeauth.expressions.cel.code import Code, Frame, Run
from edgeauth.expressions.cel.elements import maybe_at, maybe_field
from edgeauth.expressions.cel.members import find_other
from edgeauth.expressions.cel.values import NONE, Optional
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import ListType, ObjectType, Type


def select(operand: Code, kind: Type, field: str) -> Run:
    """Returns the closure of `operand.?field`."""
    inner = operand.run
    if not isinstance(kind, ObjectType):
        return lambda frame: maybe_field(inner(frame), field)
    found = kind.fields.get(field)
    if found is not None:
        read = found.read
        return lambda frame: Optional((read(inner(frame)),))
    find = find_other(kind)

    def run(frame: Frame) -> object:
        value = find(inner(frame), field)
        return NONE if value is None else Optional((value,))

    return run


def index(operand: Code, kind: Type, place: Code) -> Run:
    """Returns the closure of `operand[?place]`."""
    if isinstance(place.value, str) and not isinstance(kind, ListType):
        return select(operand, kind, place.value)
    inner, find = operand.run, place.run
    return lambda frame: maybe_at(inner(frame), find(frame))


def mapped(operand: Run, place: str, body: Run, *, flat: bool) -> Run:
    """Returns the closure of `optMap` and of `optFlatMap`."""

    def run(frame: Frame) -> object:
        value = operand(frame)
        if type(value) is not Optional:
            raise EvaluationError("not an optional value")
        if not value.content:
            return NONE
        frame[place] = value.content[0]
        found = body(frame)
        if not flat:
            return Optional((found,))
        if type(found) is not Optional:
            raise EvaluationError("optFlatMap: not an optional value")
        return found

    return run


def items(runs: Sequence[Run], optional: frozenset[int]) -> Run:
    """Returns the closure of a list of which the items at some places may be none."""

    def run(frame: Frame) -> object:
        found: list[object] = []
        for place, item in enumerate(runs):
            value = item(frame)
            if place in optional:
                found.extend(_content(value))
            else:
                found.append(value)
        return found

    return run


def entries(
    pairs: Sequence[tuple[Run, Run]], optional: frozenset[int], frame: Frame
) -> Iterator[tuple[object, object]]:
    """Yields the keys and values of a map, without the entries that are none."""
    for place, (key, value) in enumerate(pairs):
        name = key(frame)
        if place not in optional:
            yield name, value(frame)
            continue
        for content in _content(value(frame)):
            yield name, content


def _content(value: object) -> tuple[object, ...]:
    if type(value) is Optional:
        return value.content
    raise EvaluationError("?: not an optional value")
