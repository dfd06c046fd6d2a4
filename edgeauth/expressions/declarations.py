"""The variables that expressions may name, as a part of keys."""

from collections.abc import Mapping
from functools import lru_cache

from edgeauth.expressions.types import Type


class Declarations:
    """Variables with their types; whoever compiles many texts against them keeps this object."""

    __slots__ = ("variables",)

    def __init__(self, variables: Mapping[str, Type]) -> None:
        self.variables = variables


def declare(variables: Mapping[str, Type] | Declarations) -> Declarations:
    """Returns the declarations of variables; for equal variables, mostly the same object."""
    if isinstance(variables, Declarations):
        return variables
    return _declared(tuple(variables.items()))


@lru_cache(maxsize=256)
def _declared(variables: tuple[tuple[str, Type], ...]) -> Declarations:
    return Declarations(dict(variables))
