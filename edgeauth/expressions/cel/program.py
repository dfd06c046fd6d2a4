"""Conditions and programs: texts that were compiled once, and are evaluated per request."""

from collections.abc import Mapping
from functools import lru_cache

from edgeauth.expressions.cel.check import check
from edgeauth.expressions.cel.code import MAX_STEPS, STEPS, Frame, Run
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

    __slots__ = ("_declarations", "_loops", "_run", "text", "type", "variables")

    def __init__(self, text: str, declarations: Declarations) -> None:
        shape = known_shape(text, declarations)
        self._run: Run | None = None
        if shape is None:
            self._run, shape = _compiled(text, declarations)
        self._declarations = declarations
        self.text = text
        self.type, self.variables, self._loops = shape

    def evaluate(self, scope: Mapping[str, object]) -> object:
        """Returns the value for one request.

        Args:
            scope: the root variables by name; at least those in `variables`.

        Raises:
            EvaluationError: there is no value.
        """
        frame: Frame
        if self._loops:
            frame = {**scope, STEPS: MAX_STEPS}
        else:
            frame = scope if type(scope) is dict else {**scope}
        try:
            if self._run is None:
                self._run = _compiled(self.text, self._declarations)[0]
            return self._run(frame)
        except EvaluationError:
            raise
        # Nothing of this should happen: it is a bug of ours, or a scope that is not what was
        # declared. It is a "could not tell" all the same, and its text may hold data.
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise EvaluationError(f"the evaluation broke ({type(error).__name__})") from None
        except RecursionError:
            raise EvaluationError("the data is nested too deeply") from None


class Condition:
    """A compiled expression that is true or false.

    Attributes:
        text: as it was written.
        variables: the names of the root variables that it reads.
    """

    __slots__ = ("_program", "text", "variables")

    def __init__(self, program: Program) -> None:
        self._program = program
        self.text = program.text
        self.variables = program.variables

    def evaluate(self, scope: Mapping[str, object]) -> bool:
        """Returns whether the condition holds for one request.

        Args:
            scope: the root variables by name; at least those in `variables`.

        Raises:
            EvaluationError: nobody can tell; no request may pass because of it.
        """
        value = self._program.evaluate(scope)
        if value is True or value is False:
            return value
        raise EvaluationError("the condition is neither true nor false")


def _compiled(text: str, declarations: Declarations) -> tuple[Run, Shape]:
    tree = parse(text)
    meaning = check(tree, declarations.variables)
    run, shape = compile_tree(tree, meaning).run, read_shape(tree, meaning)
    if not meaning.strings_matter:
        remember_shape(text, declarations, shape)
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
    program = Program(text, declarations)
    if program.type.name == BOOL.name:
        return Condition(program)
    hint = 'compare it, e.g. "... == true"' if program.type.name == "dyn" else ""
    raise ExpressionError(f"the result is {program.type.name}, not bool", 0, hint)
