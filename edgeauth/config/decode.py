"""Nodes to typed specifications, or every problem at once."""

from collections.abc import Iterator, Mapping as MappingType
from contextlib import contextmanager
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from edgeauth.config.errors import Collector, ConfigurationError
from edgeauth.config.explain import explain
from edgeauth.config.nodes import Mapping, Node, plain
from edgeauth.config.specification import Specification

Model = TypeVar("Model", bound=BaseModel)


def decode(
    model: type[Model], node: Node, context: MappingType[str, object] | None = None
) -> Model:
    """Returns an instance of a model; a `Specification` knows its nodes afterwards.

    Args:
        model: its fields say what is accepted. Validators that want to point at a character
            raise what `edgeauth.config.findings` makes.
        node: the tree to read.
        context: handed to validators that ask for it.

    Raises:
        ConfigurationError: holds every problem of the tree.
    """
    try:
        decoded = model.model_validate(plain(node), context=context)
    except ValidationError as error:
        # The input would bring secrets into messages; what is shown comes from the nodes.
        details = error.errors(include_url=False, include_input=False)
        raise ConfigurationError(explain(model, node, details)) from None
    if isinstance(decoded, Specification) and isinstance(node, Mapping):
        decoded.locate(node)
    return decoded


@contextmanager
def collect() -> Iterator[Collector]:
    """Gathers the problems of several steps and raises all of them at the end.

    Each step that may fail is run in the collector's own context:

        with collect() as problems:
            for node in nodes:
                with problems:
                    found.append(decode(Rule, node))

    Raises:
        ConfigurationError: after the block, with everything that was gathered in it.
    """
    collector = Collector()
    with collector:
        yield collector
    collector.raise_any()
