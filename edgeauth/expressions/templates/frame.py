"""The state of one rendering, and the compiled form of what it runs."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.limits import BUDGET, MAX_NESTING, STEP_COST
from edgeauth.expressions.types import Type


class Frame:
    """What one body runs with: the scope, its variables and dots, and what is left to spend."""

    __slots__ = ("budget", "depth", "scope", "slots")

    def __init__(self, scope: Mapping[str, object], size: int) -> None:
        self.scope = scope
        self.slots: list[object] = [None] * size
        self.budget = BUDGET
        self.depth = 0

    def enter(self, size: int, argument: object) -> "Frame":
        """Returns the frame of a template that is called from this one.

        Raises:
            EvaluationError: templates call each other too deeply.
        """
        callee = Frame(self.scope, size)
        callee.slots[0] = argument
        callee.budget = self.budget
        callee.depth = self.depth + 1
        if callee.depth > MAX_NESTING:
            raise EvaluationError("templates call each other too deeply")
        return callee

    def charge(self, result: object) -> None:
        """Pays for a value that was made or will be searched.

        Raises:
            EvaluationError: the rendering has used up its budget.
        """
        # Most values are texts; isinstance with three types takes twice as long.
        if type(result) is str or isinstance(result, (str, list, dict)):
            self.budget -= STEP_COST + len(result)
        else:
            self.budget -= STEP_COST
        if self.budget < 0:
            raise EvaluationError("the template does too much work")


Run: TypeAlias = Callable[[Frame], object]
ScopeReader: TypeAlias = Callable[[Mapping[str, object]], object]
Writer: TypeAlias = Callable[[Frame, list[str]], int]

NORMAL: Final = 0
BREAK: Final = 1
CONTINUE: Final = 2
"""How a writer ended: what the loop around it does next."""

SCOPE: Final = Type("scope")
"""The type of the root dot: its members are the variables of the place."""


class Expression(NamedTuple):
    """Something with a value.

    Attributes:
        run: gives the value.
        type: what is known of the value at load; objects are `Instance`s.
        nil_fails: whether a chain on it fails when it is nil, instead of giving nil.
        reader: the same straight from the scope, if nothing but the scope is needed.
    """

    run: Run
    type: Type
    nil_fails: bool = False
    reader: ScopeReader | None = None


class Slot(NamedTuple):
    """Where a variable or a dot is kept, and what is known of it."""

    number: int
    type: Type
    nil_fails: bool = False
