"""The class of everything that is decoded: strict, frozen, and aware of where it was written."""

from collections.abc import Iterator, Mapping as MappingType
from functools import cache
from types import NoneType, UnionType
from typing import ClassVar, Final, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict

from edgeauth.config.codes import Code
from edgeauth.config.errors import Problem, problem_at
from edgeauth.config.nodes import Mapping, Node, Sequence, Source

NOT_YET = "not supported yet by edgeauth"

MAY_BE_EMPTY: Final = "may be empty"
"""Marks a field, `Annotated[X | None, MAY_BE_EMPTY]`, whose key may stand there without a value."""

_SLOT = "located_node"


class Moved(NamedTuple):
    """What a key of another dialect is called here.

    Attributes:
        words: end the sentence that begins with the key: `match.http.paths in 1beta1`.
        key: the key of this map that holds it.
    """

    words: str
    key: str


class Specification(BaseModel):
    """A part of the configuration: unknown keys are refused and no value is coerced.

    A field that is `X | None = None` may be left out, but not be empty: a key whose value was
    forgotten, or came from a variable that is not set, would switch off what it should set.
    `MAY_BE_EMPTY` marks those where nothing can be switched off.

    Class attributes:
        refused: keys that are known but not accepted, each with the reason, e.g. `NOT_YET`.
        moved: keys of another dialect, each with its name in this one.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Before pydantic looks at the annotations.
        for name, annotation in cls.__annotations__.items():
            default = cls.__dict__.get(name, ...)
            if default is None or getattr(default, "default", ...) is None:
                cls.__annotations__[name] = _given(annotation)

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        arbitrary_types_allowed=True,  # compiled expressions
        hide_input_in_errors=True,
    )

    refused: ClassVar[MappingType[str, str]] = {}
    moved: ClassVar[MappingType[str, Moved]] = {}

    # A slot and no private attribute of pydantic: that would cost time for each instance and
    # make two specifications unequal that were written in two places.
    __slots__ = (_SLOT,)

    @property
    def node(self) -> Mapping:
        """The map that this was decoded from; an empty one for a specification made in code."""
        found = getattr(self, _SLOT, None)
        return found or Mapping({}, [], Source("", "", quotable=False), 0, 0)

    def node_at(self, *path: str | int) -> Node:
        """Returns the node below this one, or the last one on the way that is there.

        Args:
            path: keys as the text spells them, and indexes of lists.
        """
        node: Node = self.node
        for part in path:
            if isinstance(node, Mapping) and isinstance(part, str) and part in node.entries:
                node = node.entries[part]
            elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
            else:
                break
        return node

    def config_node(self) -> Mapping:
        """Returns the map below `config`; an empty one in this place when there is none."""
        found = self.node.entries.get("config")
        if isinstance(found, Mapping):
            return found
        begin = self.node.begin if found is None else self.node.key("config").begin
        return Mapping({}, [], self.node.source, begin, begin)

    def problem(
        self,
        message: str,
        *path: str | int,
        expected: str = "",
        suggestion: str = "",
        code: Code = Code.WRONG_VALUE,
    ) -> Problem:
        """Returns a problem that points at this specification or at something below it.

        Args:
            message: one sentence in lower case.
            path: as for `node_at`.
            expected: what could stand there.
            suggestion: what was probably meant.
            code: the kind of the problem.
        """
        node = self.node_at(*path)
        return problem_at(node, message, expected=expected, suggestion=suggestion, code=code)

    def locate(self, node: Mapping) -> None:
        """Tells this specification and all below it where they were written."""
        object.__setattr__(self, _SLOT, node)
        for attribute, key in _nested(type(self)):
            child = node.entries.get(key)
            if child is not None:
                _locate(getattr(self, attribute), child)


def _given(annotation: object) -> object:
    """Returns an annotation without None, which stands for a key that is not there."""
    alternatives = get_args(annotation)
    if get_origin(annotation) not in (Union, UnionType) or NoneType not in alternatives:
        return annotation
    return Union[tuple(one for one in alternatives if one is not NoneType)]  # noqa: UP007  (of a tuple)


def _locate(value: object, node: Node) -> None:
    if isinstance(value, Specification) and isinstance(node, Mapping):
        value.locate(node)
    elif isinstance(value, (list, tuple)) and isinstance(node, Sequence):
        for part, item in zip(value, node.items, strict=True):
            _locate(part, item)
    elif isinstance(value, dict) and isinstance(node, Mapping):
        for key, part in value.items():
            _locate(part, node.entries[key])


@cache
def _nested(model: type[Specification]) -> tuple[tuple[str, str], ...]:
    """Returns attribute and key of each field that may hold specifications."""
    return tuple(
        (name, field.alias or name)
        for name, field in model.model_fields.items()
        if any(issubclass(part, Specification) for part in _classes(field.annotation))
    )


def _classes(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from _classes(part)
