"""Conditions and programs: texts that were compiled once, and are evaluated per request."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from edgeauth.expressions.cel.check import check
from edgeauth.expressions.cel.code import MAX_STEPS, STEPS, Run
from edgeauth.expressions.cel.compile import compile_tree
from edgeauth.expressions.cel.parser import parse
from edgeauth.expressions.cel.shapes import (
    REMEMBERED,
    Shape,
    known_shape,
    read_shape,
    remember_shape,
)
from edgeauth.expressions.declarations import Declarations, declare
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import BOOL, Type


class Program:
    """An expression that compiles.

    Where another one of its shape did, the closures are made when they are needed first: most
    rules of a large set wait long for a request.

    Attributes:
        text: as it was written.
        type: the static type of its value; `dyn` when only the evaluation tells.
        variables: the names of the root variables that it reads.
    """

    __slots__ = ("_declarations", "_run", "text", "type", "variables")

    def __init__(self, text: str, declarations: Declarations) -> None:
        shape = known_shape(text, declarations)
        self._run: Run | None = None
        if shape is None:
            self._run, shape = _compiled(text, declarations)
        self._declarations = declarations
        self.text = text
        self.type, self.variables = shape

    def evaluate(self, scope: dict[str, object]) -> object:
        """Returns the value for one request.

        Args:
            scope: the root variables by name; at least those in `variables`.

        Raises:
            EvaluationError: there is no value.
        """
        try:
            return (self._run or self._made_ready())(scope)
        except _BUGS as error:
            raise _broken(error) from None

    def _made_ready(self) -> Run:
        self._run, _ = _compiled(self.text, self._declarations)
        return self._run


class Condition(Program):
    """A compiled expression that is true or false."""

    __slots__ = ()

    def evaluate(self, scope: dict[str, object]) -> bool:
        """Returns whether the condition holds for one request.

        Args:
            scope: the root variables by name; at least those in `variables`.

        Raises:
            EvaluationError: nobody can tell; no request may pass because of it.
        """
        try:
            value = (self._run or self._made_ready())(scope)
        except _BUGS as error:
            raise _broken(error) from None
        if value is True or value is False:
            return value
        raise EvaluationError("the condition is neither true nor false")


_BUGS: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def _broken(error: Exception) -> EvaluationError:
    if isinstance(error, RecursionError):
        return EvaluationError("the data is nested too deeply")
    # Nothing of this should happen: it is a bug of ours, or a scope that is not what was
    # declared. It is a "could not tell" all the same, and its text may hold data.
    return EvaluationError(f"the evaluation broke ({type(error).__name__})")


def _compiled(text: str, declarations: Declarations) -> tuple[Run, Shape]:
    tree = parse(text)
    meaning = check(tree, declarations.variables)
    run, shape = compile_tree(tree, meaning).run, read_shape(tree, meaning)
    if not meaning.strings_matter:
        remember_shape(text, declarations, shape)
    if any(place.startswith("@") for place in meaning.places.values()):
        # Macros take room in the frame, and their steps are counted.
        return lambda scope: run({**scope, STEPS: MAX_STEPS}), shape
    return run, shape


def compile_expression(text: str, variables: Mapping[str, Type] | Declarations) -> Program:
    """Returns the compiled form of an expression of any type; the same text is compiled once.

    Args:
        text: CEL, at most 16 KiB.
        variables: what it may name, with its types (`edgeauth.expressions.objects.VARIABLES`).

    Raises:
        ExpressionError: it does not compile.
    """
    return _program(text, declare(variables))


def compile_condition(text: str, variables: Mapping[str, Type] | Declarations) -> Condition:
    """Returns the compiled form of a condition; the same text is compiled once.

    Args:
        text: CEL, at most 16 KiB; its type must be known to be bool.
        variables: what it may name, with its types (`edgeauth.expressions.objects.VARIABLES`).

    Raises:
        ExpressionError: it does not compile, or may be something else than a boolean.
    """
    return _condition(text, declare(variables))


@lru_cache(maxsize=REMEMBERED)
def _program(text: str, declarations: Declarations) -> Program:
    return Program(text, declarations)


@lru_cache(maxsize=REMEMBERED)
def _condition(text: str, declarations: Declarations) -> Condition:
    condition = Condition(text, declarations)
    if condition.type.name == BOOL.name:
        return condition
    hint = 'compare it, e.g. "... == true"' if condition.type.name == "dyn" else ""
    raise ExpressionError(f"the result is {condition.type.name}, not bool", 0, hint)
