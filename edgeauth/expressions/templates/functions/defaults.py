"""Functions that choose between values, or refuse to go on."""

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.values import is_true


def _default(fallback: object, *given: object) -> object:
    return given[0] if given and is_true(given[0]) else fallback


def _empty(value: object) -> bool:
    return not is_true(value)


def _coalesce(*values: object) -> object:
    return next((value for value in values if is_true(value)), None)


def _all(*values: object) -> bool:
    return all(map(is_true, values))


def _any(*values: object) -> bool:
    return any(map(is_true, values))


def _ternary(when_true: object, when_false: object, test: object) -> object:
    return when_true if test else when_false


def _fail(_message: str) -> object:
    # The message may be made from request data, so it is not part of the error.
    raise EvaluationError("fail was called")


ANY, STRING, BOOL = Kind.ANY, Kind.STRING, Kind.BOOL
FUNCTIONS = (
    Function("default", (ANY,), _default, more=ANY),
    Function("empty", (ANY,), _empty, BOOL),
    Function("coalesce", (), _coalesce, more=ANY),
    Function("all", (), _all, BOOL, more=ANY),
    Function("any", (), _any, BOOL, more=ANY),
    Function("ternary", (ANY, ANY, BOOL), _ternary),
    Function("fail", (STRING,), _fail),
)
