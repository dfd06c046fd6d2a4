"""What the check of a syntax tree finds out, for the compiler."""

from typing import Literal, NamedTuple, TypeAlias

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.syntax import Node
from edgeauth.expressions.types import Type

Part: TypeAlias = Literal["whole", "first", "second", "delayed"]
"""What of its place in the frame a variable is: all, one of a pair, or what it computes."""


class Bound(NamedTuple):
    """A variable of a macro.

    Attributes:
        name: as it was written.
        type: its static type.
        place: where in the frame it stands, e.g. `@3`.
        part: what of it.
    """

    name: str
    type: Type
    place: str
    part: Part


class Target(NamedTuple):
    """What a call means: its arguments, the receiver first, and the overloads that may fit."""

    arguments: tuple[Node, ...]
    overloads: tuple[Overload, ...]


class Meaning:
    """What the check found out about a syntax tree.

    Attributes:
        types: the static type of each node.
        places: where in the frame a variable stands; of macros, their variable.
        parts: of variables of macros, what of the place they are.
        constants: the values of names that are constants.
        calls: what each call means.
        roots: the root variables that are read.
        strings_matter: whether the same text with other strings might be refused.
    """

    __slots__ = ("calls", "constants", "parts", "places", "roots", "strings_matter", "types")

    def __init__(self) -> None:
        self.types: dict[Node, Type] = {}
        self.places: dict[Node, str] = {}
        self.parts: dict[Node, Part] = {}
        self.constants: dict[Node, object] = {}
        self.calls: dict[Node, Target] = {}
        self.roots: set[str] = set()
        self.strings_matter = False
