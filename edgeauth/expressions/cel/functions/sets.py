"""The extension library for lists taken as sets.

Source:
    github.com/google/cel-go/ext, sets.
"""

from collections.abc import Sequence
from typing import Final

from edgeauth.expressions.cel.functions.lists import MAX_COMPARISONS
from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.operators import contains
from edgeauth.expressions.cel.values import LIST
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import BOOL


def _limit(items: Sequence[object], others: Sequence[object]) -> None:
    if len(items) * len(others) > MAX_COMPARISONS:
        raise EvaluationError("sets: the lists are too long")


def _contains(items: Sequence[object], others: Sequence[object]) -> bool:
    _limit(items, others)
    return all(contains(item, items) for item in others)


def _equivalent(items: Sequence[object], others: Sequence[object]) -> bool:
    return _contains(items, others) and _contains(others, items)


def _intersects(items: Sequence[object], others: Sequence[object]) -> bool:
    _limit(items, others)
    return any(contains(item, items) for item in others)


LIBRARY: Final = (
    Overload(
        "sets.contains", (LIST, LIST), BOOL, _contains, "Whether the first holds all of the second."
    ),
    Overload(
        "sets.equivalent", (LIST, LIST), BOOL, _equivalent, "Whether both hold the same elements."
    ),
    Overload("sets.intersects", (LIST, LIST), BOOL, _intersects, "Whether both share an element."),
)
