"""Compiles calls: arguments that are checked, functions of a known number of arguments."""

from collections.abc import Callable, Mapping

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.frame import Frame, Run
from edgeauth.expressions.templates.functions.table import Kind
from edgeauth.expressions.templates.kinds import TIME, VERSION
from edgeauth.expressions.templates.syntax import Literal
from edgeauth.expressions.templates.values import Instance, is_true
from edgeauth.expressions.types import ObjectType


def literal(operand: Literal, kind: Kind) -> Run:
    """Returns what gives a constant as a parameter of a kind wants it."""
    value: object = operand.value
    if kind is Kind.INT and operand.whole is not None:
        value = operand.whole
    elif kind is Kind.FLOAT and isinstance(value, (int, float)):
        value = float(value)
    return lambda _frame: value


def coercion(run: Run, kind: Kind, place: str) -> Run:
    """Returns what checks a value when it is there.

    Raises:
        EvaluationError: (when run) the value is not of the kind; the text names the parameter.
    """
    if kind is Kind.STRING:

        def text(frame: Frame) -> object:
            value = run(frame)
            if isinstance(value, str):
                return value
            raise EvaluationError(f"{place} is not a {kind.value}")

        return text
    convert = _CONVERSIONS[kind]

    def checked(frame: Frame) -> object:
        value = convert(run(frame))
        if value is None:
            raise EvaluationError(f"{place} is not a {kind.value}")
        return value

    return checked


def _integer(value: object) -> object:
    return value if type(value) is int else None


def _float(value: object) -> object:
    return value if isinstance(value, float) else None


def _boolean(value: object) -> object:
    return value if isinstance(value, bool) else None


def _map(value: object) -> object:
    if value is None:
        return {}
    return value if isinstance(value, Mapping) else None


def _instance(kind: ObjectType) -> Callable[[object], object]:
    return lambda value: value if isinstance(value, Instance) and value.type is kind else None


_CONVERSIONS: dict[Kind, Callable[[object], object]] = {
    Kind.INT: _integer,
    Kind.FLOAT: _float,
    Kind.BOOL: _boolean,
    Kind.MAP: _map,
    Kind.TIME: _instance(TIME),
    Kind.VERSION: _instance(VERSION),
}


def compiled(call: Callable[..., object], runs: tuple[Run, ...], *, metered: bool) -> Run:
    """Returns what calls a function with the values of its arguments, and pays for the result.

    Args:
        call: the implementation.
        runs: what gives the arguments.
        metered: whether the call may be repeated, so that its arguments are paid for as well.
    """
    if metered and len(runs) == 1:
        return _metered(call, runs[0])
    if metered or len(runs) > 2 or not runs:
        return _general(call, runs, metered=metered)
    if len(runs) == 1:
        only = runs[0]

        def unary(frame: Frame) -> object:
            result = call(only(frame))
            frame.charge(result)
            return result

        return unary
    first, second = runs

    def binary(frame: Frame) -> object:
        result = call(first(frame), second(frame))
        frame.charge(result)
        return result

    return binary


def _metered(call: Callable[..., object], only: Run) -> Run:
    def unary(frame: Frame) -> object:
        argument = only(frame)
        frame.charge(argument)
        result = call(argument)
        frame.charge(result)
        return result

    return unary


def _general(call: Callable[..., object], runs: tuple[Run, ...], *, metered: bool) -> Run:
    def run(frame: Frame) -> object:
        arguments = [argument(frame) for argument in runs]
        if metered:
            for argument in arguments:
                frame.charge(argument)
        result = call(*arguments)
        frame.charge(result)
        return result

    return run


def lazy(runs: tuple[Run, ...], *, until: bool) -> Run:
    """Returns `and` (until false) or `or` (until true): the first value that decides, or the last.

    What comes after the deciding value is not evaluated.
    """

    def run(frame: Frame) -> object:
        value: object = None
        for argument in runs:
            value = argument(frame)
            if is_true(value) is until:
                break
        frame.charge(None)
        return value

    return run
