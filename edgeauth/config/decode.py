"""Nodes to typed specifications, or every problem at once."""

from collections.abc import Mapping as MappingType
from types import TracebackType
from typing import Literal, TypeVar

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


class collect:  # noqa: N801  (used like a function)
    """Gathers the problems of several steps and raises all of them at the end.

    Each step that may fail is run in the collector's own context:

        with collect() as problems:
            for node in nodes:
                with problems:
                    found.append(decode(Rule, node))

    Raises:
        ConfigurationError: after the block, with everything that was gathered in it.
    """

    # No generator: that would cost three times as much, and each step of each rule has one.
    __slots__ = ("_collector",)

    def __enter__(self) -> Collector:
        self._collector = Collector()
        return self._collector

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Literal[False]:
        if self._collector.__exit__(kind, error, trace) or error is None:
            self._collector.raise_any()
        return False
