"""Changes of a text, and what is to be said about them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from edgeauth.config.conversion.layout import Layout, Span
from edgeauth.config.errors import Problem, problem_at
from edgeauth.config.nodes import Mapping, Node


class Edit(NamedTuple):
    """A piece of a text and what takes its place."""

    begin: int
    end: int
    text: str = ""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Returns a text with its edits made; an edit inside of another one is left out.

    The indentation of a line that goes away is such an edit.
    """
    parts: list[str] = []
    at = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda one: (one.begin, -one.end)):
        if edit.begin >= at:
            parts += (text[at : edit.begin], edit.text)
            at = edit.end
    return "".join((*parts, text[at:]))


@dataclass(slots=True)
class Draft:
    """A conversion under way.

    Attributes:
        layout: the text as it is.
        edits: what changes.
        notes: what whoever converts has to know.
        problems: why it can not be converted.
        seen: nodes that have been dealt with; aliases lead to one again and again.
    """

    layout: Layout
    edits: list[Edit] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def first_visit(self, node: Node) -> bool:
        """Returns whether a node has not been dealt with, and takes it that it is now."""
        if id(node) in self.seen:
            return False
        self.seen.add(id(node))
        return True

    def replace(self, begin: int, end: int, text: str = "") -> None:
        """Puts a text in the place of another one."""
        self.edits.append(Edit(begin, end, text))

    def insert(self, offset: int, text: str) -> None:
        """Puts a text in front of an offset."""
        self.edits.append(Edit(offset, offset, text))

    def refuse(self, node: Node, message: str, expected: str = "") -> None:
        """Says why something can not be converted."""
        self.problems.append(problem_at(node, message, expected=expected))

    def note(self, node: Node, message: str) -> None:
        """Says what whoever converts has to know."""
        self.notes.append(problem_at(node, message))

    def rename(self, mapping: Mapping, old: str, new: str) -> None:
        """Gives an entry another key, in the quotes of the old one."""
        if old in mapping.entries:
            key = mapping.key(old)
            quote = key.style or ""
            self.replace(key.begin, key.end, f"{quote}{new}{quote}")

    def move_above(self, comments: Iterable[Span], offset: int) -> None:
        """Puts comments on lines of their own above the line of an offset."""
        layout = self.layout
        begin, indentation = layout.line_begin(offset), layout.indentation(offset)
        for comment in comments:
            line = indentation + layout.text[comment.begin : comment.end]
            # At the end of the line above, where no other edit begins.
            self.insert(layout.line_end(begin - 1) if begin else 0, layout.line_break + line)

    def shift(self, begin: int, end: int, by: int) -> None:
        """Moves lines to the right, or to the left as far as there are blanks.

        Args:
            begin: offset of the first character of the first line.
            end: an offset in the last line.
            by: columns; negative to the left.
        """
        layout, at = self.layout, begin
        while at < end:
            if not layout.ends_line(at):
                blanks = len(layout.indentation(at))
                if by > 0:
                    self.insert(at, " " * by)
                else:
                    self.replace(at, at + min(blanks, -by))
            at = layout.next_line(at)

    def delete_line(self, offset: int) -> None:
        """Takes a line away."""
        self.replace(self.layout.line_begin(offset), self.layout.next_line(offset))


def below(layout: Layout, end: int, column: int) -> int:
    """Returns the end of the comments below a block that are indented as much as it is.

    Args:
        layout: the text.
        end: offset after the last character of the block.
        column: how many blanks the lines of the block begin with.
    """
    last = layout.line_end(end)
    at = layout.next_line(end)
    while at < len(layout.text):
        line = layout.text[at : layout.line_end(at)]
        blanks = len(line) - len(line.lstrip(" "))
        if line.strip() and (not line.lstrip(" ").startswith("#") or blanks < column):
            break
        last = layout.line_end(at) if line.strip() else last
        at = layout.next_line(at)
    return last
