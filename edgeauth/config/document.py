"""YAML text to nodes that know where they were written.

The events of libyaml are composed here and not by PyYAML, because its readers lose positions,
take the last of two equal keys, follow YAML 1.1 (`on` is true, `010` is eight) and make a tree
out of an alias bomb (attack 174).

Trust: the text is hostile. Its size, its nesting and what its aliases unfold to are limited.
"""

from collections.abc import Callable
from re import compile as pattern
from typing import NamedTuple

from yaml import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from edgeauth.config.codes import Code
from edgeauth.config.core_schema import SPECIAL_BEGINS, resolve
from edgeauth.config.errors import ConfigurationError, Problem, problem_at, problem_in
from edgeauth.config.nodes import (
    Mapping,
    Node,
    Position,
    Scalar,
    Sequence,
    Source,
    children,
    end_position,
    plain,
    position,
)
from edgeauth.config.parsers import event_reader
from edgeauth.config.spelling import quoted
from edgeauth.config.syntax import syntax_error
from edgeauth.model.pace import Pace, full_speed

__all__ = [
    "Mapping",
    "Node",
    "Position",
    "Scalar",
    "Sequence",
    "Source",
    "end_position",
    "plain",
    "position",
    "read_documents",
]

MAX_OCTETS = 16 * 1024 * 1024
MAX_DEPTH = 64
_PIECE = 65_536
"""Characters that are looked at without giving way."""
MAX_ALIASED_NODES = 100_000
"""Nodes that the aliases of one text may stand for, all together."""

_TOO_DEEP = f"more than {MAX_DEPTH} lists and maps inside each other"

