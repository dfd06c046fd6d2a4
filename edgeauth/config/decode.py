"""Nodes to typed specifications, or every problem at once."""

from collections.abc import Iterator, Mapping as MappingType
from contextlib import contextmanager
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from edgeauth.config.codes import Code
from edgeauth.config.errors import Collector, ConfigurationError, Problem
from edgeauth.config.explain import explain
from edgeauth.config.nodes import Mapping, Node, plain
from edgeauth.config.specification import Specification

MAX_PROBLEMS = 200
"""Problems of one tree that are told: a file with a million of them shall not stop the process."""

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
        ConfigurationError: holds every problem of the tree, up to `MAX_PROBLEMS`.
    """
    try:
        decoded = model.model_validate(plain(node), context=context)
    except ValidationError as error:
        # The input would bring secrets into messages; what is shown comes from the nodes.
        details = error.errors(include_url=False, include_input=False)
        problems = explain(model, node, details[:MAX_PROBLEMS])
        if len(details) > MAX_PROBLEMS:
            message = f"{len(details) - MAX_PROBLEMS} more problems are not shown"
            problems.append(Problem(node.source.file, 0, 0, message, code=Code.MORE))
        raise ConfigurationError(problems) from None
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
