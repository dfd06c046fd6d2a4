"""Texts that know where they come from, for places where that decides what they may hold.

`"".join` of the pieces of a template is what it renders. A piece of none of these types is a value:
it comes from a request, a claim or an answer. The types are lost as soon as a function makes
another text of one, which makes it a value again; so a mistake is on the safe side.
"""

from collections.abc import Iterable, Iterator
from typing import Self


class Written(str):
    """A text that stands in the configuration."""

    __slots__ = ()


class Escaped(str):
    """A text that `urlenc` or `urlquery` made: nothing in it has a meaning in a URL."""

    __slots__ = ()


class Composed(str):
    """A text that a template rendered; it still knows its pieces."""

    __slots__ = ("pieces",)

    pieces: tuple[str, ...]

    def __new__(cls, pieces: Iterable[str]) -> Self:
        """Returns the text of the pieces."""
        kept = tuple(flattened(pieces))
        text = super().__new__(cls, "".join(kept))
        text.pieces = kept
        return text


def flattened(pieces: Iterable[str]) -> Iterator[str]:
    """Yields pieces, in place of a composed one its own."""
    for piece in pieces:
        if isinstance(piece, Composed):
            yield from piece.pieces
        else:
            yield piece
