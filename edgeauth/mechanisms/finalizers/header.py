"""Tells the upstream about the request in plain header fields.

Fields prove nothing by themselves: services that believe them must be reachable through the edge
only. The signed contract of the `jwt` finalizer is for all others.

Trust: what templates render may be anybody's words. A line break makes two values of one field,
never two fields.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, field_validator

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.fields import header_value
from edgeauth.model.decision import HeaderEdits
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.fields import TemplateOf, UpstreamFieldName
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Granted


class HeaderSpecification(Specification):
    """The configuration of `header`.

    Attributes:
        headers: names and the templates of their values; a rule replaces them all.
    """

    headers: dict[
        UpstreamFieldName, Annotated[Template, TemplateOf("Request", "Subject", "Outputs")]
    ] = Field(min_length=1)

    @field_validator("headers")
    @classmethod
    def _check_names(cls, headers: Mapping[str, Template]) -> Mapping[str, Template]:
        if len({name.lower() for name in headers}) < len(headers):
            raise not_expected("each header once, in whatever case")
        return headers


class HeaderFinalizer:
    """Sets header fields; those that render to nothing are not set."""

    def __init__(self, specification: HeaderSpecification) -> None:
        self._templates = tuple(
            (name.lower().encode("ascii"), template)
            for name, template in specification.headers.items()
        )

    async def finalize(self, granted: Granted) -> HeaderEdits:
        """Returns a field for each line of each rendered value.

        Raises:
            Fault: INTERNAL, when a template has no value or one that no field can have.
        """
        scope = granted.known.scope()
        return HeaderEdits(
            tuple(
                (name, header_value(line))
                for name, template in self._templates
                for line in template.render(scope).replace("\r\n", "\n").split("\n")
                if line.strip(" \t")
            )
        )

    def owns(self) -> tuple[bytes, ...]:
        """Returns every configured name, whether or not it renders to something."""
        return tuple(name for name, _ in self._templates)


def _build(_id: str, specification: HeaderSpecification, _services: Services) -> HeaderFinalizer:
    return HeaderFinalizer(specification)


TYPE = mechanism(
    Kind.FINALIZER, "header", HeaderSpecification, _build, {"headers": Override.REPLACE}
)
