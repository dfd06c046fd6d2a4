"""What an expression is compiled to: a closure over the frame, or a constant.

The frame is the scope itself: variables by name. Variables of macros stand under `@0`, `@1`...,
one per depth, and the steps that are left under `STEPS`; neither is a name of the language.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias

from edgeauth.expressions.errors import EvaluationError

Frame: TypeAlias = dict[str, object]
Run: TypeAlias = Callable[[Frame], object]

STEPS: Final = "@steps"
"""Where in the frame the number of iterations stands that are left."""
MAX_STEPS: Final = 100_000
"""Iterations of all macros together, in one evaluation."""


class _Absent:
    __slots__ = ()


ABSENT: Final = _Absent()


class Code(NamedTuple):
    """A compiled expression.

    Attributes:
        run: gives the value for a frame, or raises `EvaluationError`.
        value: of a constant; `ABSENT` otherwise.
        place: of a variable, where it stands in the frame; empty otherwise. Whoever reads it
            there itself saves a call.
    """

    run: Run
    value: object = ABSENT
    place: str = ""

    @property
    def is_constant(self) -> bool:
        """Returns whether the value is known without a frame."""
        return self.value is not ABSENT


def constant(value: object) -> Code:
    """Returns the code of a constant."""
    return Code(lambda _: value, value)


def folded(run: Run, operands: Sequence[Code]) -> Code:
    """Returns code that was evaluated already when all it depends on is constant.

    What fails is left as it is: `true || 1 / 0 > 0` is true.
    """
    for operand in operands:
        if operand.value is ABSENT:
            return Code(run)
    try:
        return constant(run({}))
    except EvaluationError:
        return Code(run)
