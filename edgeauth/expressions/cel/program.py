"""Conditions and programs: texts that were compiled once, and are evaluated per request."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from edgeauth.expressions.cel.check import check
from edgeauth.expressions.cel.code import MAX_STEPS, STEPS, Frame
from edgeauth.expressions.cel.compile import compile_tree
from edgeauth.expressions.cel.parser import parse
from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.types import BOOL, Type

_REMEMBERED: Final = 16_384
"""How many distinct texts stay compiled."""


class Program:
    """A compiled expression.

    Attributes:
        text: as it was written.
        type: the static type of its value; `dyn` when only the evaluation tells.
        variables: the names of the root variables that it reads.
    """

    __slots__ = ("_loops", "_run", "text", "type", "variables")

    def __init__(self, text: str, declared: Mapping[str, Type]) -> None:
        tree = parse(text)
        meaning = check(tree, declared)
        self.text = text
        self.type = meaning.types[tree]
        self.variables = frozenset(meaning.roots)
        self._run = compile_tree(tree, meaning).run
        self._loops = any(place.startswith("@") for place in meaning.places.values())

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


class _Declarations:
    """Variables with their types as a key of the cache: equal for the same type objects."""

    __slots__ = ("_key", "variables")

    def __init__(self, variables: Mapping[str, Type]) -> None:
        self.variables = dict(variables)
        self._key = frozenset((name, id(kind)) for name, kind in self.variables.items())

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Declarations) and other._key == self._key


def compile_expression(text: str, variables: Mapping[str, Type]) -> Program:
    """Returns the compiled form of an expression of any type; the same text is compiled once.

    Args:
        text: CEL, at most 16 KiB.
        variables: what it may name, with its types (`edgeauth.expressions.objects.VARIABLES`).

    Raises:
        ExpressionError: it does not compile.
    """
    return _program(text, _Declarations(variables))


def compile_condition(text: str, variables: Mapping[str, Type]) -> Condition:
    """Returns the compiled form of a condition; the same text is compiled once.

    Args:
        text: CEL, at most 16 KiB; its type must be known to be bool.
        variables: what it may name, with its types (`edgeauth.expressions.objects.VARIABLES`).

    Raises:
        ExpressionError: it does not compile, or may be something else than a boolean.
    """
    return _condition(text, _Declarations(variables))


@lru_cache(maxsize=_REMEMBERED)
def _program(text: str, declarations: _Declarations) -> Program:
    return Program(text, declarations.variables)


@lru_cache(maxsize=_REMEMBERED)
def _condition(text: str, declarations: _Declarations) -> Condition:
    program = Program(text, declarations.variables)
    if program.type.name == BOOL.name:
        return Condition(program)
    hint = 'compare it, e.g. "... == true"' if program.type.name == "dyn" else ""
    raise ExpressionError(f"the result is {program.type.name}, not bool", 0, hint)
