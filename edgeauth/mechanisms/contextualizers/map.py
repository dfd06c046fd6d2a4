"""Computes texts that later steps read by name."""

from typing import Annotated

from pydantic import Field

from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.values import Values, ValueTemplate
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.fields import TemplateOf
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified


class MapSpecification(Specification):
    """The configuration of `map`.

    Attributes:
        items: names and what they stand for.
        values: what the items see as `Values`.
    """

    items: dict[str, Annotated[Template, TemplateOf("Request", "Subject", "Outputs", "Values")]] = (
        Field(min_length=1)
    )
    values: dict[str, ValueTemplate] = Field(default_factory=dict)


class MapContextualizer:
    """Renders a map of texts."""

    def __init__(self, specification: MapSpecification) -> None:
        self._items = Values(specification.items)
        self._values = Values(specification.values)

    async def contextualize(self, known: Identified) -> Json:
        """Returns the rendered items.

        Raises:
            Fault: INTERNAL, when one of them has no value.
        """
        scope = known.scope()
        scope["Values"] = self._values.render(scope)
        return self._items.render(scope)


def _build(_id: str, specification: MapSpecification, _services: Services) -> MapContextualizer:
    return MapContextualizer(specification)


TYPE = mechanism(Kind.CONTEXTUALIZER, "map", MapSpecification, _build, {"values": Override.MERGE})
