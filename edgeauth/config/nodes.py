"""The tree that a YAML text becomes: every key and value knows where it was written.

Nodes are made once and never changed afterwards. They are ordinary slotted classes and not frozen
dataclasses, because ten thousand rules are half a million of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from re import compile as pattern
from typing import NamedTuple, Protocol, TypeAlias

from edgeauth.model.json import Json

# YAML ends lines at these; `str.splitlines` knows more and would count differently.
_LINE_BREAK = pattern("\r\n|[\n\r\x85\u2028\u2029]")


class Position(NamedTuple):
    """A place in a text, both counted from 1."""

    line: int
    column: int


class Mark(Protocol):
    """What PyYAML's two parsers say about a place; everything counted from 0, in characters."""

    @property
    def index(self) -> int:
        """Characters from the beginning of the text."""

    @property
    def line(self) -> int:
        """Line breaks before the place."""

    @property
    def column(self) -> int:
        """Characters from the beginning of the line."""


@dataclass(slots=True, eq=False)
class Source:
    """A text that was read, and what it is called in messages.

    Attributes:
        file: a file name or, for a variable of the environment, a phrase that names it.
        text: without a byte order mark.
        quotable: whether lines may be shown in messages; values of the environment may not.
        roots: the documents of the text, as far as they have been read.
        complete: whether `roots` holds all of them.
    """

    file: str
    text: str
    quotable: bool = True
    roots: "list[Node]" = field(default_factory=list)
    complete: bool = False
    _lines: list[str] | None = None

    def line(self, number: int) -> str:
        """Returns a line without its end; empty when there is no such line.

        Args:
            number: counted from 1.
        """
        if self._lines is None:
            self._lines = _LINE_BREAK.split(self.text)
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value.

    Attributes:
        value: as the YAML 1.2 core schema reads it.
        text: as it was written, without quotes and with escapes resolved.
        style: empty for a plain scalar, else one of `'`, `"`, `|` and `>`.
    """

    value: str | int | float | bool | None
    text: str
    style: str
    source: Source
    start: Mark
    end: Mark


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values in the order of the text; `keys` holds the keys as nodes."""

    entries: "dict[str, Node]"
    keys: dict[str, Scalar]
    source: Source
    start: Mark
    end: Mark


@dataclass(slots=True, eq=False)
class Sequence:
    """A list."""

    items: "list[Node]"
    source: Source
    start: Mark
    end: Mark


Node: TypeAlias = Scalar | Mapping | Sequence


def position(node: Node) -> Position:
    """Returns where a node begins."""
    return Position(node.start.line + 1, node.start.column + 1)


def end_position(node: Node) -> Position:
    """Returns the place after the last character of a node."""
    return Position(node.end.line + 1, node.end.column + 1)


def plain(node: Node) -> Json:
    """Returns the value of a tree without its positions: dicts, lists and scalars."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {
            key: child.value if isinstance(child, Scalar) else plain(child)
            for key, child in node.entries.items()
        }
    return [plain(child) for child in node.items]


def children(node: Node) -> "Iterator[tuple[str | int, Node]]":
    """Yields what stands directly below a node, with the key or the index of each."""
    if isinstance(node, Mapping):
        yield from node.entries.items()
    elif isinstance(node, Sequence):
        yield from enumerate(node.items)
