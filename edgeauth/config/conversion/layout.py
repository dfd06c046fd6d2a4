"""What a tree of nodes does not tell about its text: comments, aliases, where lines end."""

from bisect import bisect_right
from re import compile as pattern
from typing import NamedTuple

from yaml import (
    AliasEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from edgeauth.config.nodes import Mapping, Node, Sequence, Source
from edgeauth.config.parsers import event_reader

# YAML 1.2.2 section 6.6: a comment is separated from what stands before it.
_COMMENT = pattern(r"(?<!\S)#[^\r\n]*")
# YAML 1.2.2 section 6.9: a tag, an anchor or both stand in front of a node.
_PROPERTIES = pattern(r"(?:[&!]\S*\s+)*")


class Span(NamedTuple):
    """A piece of a text, by the offsets of its first character and of the one after its last."""

    begin: int
    end: int


class Layout:
    """Where things stand in a text that has been read without an error.

    Args:
        source: the text.

    Attributes:
        source: the text.
        scalars: every scalar but block texts' first lines, in the order of the text.
        line_break: what ends the lines of the text.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scalars: list[Span] = []
        self.line_break = "\r\n" if "\r\n" in source.text else "\n"
        self._leaf_ends: list[int] = []
        following = event_reader(source.text)
        event = following()
        while not isinstance(event, StreamEndEvent):
            self._note(event)
            event = following()

    def _note(self, event: Event) -> None:
        begin: int = event.start_mark.index  # type: ignore[union-attr]  # events of a text have marks
        end: int = event.end_mark.index  # type: ignore[union-attr]  # as above
        if isinstance(event, ScalarEvent):
            written = self.source.text[begin:end]
            if event.style in ("|", ">"):
                # A comment may stand behind the sign that begins a block text.
                begin += written.find("\n") + 1
                end -= len(written) - len(written.rstrip())
            self.scalars.append(Span(begin, max(begin, end)))
            self._leaf_ends.append(end)
        elif isinstance(event, AliasEvent):
            self._leaf_ends.append(end)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)) and end > begin:
            self._leaf_ends.append(end)  # of { } and [ ]; other ends have no text

    @property
    def text(self) -> str:
        """The text that the offsets count in."""
        return self.source.text

    def content_begin(self, node: Node) -> int:
        """Returns the offset of a node behind its tag and its anchor."""
        found = _PROPERTIES.match(self.text, node.begin)
        return node.begin if found is None else found.end()

    def content_end(self, node: Node) -> int:
        """Returns the offset after the last character of a node, without comments behind it."""
        index = bisect_right(self._leaf_ends, node.end)
        return self._leaf_ends[index - 1]

    def is_flow(self, node: Mapping | Sequence) -> bool:
        """Returns whether a collection is written with brackets, as in JSON."""
        return self.text[self.content_begin(node)] in "{["

    def is_here(self, node: Node, parent: Node) -> bool:
        """Returns whether a node is written in its parent, and not an alias for another one."""
        return parent.begin <= node.begin <= parent.end

    def comments(self, begin: int, end: int) -> list[Span]:
        """Returns the comments that begin in a piece of the text."""
        found: list[Span] = []
        at = begin
        # The scalar before the piece may reach into it.
        number = max(bisect_right(self.scalars, Span(begin, begin)) - 1, 0)
        while number < len(self.scalars) and self.scalars[number].begin < end:
            scalar = self.scalars[number]
            found += self._between(at, scalar.begin)
            at = max(at, scalar.end)
            number += 1
        return found + self._between(at, end)

    def _between(self, begin: int, end: int) -> list[Span]:
        if begin >= end:
            return []
        return [Span(*each.span()) for each in _COMMENT.finditer(self.text, begin, end)]

    def line_begin(self, offset: int) -> int:
        """Returns the offset of the first character of a line."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Returns the offset after the last character of a line, without its line break."""
        end = self.text.find("\n", offset)
        end = len(self.text) if end < 0 else end
        return end - 1 if self.text[offset:end].endswith("\r") else end

    def next_line(self, offset: int) -> int:
        """Returns the offset of the first character of the line below."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end + 1

    def indentation(self, offset: int) -> str:
        """Returns the blanks that a line begins with."""
        begin = self.line_begin(offset)
        line = self.text[begin : self.line_end(begin)]
        return line[: len(line) - len(line.lstrip(" "))]

    def begins_line(self, offset: int) -> bool:
        """Returns whether nothing but blanks stands in front of an offset in its line."""
        return not self.text[self.line_begin(offset) : offset].strip()

    def ends_line(self, offset: int) -> bool:
        """Returns whether nothing but blanks stands in its line from an offset on."""
        return not self.text[offset : self.line_end(offset)].strip()
