"""Endpoints that mechanisms call: as they are written in the configuration, and as a call.

Trust: the URL's scheme and authority are literal, so that no request decides which host is asked;
path and query may be templates, and what they render to is looked at before it is used.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, GetCoreSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, core_schema

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.ports.fields import FieldName, TemplateOf

_LITERAL_AUTHORITY: Final = re.compile(r"(https?)://[^/?#{}\s]+(?=[/?#]|\Z)")
_ACTION: Final = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_URL: Final = re.compile(r"[!#-;=?-\[\]_a-z~]+")
_DOT_SEGMENT: Final = re.compile(r"(?:/|%2f|%5c)(?:\.|%2e){1,2}(?=/|%2f|%5c|;|\Z)", re.IGNORECASE)
_UNSAFE_IN_VALUE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Call(NamedTuple):
    """A request to an endpoint, ready to be sent: nothing of it is left to be decided."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that is equal only for equal calls, for cache keys."""
        parts = [self.method.encode(), self.url.encode()]
        for name, value in self.headers:
            parts += (name.encode(), value.encode("utf-8", "surrogatepass"))
        return fingerprint(*parts, b"" if self.body is None else b"=" + self.body)


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
        template = self.compiled(value)
        if template.constant is not None and _URL.fullmatch(template.constant) is None:
            raise not_expected("a URL in visible ASCII")
        return template


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
        raise not_expected(
            "an absolute URL such as https://pdp.example/v1, its scheme and host literal"
        )
    try:
        fits = bool(urlsplit(found.group()).hostname) and "@" not in found.group()
        _ = urlsplit(found.group()).port
    except ValueError:
        fits = False
    if not fits:
        raise not_expected("a host and an optional port, and no credentials")
    if tls and found.group(1) != "https":
        raise not_expected("an https URL; --insecure-skip-egress-tls-enforcement allows http")


class Endpoint(Specification):
    """Where and how to ask; a bare string stands for its URL.

    Attributes:
        url: see the module's docstring.
        method: POST unless configured.
        headers: fields to send; values are templates.
    """

    url: Template
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "POST"
    headers: dict[FieldName, Template] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"url": value} if isinstance(value, str) else value

    def call(
        self,
        scope: Mapping[str, object],
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Call:
        """Returns the call of this endpoint for one request.

        Args:
            scope: the variables of the templates.
            body: content to send.
            headers: fields to send besides the configured ones, which win; lower-cased names.

        Raises:
            Fault: INTERNAL, when the URL or a field does not render to something that may be
                sent.
        """
        fields = dict(headers or {})
        for name, value in self.headers.items():
            fields[name.lower()] = value.render(scope).strip()
        if any(_UNSAFE_IN_VALUE.search(value) for value in fields.values()):
            raise Fault(Reason.INTERNAL, "a header of the endpoint holds a control character")
        return Call(self.method, render_url(self.url, scope), tuple(fields.items()), body)

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest over what is configured, for cache keys."""
        parts = [f"{name}={value.text}".encode() for name, value in sorted(self.headers.items())]
        return fingerprint(self.method.encode(), self.url.text.encode(), *parts)


def render_url(url: Template, scope: Mapping[str, object]) -> str:
    """Returns the URL for one request.

    Scheme and authority are literal. A value may fill path segments and parameters, but neither
    leave the path that is written in the configuration nor begin the query or a fragment.

    Raises:
        Fault: INTERNAL, when the URL holds anything but visible ASCII, a dot segment, or a `?`
            or `#` that is not in the literal part of the template.
    """
    if url.constant is not None:
        return url.constant
    text = url.render(scope)
    literal = _ACTION.sub("", url.text)
    if _URL.fullmatch(text) is None or any(text.count(end) > literal.count(end) for end in "?#"):
        raise Fault(
            Reason.INTERNAL, "the rendered URL holds a character that does not belong there"
        )
    path = text.partition("#")[0].partition("?")[0]
    if _DOT_SEGMENT.search(path, path.index("//") + 2):
        raise Fault(Reason.INTERNAL, "the path of the rendered URL holds a dot segment")
    return text


class StepEndpoint(Endpoint):
    """The endpoint of a step that runs after authentication."""

    url: Annotated[Template, UrlTemplateOf("Subject", "Values", "Outputs")]
    headers: dict[FieldName, Annotated[Template, TemplateOf("Subject", "Values", "Outputs")]] = (
        Field(default_factory=dict)
    )


class IssuerEndpoint(Endpoint):
    """The endpoint of an issuer: key sets and metadata, fetched with GET unless configured."""

    url: Annotated[Template, UrlTemplateOf("TokenIssuer")]
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    headers: dict[FieldName, Annotated[Template, TemplateOf("TokenIssuer")]] = Field(
        default_factory=dict
    )
