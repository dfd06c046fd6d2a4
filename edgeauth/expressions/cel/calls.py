"""Compiles calls: directly where the types are certain, else by looking at the arguments."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from edgeauth.expressions.cel.assignability import is_certain
from edgeauth.expressions.cel.code import Code, Frame, Run, folded
from edgeauth.expressions.cel.functions import FUNCTIONS, METHODS
from edgeauth.expressions.cel.functions.overload import Implementation, Overload
from edgeauth.expressions.cel.values import KINDS, LIST, MAP, has_type
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import Type


def call(
    overloads: tuple[Overload, ...], arguments: tuple[Code, ...], types: Sequence[Type], offset: int
) -> Code:
    """Returns the code of a call.

    Args:
        overloads: those that the arguments may fit; at least one.
        arguments: the receiver of a method first.
        types: the static types of the arguments.
        offset: of the call, for messages.

    Raises:
        ExpressionError: a constant argument is not what the function needs.
    """
    first = overloads[0]
    if first.prepare is not None:
        return Code(_prepared(first, first.prepare, arguments, types, offset))
    if first.lazy:
        run = _lazy(first, arguments)
    elif len(overloads) == 1 and all(map(is_certain, types, first.parameters)):
        run = direct(first.call, arguments)
    elif len(arguments) == 1 and types[0].name == "dyn" and len(overloads) > 1:
        run = _by_kind(first.name, arguments[0].run, method=first.method)
    else:
        run = _guarded(overloads, tuple(argument.run for argument in arguments))
        if len(overloads) == 1 and len(arguments) == 2:
            run = _quick(first, arguments, types, run)
    code = folded(run, arguments)
    if first.converts and arguments[0].is_constant and not code.is_constant:
        raise _failure(code.run, offset)
    return code


def _failure(run: Run, offset: int) -> ExpressionError:
    try:
        run({})
    except EvaluationError as error:
        return ExpressionError(str(error), offset)
    raise AssertionError("a constant that has a value was not folded")


def _prepared(
    row: Overload,
    prepare: Implementation,
    arguments: tuple[Code, ...],
    kinds: Sequence[Type],
    offset: int,
) -> Run:
    second = arguments[1]
    if not second.is_constant or not has_type(second.value, row.parameters[1]):
        raise ExpressionError(f'the pattern of "{row.name}" is a constant', offset)
    try:
        ready = prepare(second.value)
    except EvaluationError as error:
        raise ExpressionError(str(error), offset) from None
    call, first, wanted = row.call, arguments[0].run, row.parameters[0]
    if len(arguments) > 2:
        rest = tuple(argument.run for argument in arguments[2:])
        return _guarded_prepared(row, ready, (first, *rest))
    if is_certain(kinds[0], wanted):
        return lambda frame: call(first(frame), ready)

    def run(frame: Frame) -> object:
        value = first(frame)
        if has_type(value, wanted):
            return call(value, ready)
        raise EvaluationError(f"{row.name}: not defined for this type")

    return run


def _guarded_prepared(row: Overload, ready: object, runs: tuple[Run, ...]) -> Run:
    parameters = (row.parameters[0], *row.parameters[2:])

    def run(frame: Frame) -> object:
        first, *rest = [argument(frame) for argument in runs]
        if all(map(has_type, (first, *rest), parameters)):
            return row.call(first, ready, *rest)
        raise EvaluationError(f"{row.name}: not defined for these types")

    return run


def _lazy(row: Overload, arguments: tuple[Code, ...]) -> Run:
    first, second = arguments[0].run, arguments[1].run

    def run(frame: Frame) -> object:
        value = first(frame)
        if has_type(value, row.parameters[0]):
            return row.call(value, lambda: second(frame))
        raise EvaluationError(f"{row.name}: not defined for this type")

    return run


def direct(implementation: Implementation, arguments: tuple[Code, ...]) -> Run:
    """Returns the closure that calls without looking at what it passes."""
    runs = tuple(argument.run for argument in arguments)
    place = arguments[0].place if arguments else ""
    if len(runs) == 2 and arguments[1].is_constant and place:
        value = arguments[1].value
        return lambda frame: implementation(frame[place], value)
    if len(runs) == 1:
        (first,) = runs
        return lambda frame: implementation(first(frame))
    if len(runs) == 2:
        first, second = runs
        if arguments[1].is_constant:
            value = arguments[1].value
            return lambda frame: implementation(first(frame), value)
        return lambda frame: implementation(first(frame), second(frame))
    return lambda frame: implementation(*[run(frame) for run in runs])


def _by_kind(name: str, argument: Run, *, method: bool) -> Run:
    quick = _implementations(name, method=method)

    def run(frame: Frame) -> object:
        value = argument(frame)
        found = quick.get(type(value))
        if found is not None:
            return found(value)
        if dict in quick and isinstance(value, Mapping):
            return quick[dict](value)
        raise EvaluationError(f"{name}: not defined for this type")

    return run


@cache
def _implementations(name: str, *, method: bool) -> Mapping[type, Implementation]:
    """One argument of unknown type: its class tells the implementation."""
    rows = [row for row in (METHODS if method else FUNCTIONS)[name] if row.taking(1)]
    return {
        python: row.call
        for python, kind in KINDS.items()
        for row in reversed(rows)
        if is_certain(kind, row.parameters[0])
    }


_CLASSES: Final[Mapping[str, type]] = {
    kind.name: python
    for python, kind in KINDS.items()
    if kind.name not in (LIST.name, MAP.name, "type")
}
"""The one class that the values of a kind have; lists and maps have several."""


def _quick(row: Overload, arguments: tuple[Code, ...], types: Sequence[Type], guarded: Run) -> Run:
    """Looks at the class of the first of two arguments when the second is certain."""
    python = _CLASSES.get(row.parameters[0].name)
    if python is None or not is_certain(types[1], row.parameters[1]):
        return guarded
    call, first, second = row.call, arguments[0].run, arguments[1]
    if not second.is_constant:
        return guarded
    value = second.value

    def run(frame: Frame) -> object:
        receiver = first(frame)
        if type(receiver) is python:
            return call(receiver, value)
        raise EvaluationError(f"{row.name}: not defined for these types")

    return run


def _guarded(overloads: tuple[Overload, ...], runs: tuple[Run, ...]) -> Run:
    name = overloads[0].name

    def run(frame: Frame) -> object:
        values = [argument(frame) for argument in runs]
        for row in overloads:
            if all(map(has_type, values, row.parameters)):
                return row.call(*values)
        raise EvaluationError(f"{name}: not defined for these types")

    return run
