"""Endpoints that mechanisms call, as they are written in the configuration.

Trust: the URL's scheme and authority are literal, so that no request decides which host is asked;
path and query may be templates.
"""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, GetCoreSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from edgeauth.expressions.templates import Template
from edgeauth.ports.fields import Specification, TemplateOf

_LITERAL_AUTHORITY: Final = re.compile(r"(https?)://[^/?#{}\s]+(?=[/?#]|\Z)")


class UrlTemplateOf(TemplateOf):
    """Marks a field as a URL whose path and query may be a template.

    The validation context key `egress_tls` (true unless given) demands https.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Returns a schema that compiles the text after looking at its literal part."""
        return core_schema.with_info_plain_validator_function(
            self._checked, json_schema_input_schema=core_schema.str_schema()
        )

    def _checked(self, value: object, info: ValidationInfo) -> Template:
        if isinstance(value, str):
            check_url(value, tls=(info.context or {}).get("egress_tls", True))
        return self.compiled(value)


def check_url(text: str, *, tls: bool) -> None:
    """Refuses a URL that is not absolute, names its host by a template or is not encrypted.

    Args:
        text: the URL, its path and query possibly a template.
        tls: whether it has to be https.

    Raises:
        PydanticCustomError: with a sentence for the operator.
    """
    found = _LITERAL_AUTHORITY.match(text)
    if found is None:
        raise PydanticCustomError(
            "url",
            "expected an absolute URL such as https://pdp.example/v1, its scheme and host literal",
        )
    try:
        fits = bool(urlsplit(found.group()).hostname) and "@" not in found.group()
        _ = urlsplit(found.group()).port
    except ValueError:
        fits = False
    if not fits:
        raise PydanticCustomError("url", "expected a host and an optional port, and no credentials")
    if tls and found.group(1) != "https":
        raise PydanticCustomError(
            "url_tls",
            "expected an https URL; --insecure-skip-egress-tls-enforcement allows http",
        )


class Endpoint(Specification):
    """Where and how to ask; a bare string stands for its URL.

    Attributes:
        url: see the module's docstring.
        method: POST unless configured.
        headers: fields to send; values are templates.
    """

    url: Template
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "POST"
    headers: dict[str, Template] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"url": value} if isinstance(value, str) else value


class StepEndpoint(Endpoint):
    """The endpoint of a step that runs after authentication."""

    url: Annotated[Template, UrlTemplateOf("Subject", "Values", "Outputs")]
    headers: dict[str, Annotated[Template, TemplateOf("Subject", "Values", "Outputs")]] = Field(
        default_factory=dict
    )


class IssuerEndpoint(Endpoint):
    """The endpoint of an issuer: key sets and metadata, fetched with GET unless configured."""

    url: Annotated[Template, UrlTemplateOf("TokenIssuer")]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    headers: dict[str, Annotated[Template, TemplateOf("TokenIssuer")]] = Field(default_factory=dict)
