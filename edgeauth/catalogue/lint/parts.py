"""The expressions and endpoints in the settings of a mechanism, each with its place."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from pydantic import AliasChoices

from edgeauth.config.nodes import Mapping, Node, Sequence
from edgeauth.config.specification import Specification
from edgeauth.expressions.cel import Condition
from edgeauth.expressions.cel.mentions import members_read as read_by_condition
from edgeauth.expressions.templates import Template
from edgeauth.expressions.templates.mentions import members_read as read_by_template
from edgeauth.ports.endpoints import UrlTemplateOf

T = TypeVar("T")


class Part(NamedTuple):
    """A value somewhere in the settings.

    Attributes:
        value: as it was decoded.
        node: what it is written in.
        is_url: whether it is the URL of an endpoint.
    """

    value: object
    node: Node
    is_url: bool = False


def parts_of(specification: Specification, written_in: Node | None = None) -> Iterator[Part]:
    """Yields every value below a specification, maps and lists taken apart.

    Args:
        specification: the settings, or a part of them.
        written_in: what a part stands in that has no map of its own, such as an endpoint that
            is only its URL.
    """
    short = None if specification.node.source.file else written_in
    for name, field in type(specification).model_fields.items():
        names = field.validation_alias
        keys = names.choices if isinstance(names, AliasChoices) else [field.alias or name]
        written = [str(key) for key in keys if str(key) in specification.node.entries]
        node = short or specification.node_at(*written[:1])
        is_url = any(isinstance(mark, UrlTemplateOf) for mark in field.metadata)
        yield from _parts(getattr(specification, name), node, is_url=is_url)


def _parts(value: object, node: Node, *, is_url: bool = False) -> Iterator[Part]:
    yield Part(value, node, is_url)
    if isinstance(value, Specification):
        yield from parts_of(value, node)
    elif isinstance(value, dict):
        for key, each in value.items():
            below = node.entries.get(key, node) if isinstance(node, Mapping) else node
            yield from _parts(each, below)
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            items = node.items if isinstance(node, Sequence) else []
            yield from _parts(each, items[number] if number < len(items) else node)


def found_in(specification: Specification, kind: type[T]) -> Iterator[tuple[T, Node]]:
    """Yields what is of one kind in the settings of a mechanism."""
    for part in parts_of(specification):
        if isinstance(part.value, kind):
            yield part.value, part.node


def outputs_read(expression: Condition | Template) -> frozenset[str] | None:
    """Returns the ids of the steps whose results are read; None when that is open."""
    if isinstance(expression, Template):
        return read_by_template(expression, "Outputs")
    return read_by_condition(expression, "Outputs")
