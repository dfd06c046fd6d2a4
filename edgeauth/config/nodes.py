"""The tree that a YAML text becomes: every key and value knows where it was written.

Nodes are made once and never changed afterwards. They are ordinary slotted classes and not frozen
dataclasses, and hold offsets into the text instead of lines and columns, because ten thousand
rules are half a million of them.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from re import compile as pattern
from typing import NamedTuple, TypeAlias

from edgeauth.model.json import Json
from edgeauth.model.pace import Pace

# YAML ends lines at these; `str.splitlines` knows more and would count differently.
_LINE_BREAK = pattern("\r\n|[\n\r\x85\u2028\u2029]")
_RARE_LINE_BREAKS = "\r\x85\u2028\u2029"
_QUOTED_KEY = pattern(r"'(?:[^']|'')*'" + r'|"(?:[^"\\]|\\.)*"')


class Position(NamedTuple):
    """A place in a text, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True, eq=False)
class Source:
    """A text that was read, and what it is called in messages.

    Attributes:
        file: a file name or, for a variable of the environment, a phrase that names it.
        text: without a byte order mark.
        quotable: whether lines may be shown in messages; values of the environment may not.
        roots: the documents of the text, as far as they have been read.
        complete: whether `roots` holds all of them.
        aliased: whether a part of the text may stand for another part of it.
        secrets: where secrets begin and end, once somebody has asked for a line.
    """

    file: str
    text: str
    quotable: bool = True
    roots: "list[Node]" = field(default_factory=list)
    complete: bool = False
    aliased: bool = False
    secrets: list[tuple[int, int]] | None = None
    _begins: list[int] | None = None

    def position(self, offset: int) -> Position:
        """Returns the line and the column of a character.

        Args:
            offset: characters from the beginning of the text.
        """
        begins = self._line_begins()
        line = bisect_right(begins, offset)
        return Position(line, offset - begins[line - 1] + 1)

    def line_begin(self, number: int) -> int:
        """Returns the offset of the first character of a line that is there.

        Args:
            number: counted from 1.
        """
        return self._line_begins()[number - 1]

    def line(self, number: int) -> str:
        """Returns a line without its end; empty when there is no such line.

        Args:
            number: counted from 1.
        """
        begins = self._line_begins()
        if not 0 < number <= len(begins):
            return ""
        end = begins[number] if number < len(begins) else len(self.text)
        return self.text[begins[number - 1] : end].rstrip("\r\n\x85\u2028\u2029")

    def release(self, pace: Pace) -> None:
        """Takes the documents apart; afterwards nothing of the text can be shown any more.

        They refer to this source as it does to them, so that nothing less would free them, and
        all at once it would take longer than anybody waits for.

        Args:
            pace: gives way between two pieces.
        """
        self.quotable = False
        for root in self.roots:
            _take_apart(root, pace, 3)
        self.roots.clear()

    def _line_begins(self) -> list[int]:
        if self._begins is None:
            self._begins = _line_begins(self.text)
        return self._begins


def _line_begins(text: str) -> list[int]:
    if any(rare in text for rare in _RARE_LINE_BREAKS):
        return [0, *(found.end() for found in _LINE_BREAK.finditer(text))]
    lengths = map((1).__add__, map(len, text.split("\n")))
    return [0, *accumulate(lengths)][:-1]


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value.

    Attributes:
        value: as the YAML 1.2 core schema reads it.
        text: as it was written, without quotes and with escapes resolved.
        style: None for a plain scalar, else one of `'`, `"`, `|` and `>`.
        source: where it was written.
        begin: offset of its first character, quotes included.
        end: offset after its last character.
    """

    value: str | int | float | bool | None
    text: str
    style: str | None
    source: Source
    begin: int
    end: int


@dataclass(slots=True, eq=False)
class Substituted(Scalar):
    """A scalar whose references to variables are replaced.

    Attributes:
        unset: the variables that are not set or empty and have no default.
    """

    unset: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Mapping:
    """Keys and values in the order of the text.

    Attributes:
        entries: the values by key.
        key_begins: the offset of each key, in the order of `entries`.
        source: where the map was written.
        begin: offset of its first character.
        end: offset after its last character.
    """

    entries: "dict[str, Node]"
    key_begins: list[int]
    source: Source
    begin: int
    end: int

    def key(self, name: str) -> Scalar:
        """Returns a key as a node of its own.

        Args:
            name: one of `entries`.
        """
        # A key is written where its value is: the environment may have put both here.
        source = self.entries[name].source
        begin = self.key_begins[list(self.entries).index(name)]
        in_quotes = _QUOTED_KEY.match(source.text, begin)
        end = in_quotes.end() if in_quotes else begin + len(name)
        return Scalar(name, name, source.text[begin] if in_quotes else None, source, begin, end)


@dataclass(slots=True, eq=False)
class Sequence:
    """A list.

    Attributes:
        items: its entries.
        source: where the list was written.
        begin: offset of its first character.
        end: offset after its last character.
    """

    items: "list[Node]"
    source: Source
    begin: int
    end: int


Node: TypeAlias = Scalar | Mapping | Sequence


def _take_apart(node: Node, pace: Pace, depth: int) -> None:
    if isinstance(node, Scalar):
        return
    if depth:
        for _, child in children(node):
            _take_apart(child, pace, depth - 1)
    if isinstance(node, Mapping):
        node.entries.clear()
    else:
        node.items.clear()
    pace()


def position(node: Node) -> Position:
    """Returns where a node begins."""
    return node.source.position(node.begin)


def end_position(node: Node) -> Position:
    """Returns the place after the last character of a node."""
    return node.source.position(node.end)


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
