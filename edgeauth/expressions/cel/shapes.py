"""What texts of one shape have in common, so that only the first of them is parsed at load.

Ten thousand rules are written in a few shapes: `Subject.ID == "alice"` compiles if
`Subject.ID == "bob"` does. A shape is a text without what stands in its strings.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from edgeauth.expressions.cel.lexer import outline
from edgeauth.expressions.cel.meaning import Meaning
from edgeauth.expressions.cel.parser import MAX_OCTETS
from edgeauth.expressions.cel.syntax import Node
from edgeauth.expressions.declarations import Declarations
from edgeauth.expressions.types import Type

REMEMBERED: Final = 16_384
"""How many shapes, and how many distinct texts, stay known."""
_CERTAINLY_SHORT: Final = MAX_OCTETS // 4


class Shape(NamedTuple):
    """What is known of every text of a shape that compiles.

    Attributes:
        type: the static type of the value.
        variables: the names of the root variables that are read.
    """

    type: Type
    variables: frozenset[str]


def read_shape(tree: Node, meaning: Meaning) -> Shape:
    """Returns the shape of a text that was checked."""
    return Shape(meaning.types[tree], frozenset(meaning.roots))


def known_shape(text: str, declarations: Declarations) -> Shape | None:
    """Returns the shape of a text that compiles; None when only compiling this very text tells."""
    return _memory_of(text, declarations).shape


def remember_shape(text: str, declarations: Declarations, shape: Shape) -> None:
    """Notes what all texts are that differ from this one in their strings only."""
    _memory_of(text, declarations).shape = shape


class _Memory:
    __slots__ = ("shape",)

    def __init__(self) -> None:
        self.shape: Shape | None = None


def _memory_of(text: str, declarations: Declarations) -> _Memory:
    return _memory(outline(text), declarations) if len(text) <= _CERTAINLY_SHORT else _Memory()


@lru_cache(maxsize=REMEMBERED)
def _memory(_outline: str, _declarations: Declarations) -> _Memory:
    return _Memory()
