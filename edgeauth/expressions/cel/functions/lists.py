"""The extension library for lists; `last` and `at` are the reference's own.

Source:
    github.com/google/cel-go/ext, lists; heimdall 0.17 for `last` and `at`.
"""

from collections.abc import Sequence
from functools import cmp_to_key
from typing import Final

from edgeauth.expressions.cel.functions.overload import ELEMENT, SAME, Overload
from edgeauth.expressions.cel.operators import comparison, contains
from edgeauth.expressions.cel.values import LIST, MAX_ELEMENTS, kind_of
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import DYN, INT, list_of

_less: Final = comparison("<")
MAX_COMPARISONS: Final = 1_000_000
"""Comparisons that one function over lists may take."""


def _slice(items: Sequence[object], start: int, end: int) -> Sequence[object]:
    if not 0 <= start <= end <= len(items):
        raise EvaluationError("slice: out of range")
    return items[start:end]


def _flatten(items: Sequence[object], depth: int = 1) -> list[object]:
    if depth < 0:
        raise EvaluationError("flatten: the depth is negative")
    found: list[object] = []
    pending: list[tuple[object, int]] = [(item, depth) for item in reversed(items)]
    while pending:
        item, left = pending.pop()
        if isinstance(item, list | tuple) and left > 0:
            pending.extend((inner, left - 1) for inner in reversed(item))
        else:
            found.append(item)
        if len(found) + len(pending) > MAX_ELEMENTS:
            raise EvaluationError("flatten: the result is too long")
    return found


def _range(count: int) -> list[object]:
    if count > MAX_ELEMENTS:
        raise EvaluationError("lists.range: the result is too long")
    return list(range(count))


def _distinct(items: Sequence[object]) -> list[object]:
    if all(type(item) is str for item in items):
        return list(dict.fromkeys(items))
    if len(items) ** 2 > 2 * MAX_COMPARISONS:
        raise EvaluationError("distinct: the list is too long")
    found: list[object] = []
    for item in items:
        if not contains(item, found):
            found.append(item)
    return found


def _order(left: object, right: object) -> int:
    return -1 if _less(left, right) else int(_less(right, left))


def _sort(items: Sequence[object]) -> list[object]:
    return sort_by(items, items)


def sort_by(items: Sequence[object], keys: Sequence[object]) -> list[object]:
    """Returns the items in the order of their keys, which are all of one kind.

    Raises:
        EvaluationError: the keys can not be ordered.
    """
    if len({kind_of(key) for key in keys}) > 1:
        raise EvaluationError("sort: the elements have different types")
    if len(keys) == 1:
        _less(keys[0], keys[0])
    order = cmp_to_key(_order)
    places = sorted(range(len(items)), key=lambda place: order(keys[place]))
    return [items[place] for place in places]


def _last(items: Sequence[object]) -> object:
    return items[-1] if items else None


def _at(items: Sequence[object], place: int) -> object:
    if not -len(items) <= place < len(items):
        raise EvaluationError("at: out of range")
    return items[place]


LIBRARY: Final = (
    Overload("slice", (LIST, INT, INT), SAME, _slice, "The elements between two.", method=True),
    Overload("flatten", (LIST,), LIST, _flatten, "The elements of inner lists.", method=True),
    Overload(
        "flatten",
        (LIST, INT),
        LIST,
        _flatten,
        "The elements of inner lists, down to a depth.",
        method=True,
    ),
    Overload("lists.range", (INT,), list_of(INT), _range, "The ints from 0 on, so many."),
    Overload("distinct", (LIST,), SAME, _distinct, "Each element once.", method=True),
    Overload(
        "reverse", (LIST,), SAME, lambda items: items[::-1], "The list backwards.", method=True
    ),
    Overload("sort", (LIST,), SAME, _sort, "The list in ascending order.", method=True),
    Overload("last", (LIST,), DYN, _last, "The last element; null if empty.", method=True),
    Overload(
        "at",
        (LIST, INT),
        ELEMENT,
        _at,
        "An element; a negative index counts from the end.",
        method=True,
    ),
)
