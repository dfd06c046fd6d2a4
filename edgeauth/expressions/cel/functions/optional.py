"""Optional values.

Source:
    github.com/google/cel-go/cel, OptionalTypes; the cases of cel-spec `optionals`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.instants import Duration
from edgeauth.expressions.cel.values import LIST, MAX_ELEMENTS, NONE, OPTIONAL, Optional
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import BOOL, DYN


def _of(value: object) -> Optional:
    return Optional((value,))


def _of_non_zero(value: object) -> Optional:
    plain = isinstance(value, bool | int | float | str | bytes | list | tuple | Mapping)
    if value is None or (plain and not value) or value in (NONE, Duration(0)):
        return NONE
    return Optional((value,))


def _value(optional: Optional) -> object:
    if optional.content:
        return optional.content[0]
    raise EvaluationError("value: the optional value is none")


def _or(optional: Optional, other: Callable[[], object]) -> object:
    if optional.content:
        return optional
    found = other()
    if isinstance(found, Optional):
        return found
    raise EvaluationError("or: not an optional value")


def _or_value(optional: Optional, other: Callable[[], object]) -> object:
    return optional.content[0] if optional.content else other()


def _unwrap(items: Sequence[object]) -> list[object]:
    found: list[object] = []
    for item in items[:MAX_ELEMENTS]:
        if not isinstance(item, Optional):
            raise EvaluationError("optional.unwrap: not an optional value")
        found.extend(item.content)
    return found


_UNWRAP: Final = "The values of those elements that are not none."

LIBRARY: Final = (
    Overload("optional.of", (DYN,), OPTIONAL, _of, "The value, as an optional one."),
    Overload("optional.none", (), OPTIONAL, lambda: NONE, "The optional value that is none."),
    Overload(
        "optional.ofNonZeroValue",
        (DYN,),
        OPTIONAL,
        _of_non_zero,
        "The value; none for null, false, zero and whatever is empty.",
    ),
    Overload(
        "hasValue",
        (OPTIONAL,),
        BOOL,
        lambda optional: bool(optional.content),
        "Whether it is not none.",
        method=True,
    ),
    Overload("value", (OPTIONAL,), DYN, _value, "The value; an error if none.", method=True),
    Overload(
        "or",
        (OPTIONAL, OPTIONAL),
        OPTIONAL,
        _or,
        "This one, or the other if it is none; the other is evaluated only then.",
        method=True,
        lazy=True,
    ),
    Overload(
        "orValue",
        (OPTIONAL, DYN),
        DYN,
        _or_value,
        "The value, or the other if it is none; the other is evaluated only then.",
        method=True,
        lazy=True,
    ),
    Overload("optional.unwrap", (LIST,), LIST, _unwrap, _UNWRAP),
    Overload("unwrapOpt", (LIST,), LIST, _unwrap, _UNWRAP, method=True),
)
