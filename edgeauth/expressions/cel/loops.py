"""Compiles the macros over lists and maps, each within the budget of the evaluation.

Source:
    CEL language definition, section "Macros": `all` and `exists` absorb failures as `&&` and
    `||` do; the others do not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edgeauth.expressions.cel.code import MAX_STEPS, STEPS, Code, Frame, Run
from edgeauth.expressions.cel.functions.lists import sort_by
from edgeauth.expressions.cel.syntax import Quantifier
from edgeauth.expressions.cel.values import from_key, to_key
from edgeauth.expressions.errors import EvaluationError


def _elements(value: object, frame: Frame) -> Sequence[object]:
    elements = _sequence(value)
    _spend(frame, len(elements))
    return elements


def _sequence(value: object) -> Sequence[object]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Mapping):
        return [from_key(key) for key in value]
    raise EvaluationError("a macro needs a list or map")


def _spend(frame: Frame, steps: int) -> None:
    left = frame.get(STEPS, MAX_STEPS) - steps  # type: ignore[operator]  # ours, an int
    if left < 0:
        raise EvaluationError("the condition takes too many steps")
    frame[STEPS] = left


def metered(operand: Code) -> Code:
    """Returns an operand within a macro that pays for the size of its value.

    Otherwise `a.all(x, x in b)` over two long lists of a request would take minutes.
    """
    if operand.is_constant:
        return operand
    inner = operand.run

    def run(frame: Frame) -> object:
        value = inner(frame)
        if isinstance(value, str | bytes):
            steps = len(value) >> 10
        elif isinstance(value, list | tuple | dict):
            steps = len(value) >> 5
        else:
            return value
        if steps:
            _spend(frame, steps)
        return value

    return Code(run)


def _boolean(value: object) -> bool:
    if value is True or value is False:
        return value
    raise EvaluationError("a macro needs booleans")


def checked(predicate: Run) -> Run:
    """Returns a predicate that gives a boolean or fails."""
    return lambda frame: _boolean(predicate(frame))


def _quantified(source: Run, place: str, predicate: Run, *, decisive: bool) -> Run:
    def run(frame: Frame) -> object:
        failure: EvaluationError | None = None
        value = source(frame)
        # The most frequent of all macros, over a plain list: without a call for what is plain.
        elements = value if type(value) is list else _sequence(value)
        _spend(frame, len(elements))
        for element in elements:
            frame[place] = element
            try:
                if predicate(frame) is decisive:
                    return decisive
            except EvaluationError as error:
                failure = error
        if failure is not None:
            raise failure
        return not decisive

    return run


def _all(source: Run, place: str, predicate: Run) -> Run:
    return _quantified(source, place, predicate, decisive=False)


def _exists(source: Run, place: str, predicate: Run) -> Run:
    return _quantified(source, place, predicate, decisive=True)


def _exists_one(source: Run, place: str, predicate: Run) -> Run:
    def run(frame: Frame) -> object:
        count = 0
        for element in _elements(source(frame), frame):
            frame[place] = element
            count += predicate(frame) is True
        return count == 1

    return run


def _filter(source: Run, place: str, predicate: Run) -> Run:
    def run(frame: Frame) -> object:
        found = []
        for element in _elements(source(frame), frame):
            frame[place] = element
            if predicate(frame):
                found.append(element)
        return found

    return run


_PLAIN: Final[Mapping[Quantifier, Callable[[Run, str, Run], Run]]] = {
    "all": _all,
    "exists": _exists,
    "exists_one": _exists_one,
    "filter": _filter,
}


def loop(quantifier: Quantifier, source: Run, place: str, predicate: Run) -> Run:
    """Returns the closure of `all`, `exists`, `exists_one` or `filter`.

    Args:
        quantifier: which one.
        source: gives the list or map.
        place: of the variable, in the frame.
        predicate: is evaluated for each element; gives a boolean or fails.
    """
    return _PLAIN[quantifier](source, place, predicate)


def holding(source: Run, wanted: str) -> Run:
    """Returns the closure of `exists(x, x == wanted)`: a text equals nothing but a text."""

    def run(frame: Frame) -> object:
        value = source(frame)
        elements = value if type(value) is list else _sequence(value)
        _spend(frame, len(elements))
        return wanted in elements

    return run


def _mapped(source: Run, place: str, predicate: Run | None, transform: Run) -> Run:
    def run(frame: Frame) -> object:
        found = []
        for element in _elements(source(frame), frame):
            frame[place] = element
            if predicate is None or _boolean(predicate(frame)):
                found.append(transform(frame))
        return found

    return run


def pairs(source: Run) -> Run:
    """Returns the closure that gives what macros with two variables go through.

    Of a list that is each index with its element, of a map each key with its value.
    """

    def run(frame: Frame) -> object:
        value = source(frame)
        if isinstance(value, Mapping):
            return [(from_key(key), element) for key, element in value.items()]
        if isinstance(value, list | tuple):
            return list(enumerate(value))
        raise EvaluationError("a macro needs a list or map")

    return run


def _mapped_values(source: Run, place: str, predicate: Run | None, transform: Run) -> Run:
    def run(frame: Frame) -> object:
        found: dict[object, object] = {}
        for pair in _elements(source(frame), frame):
            frame[place] = pair
            if predicate is None or _boolean(predicate(frame)):
                found[to_key(pair[0])] = transform(frame)  # type: ignore[index]  # of `pairs`
        return found

    return run


def _mapped_entries(source: Run, place: str, predicate: Run | None, transform: Run) -> Run:
    def run(frame: Frame) -> object:
        found: dict[object, object] = {}
        for pair in _elements(source(frame), frame):
            frame[place] = pair
            if predicate is None or _boolean(predicate(frame)):
                entries: dict[object, object] = transform(frame)  # type: ignore[assignment]
                if not found.keys().isdisjoint(entries):
                    raise EvaluationError("transformMapEntry: the same key twice")
                found.update(entries)
        return found

    return run


_TRANSFORMATIONS: Final[Mapping[Quantifier, Callable[[Run, str, Run | None, Run], Run]]] = {
    "map": _mapped,
    "transformMap": _mapped_values,
    "transformMapEntry": _mapped_entries,
}


def transformation(
    quantifier: Quantifier, source: Run, place: str, predicate: Run | None, transform: Run
) -> Run:
    """Returns the closure of a macro that makes something of each element.

    Args:
        quantifier: which one.
        source: gives the list or map.
        place: of the variable, in the frame.
        predicate: lets an element through; None lets all through.
        transform: what is made of it; of `sortBy` its key.
    """
    if quantifier == "sortBy":
        return _sorted_by(source, place, transform)
    return _TRANSFORMATIONS[quantifier](source, place, predicate, transform)


def _sorted_by(source: Run, place: str, key: Run) -> Run:
    def run(frame: Frame) -> object:
        listed = source(frame)
        if not isinstance(listed, list | tuple):
            raise EvaluationError("sortBy needs a list")
        elements = _elements(listed, frame)
        keys = []
        for element in elements:
            frame[place] = element
            keys.append(key(frame))
        return sort_by(elements, keys)

    return run