# Source: YAML 1.2.2 section 5.1, production [1] c-printable.
_UNPRINTABLE = pattern("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAGS = "tag:yaml.org,2002:"
_MAPPING_TAGS = (None, "!", _TAGS + "map")
_SEQUENCE_TAGS = (None, "!", _TAGS + "seq")
_TYPES: dict[str, tuple[type, ...]] = {
    _TAGS + "int": (int,),
    _TAGS + "float": (float, int),
    _TAGS + "bool": (bool,),
    _TAGS + "null": (type(None),),
}


def read_documents(
    text: str, file: str, *, quotable: bool = True, pace: Pace = full_speed
) -> list[Node]:
    """Returns the documents of a YAML text, none for a text without content.

    Args:
        text: at most 16 MiB of UTF-8.
        file: what the text is called in messages.
        quotable: whether lines of the text may be shown in messages.
        pace: gives way between two lists or maps.

    Raises:
        ConfigurationError: points at the first thing that is not acceptable YAML.

    Source:
        YAML 1.2.2. Departures: keys are strings, and no tags but those of the core schema.
    """
    source = Source(file, text.removeprefix("\ufeff"), quotable)
    _check_characters(source, pace)
    try:
        source.roots.extend(_Composer(source, pace).documents())
    except MarkedYAMLError as error:
        raise syntax_error(source, error) from None
    source.complete = True
    return source.roots


def _check_characters(source: Source, pace: Pace) -> None:
    text = source.text
    # A character takes at least one octet, so the second count is made for small texts only.
    if len(text) > MAX_OCTETS or len(text.encode("utf-8", "replace")) > MAX_OCTETS:
        raise ConfigurationError(
            [Problem(source.file, 0, 0, "the text is larger than 16 MiB", code=Code.YAML)]
        )
    for begin in range(0, len(text), _PIECE):
        pace()
        found = _UNPRINTABLE.search(text, begin, begin + _PIECE)
        if found is None:
            continue
        place = source.position(found.start())
        message = f"character U+{ord(found[0]):04X} is not allowed in YAML"
        raise ConfigurationError([problem_in(source, place, message, code=Code.YAML)])


class _Extent(NamedTuple):
    nodes: int
    depth: int


class _Composer:
    """Makes nodes out of events, one recursive call a collection."""

    def __init__(self, source: Source, pace: Pace) -> None:
        self._pace = pace
        self._source = source
        self._next: Callable[[], Event] = event_reader(source.text)
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()
        self._extents: dict[int, _Extent] = {}
        self._aliased = 0

    def documents(self) -> list[Node]:
        found: list[Node] = []
        while True:
            event = self._next()
            if isinstance(event, StreamEndEvent):
                return found
            if isinstance(event, DocumentStartEvent):
                self._anchors.clear()
                found.append(self._node(self._next(), 0))

    def _node(self, event: Event, depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            return self._collection(event, depth)
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        raise TypeError(f"unexpected event {type(event).__name__}")

    def _scalar(self, event: ScalarEvent) -> Scalar:
        text = event.value
        node = Scalar(
            text,
            text,
            event.style or None,
            self._source,
            event.start_mark.index,  # type: ignore[union-attr]  # events of a text have marks
            event.end_mark.index,  # type: ignore[union-attr]  # as above
        )
        if event.style == '"' and "\0" in text:
            # Nothing that is configured has one, and what asks the operating system ends at it.
            raise self._refused(node, "the text holds the character U+0000")
        if event.tag is not None:
            self._apply_tag(node, event.tag)
        elif text[:1] in SPECIAL_BEGINS and event.implicit[0]:
            self._resolve(node)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _resolve(self, node: Scalar) -> None:
        try:
            node.value = resolve(node.text)
        except ValueError as error:
            raise self._refused(node, str(error)) from None

    def _apply_tag(self, node: Scalar, tag: str) -> None:
        if tag in ("!", _TAGS + "str"):
            return
        types = _TYPES.get(tag)
        if types is None:
            raise self._refused(node, "unknown tag", "remove the tag")
        self._resolve(node)
        if type(node.value) not in types:
            raise self._refused(node, "the value does not fit its tag", "remove the tag")

    def _collection(self, event: MappingStartEvent | SequenceStartEvent, depth: int) -> Node:
        is_mapping = isinstance(event, MappingStartEvent)
        if event.tag not in (_MAPPING_TAGS if is_mapping else _SEQUENCE_TAGS):
            raise self._refused_at(event, "unknown tag", "remove the tag")
        self._pace()
        if depth >= MAX_DEPTH:
            raise self._refused_at(event, _TOO_DEEP)
        anchor = event.anchor
        if anchor is not None:
            self._open.add(anchor)
        begin = _begin(event)
        node = self._mapping(begin, depth + 1) if is_mapping else self._sequence(begin, depth + 1)
        if anchor is not None:
            self._open.discard(anchor)
            self._anchors[anchor] = node
        return node

    def _mapping(self, begin: int, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        key_begins: list[int] = []
        following = self._next
        while True:
            event = following()
            if not isinstance(event, ScalarEvent):
                if isinstance(event, MappingEndEvent):
                    return Mapping(entries, key_begins, self._source, begin, _end(event))
                raise self._refused_at(event, "a key must be text")
            name = event.value
            if event.tag is not None or event.anchor is not None or name[:1] in SPECIAL_BEGINS:
                self._check_key(event)
            if name in entries:
                raise self._duplicate(event, key_begins[list(entries).index(name)])
            key_begins.append(event.start_mark.index)  # type: ignore[union-attr]  # as in _begin
            event = following()
            entries[name] = (
                self._scalar(event) if isinstance(event, ScalarEvent) else self._node(event, depth)
            )

    def _sequence(self, begin: int, depth: int) -> Sequence:
        items: list[Node] = []
        while True:
            event = self._next()
            if isinstance(event, SequenceEndEvent):
                return Sequence(items, self._source, begin, _end(event))
            items.append(self._node(event, depth))

    def _check_key(self, event: ScalarEvent) -> None:
        key = self._scalar(event)
        if not isinstance(key.value, str):
            raise self._refused(key, "a key must be text", f'put it in quotes: "{key.text}"')
        if key.value == "<<" and not key.style:
            raise self._refused(key, "merge keys (<<) are not part of YAML 1.2")

    def _duplicate(self, event: ScalarEvent, first: int) -> ConfigurationError:
        line = self._source.position(first).line
        message = f"duplicate key {quoted(event.value)}"
        expected = f"it stands in line {line} already"
        return self._refused(self._scalar(event), message, expected, Code.DUPLICATE_KEY)

    def _alias(self, event: AliasEvent, depth: int) -> Node:
        name = event.anchor or ""
        self._source.aliased = True
        target = self._anchors.get(name)
        if name in self._open:
            raise self._refused_at(event, f"alias {quoted(name)} stands inside what it refers to")
        if target is None:
            raise self._refused_at(event, f"unknown alias {quoted(name)}")
        extent = self._extent(target)
        self._aliased += extent.nodes
        if self._aliased > MAX_ALIASED_NODES:
            message = f"the aliases stand for more than {MAX_ALIASED_NODES} values"
            raise self._refused_at(event, message)
        if depth + extent.depth > MAX_DEPTH:
            raise self._refused_at(event, _TOO_DEEP)
        return target

    def _extent(self, node: Node) -> _Extent:
        """Measures what an alias unfolds to; each node is measured once, however often used."""
        if isinstance(node, Scalar):
            return _Extent(1, 0)
        known = self._extents.get(id(node))
        if known is None:
            parts = [self._extent(child) for _, child in children(node)]
            nodes = 1 + sum(part.nodes for part in parts)
            known = _Extent(nodes, 1 + max((part.depth for part in parts), default=0))
            self._extents[id(node)] = known
        return known

    def _refused(
        self, node: Node, message: str, expected: str = "", code: Code = Code.YAML
    ) -> ConfigurationError:
        return ConfigurationError([problem_at(node, message, expected=expected, code=code)])

    def _refused_at(self, event: Event, message: str, expected: str = "") -> ConfigurationError:
        place = self._source.position(_begin(event))
        problem = problem_in(self._source, place, message, expected=expected, code=Code.YAML)
        return ConfigurationError([problem])


def _begin(event: Event) -> int:
    return event.start_mark.index  # type: ignore[union-attr]  # events of a text have marks


def _end(event: Event) -> int:
    return event.end_mark.index  # type: ignore[union-attr]  # as above
