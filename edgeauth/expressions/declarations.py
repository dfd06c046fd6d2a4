"""The variables that an expression may name, as a part of keys."""

from collections.abc import Mapping
from functools import lru_cache

from edgeauth.expressions.types import Type


class Declarations:
    """Variables with their types: equal for the same type objects."""

    __slots__ = ("_key", "variables")

    def __init__(self, variables: Mapping[str, Type]) -> None:
        self.variables = dict(variables)
        self._key = frozenset((name, id(kind)) for name, kind in self.variables.items())

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Declarations) and other._key == self._key


def declare(variables: Mapping[str, Type]) -> Declarations:
    """Returns the declarations of variables, for equal ones the same object where possible."""
    return _first(Declarations(variables))


@lru_cache(maxsize=256)
def _first(declarations: Declarations) -> Declarations:
    return declarations
