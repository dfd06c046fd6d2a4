"""What a template function is: its name, what it takes and gives, and its implementation."""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """What a parameter accepts; the values are the words of the documentation."""

    ANY = "any value"
    STRING = "string"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    MAP = "map"
    TIME = "time"
    VERSION = "version"


class Function(NamedTuple):
    """One row of the table of functions; the documentation is made from it.

    Attributes:
        name: as templates call it.
        parameters: what the leading arguments must be.
        call: gets the arguments and returns a template value; raises EvaluationError.
        result: what it gives.
        more: what further arguments must be; None when there may not be any.
        minimum: how many arguments there must be; by default one for each of `parameters`.
        pure: whether equal arguments always give equal results.
        pattern: whether the first parameter is a regular expression, checked at load if constant.
    """

    name: str
    parameters: tuple[Kind, ...]
    call: Callable[..., object]
    result: Kind = Kind.ANY
    more: Kind | None = None
    minimum: int | None = None
    pure: bool = True
    pattern: bool = False

    def accepts(self, count: int) -> bool:
        """Returns whether the function may be called with so many arguments."""
        least = len(self.parameters) if self.minimum is None else self.minimum
        return least <= count and (self.more is not None or count <= len(self.parameters))

    def takes(self) -> str:
        """Returns how many arguments the function takes, in words."""
        least = len(self.parameters) if self.minimum is None else self.minimum
        if self.more is not None:
            return f"{least} or more arguments"
        if least != len(self.parameters):
            return f"{least} to {len(self.parameters)} arguments"
        return f"{least} argument{'' if least == 1 else 's'}"

    def parameter(self, position: int) -> Kind:
        """Returns what the argument at a position must be."""
        if position < len(self.parameters):
            return self.parameters[position]
        return self.more or Kind.ANY
