"""Functions on lists. Each returns a new list; the one it was given stays as it is."""

from collections.abc import Sequence
from itertools import islice

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.arithmetic import to_int64
from edgeauth.expressions.templates.functions.strings import strings_of
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.limits import MAX_ITEMS
from edgeauth.expressions.templates.values import (
    Integers,
    Strings,
    deep_equal,
    is_true,
    type_name,
)


def elements(value: object, name: str) -> Sequence[object]:
    """Returns the elements of a list.

    Raises:
        EvaluationError: the value is no list; the text names the function.
    """
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    raise EvaluationError(f"{name}: not a list but {type_name(value)}")


def limited(items: list[object], name: str) -> list[object]:
    """Returns the list if it is not too long.

    Raises:
        EvaluationError: it is; the text names the function.
    """
    if len(items) > MAX_ITEMS:
        raise EvaluationError(f"{name}: the list is too long")
    return items


def _list(*values: object) -> list[object]:
    return list(values)


def _first(value: object) -> object:
    return next(iter(elements(value, "first")), None)


def _last(value: object) -> object:
    items = elements(value, "last")
    return items[-1] if items else None


def _rest(value: object) -> object:
    return list(islice(elements(value, "rest"), 1, None))


def _initial(value: object) -> object:
    return list(elements(value, "initial"))[:-1]


def _append(value: object, item: object) -> list[object]:
    return limited([*elements(value, "append"), item], "append")


def _prepend(value: object, item: object) -> list[object]:
    return limited([item, *elements(value, "prepend")], "prepend")


def _concat(*values: object) -> list[object]:
    return limited([item for value in values for item in elements(value, "concat")], "concat")


def _reverse(value: object) -> list[object]:
    return list(reversed(elements(value, "reverse")))


def _compact(value: object) -> list[object]:
    return [item for item in elements(value, "compact") if is_true(item)]


class _Seen:
    """Items that were met, so that equal ones are found without comparing all with all."""

    def __init__(self) -> None:
        self.scalars: set[tuple[str, object]] = set()
        self.others: list[object] = []

    def holds(self, item: object) -> bool:
        if item is None or isinstance(item, (str, int, float)):
            return (type_name(item), item) in self.scalars
        if len(self.others) > 1000:
            raise EvaluationError("too many values to compare")
        return any(deep_equal(item, other) for other in self.others)

    def add(self, item: object) -> None:
        if item is None or isinstance(item, (str, int, float)):
            self.scalars.add((type_name(item), item))
        else:
            self.others.append(item)


def _unique(value: object) -> list[object]:
    seen = _Seen()
    result: list[object] = []
    for item in elements(value, "uniq"):
        if not seen.holds(item):
            seen.add(item)
            result.append(item)
    return result


def _without(value: object, *unwanted: object) -> list[object]:
    seen = _Seen()
    for item in unwanted:
        seen.add(item)
    return [item for item in elements(value, "without") if not seen.holds(item)]


def _has(item: object, value: object) -> bool:
    if value is None:
        return False
    return any(deep_equal(item, other) for other in elements(value, "has"))


def _slice(value: object, *bounds: object) -> object:
    items = elements(value, "slice")
    if not items:
        return None
    start = to_int64(bounds[0]) if bounds else 0
    end = to_int64(bounds[1]) if len(bounds) > 1 else len(items)
    if not 0 <= start <= end <= len(items):
        raise EvaluationError("slice: the bounds are outside of the list")
    return items[start:end]


def _at_index(position: int, value: object) -> object:
    """Returns the element at a position, counted from the end when negative; nil of an empty list.

    Raises:
        EvaluationError: there is no element at that position.
    """
    items = elements(value, "atIndex")
    if not items:
        return None
    if not -len(items) <= position < len(items):
        raise EvaluationError("atIndex: there is no element at that position")
    return items[position]


def _chunk(size: int, value: object) -> list[object]:
    items = list(elements(value, "chunk"))
    if size <= 0:
        raise EvaluationError("chunk: the size is not positive")
    return [items[start : start + size] for start in range(0, len(items), size)]


def _sort_alpha(value: object) -> Strings:
    return Strings(["<nil>"] if value is None else sorted(strings_of(value)))


def _until(count: int) -> Integers:
    return _until_step(0, count, -1 if count < 0 else 1)


def _until_step(start: int, stop: int, step: int) -> Integers:
    if step == 0 or (stop < start) != (step < 0):
        return Integers()
    numbers = range(start, stop, step)
    if (stop - start) // step > MAX_ITEMS:
        raise EvaluationError("untilStep: the list is too long")
    return Integers(numbers)


def _sequence(*bounds: int) -> str:
    """Returns numbers with blanks: to an end, or from a start, or by a step between the two."""
    if not 0 < len(bounds) < 4:
        return ""
    start, end = (bounds[0] if len(bounds) > 1 else 1), bounds[-1]
    direction = -1 if end < start else 1
    step = bounds[1] if len(bounds) == 3 else direction
    return " ".join(map(str, _until_step(start, end + direction, step)))


ANY, INT, BOOL = Kind.ANY, Kind.INT, Kind.BOOL
FUNCTIONS = (
    Function("list", (), _list, more=ANY),
    Function("tuple", (), _list, more=ANY),
    *(Function(name, (ANY,), _first) for name in ("first", "mustFirst")),
    *(Function(name, (ANY,), _last) for name in ("last", "mustLast")),
    *(Function(name, (ANY,), _rest) for name in ("rest", "mustRest")),
    *(Function(name, (ANY,), _initial) for name in ("initial", "mustInitial")),
    *(Function(name, (ANY, ANY), _append) for name in ("append", "mustAppend", "push", "mustPush")),
    *(Function(name, (ANY, ANY), _prepend) for name in ("prepend", "mustPrepend")),
    Function("concat", (), _concat, more=ANY),
    *(Function(name, (ANY,), _reverse) for name in ("reverse", "mustReverse")),
    *(Function(name, (ANY,), _compact) for name in ("compact", "mustCompact")),
    *(Function(name, (ANY,), _unique) for name in ("uniq", "mustUniq")),
    *(Function(name, (ANY,), _without, more=ANY) for name in ("without", "mustWithout")),
    *(Function(name, (ANY, ANY), _has, BOOL) for name in ("has", "mustHas")),
    *(Function(name, (ANY,), _slice, more=ANY) for name in ("slice", "mustSlice")),
    *(Function(name, (INT, ANY), _chunk) for name in ("chunk", "mustChunk")),
    Function("atIndex", (INT, ANY), _at_index),
    Function("sortAlpha", (ANY,), _sort_alpha),
    Function("until", (INT,), _until),
    Function("untilStep", (INT, INT, INT), _until_step),
    Function("seq", (), _sequence, Kind.STRING, more=INT),
)
