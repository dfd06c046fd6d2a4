"""Endpoints that mechanisms call: as they are written in the configuration, and as a call.

Trust: the URL's scheme and authority are literal, so that no request decides which host is asked;
path and query may be templates, and what they render to is looked at before it is used.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, ValidationInfo, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.expressions.templates import Template
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoint_authentication import fields_set_by
from edgeauth.ports.endpoint_settings import DEFAULT_SETTINGS, CallSettings
from edgeauth.ports.fields import FieldName, TemplateOf
from edgeauth.ports.url_places import VISIBLE_URL, render_url
from edgeauth.ports.urls import check_url

_UNSAFE_IN_VALUE: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Call(NamedTuple):
    """A request to an endpoint, ready to be sent: nothing of it is left to be decided."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    """Names are lower-cased, and each is there once."""
    body: bytes | None = None
    settings: CallSettings = DEFAULT_SETTINGS

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that is equal only for equal calls, for cache keys."""
        parts = [self.settings.fingerprint, self.method.encode(), self.url.encode()]
        for name, value in self.headers:
            parts += (name.encode(), value.encode("utf-8", "surrogatepass"))
        return fingerprint(*parts, b"" if self.body is None else b"=" + self.body)


class UrlTemplateOf(TemplateOf):
    """Marks a field as a URL whose path and query may be a template.

    The validation context key `egress_tls` (true unless given) demands https.
    """

    def compiled(self, value: object, info: ValidationInfo) -> Template:
        """Returns the compiled text after looking at its literal part.

        Args:
            value: what the configuration says.
            info: see the class.

        Raises:
            PydanticCustomError: the value is no such URL, or does not compile.
        """
        if isinstance(value, str):
            check_url(value, tls=(info.context or {}).get("egress_tls", True))
        template = super().compiled(value, info)
        if template.constant is not None and VISIBLE_URL.fullmatch(template.constant) is None:
            raise not_expected("a URL in visible ASCII")
        return template


class Endpoint(CallSettings):
    """Where and how to ask; a bare string stands for its URL.

    Attributes:
        url: whom to ask; scheme and host are literal.
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

    @model_validator(mode="after")
    def _check_effects(self) -> "Endpoint":
        findings = []
        if self.tls is not None and not self.url.text.startswith("https:"):
            findings.append(Finding("tls has no effect on an http URL", ("tls",), on_key=True))
        configured = self.http_cache if "http_cache" in self.model_fields_set else None
        if configured is not None and configured.enabled and self.method not in ("GET", "HEAD"):
            message = f"answers to {self.method} are never used again"
            hint = "method: GET, or no http_cache"
            findings.append(Finding(message, ("http_cache", "enabled"), hint))
        refuse(findings)
        return self

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
            headers: fields to send besides the configured ones, which win, as do those of
                `auth`; lower-cased names.

        Raises:
            Fault: INTERNAL, when the URL or a field does not render to something that may be
                sent.
        """
        fields = dict(headers or {})
        for name in fields_set_by(self.auth):
            fields.pop(name, None)
        for name, value in self.headers.items():
            fields[name.lower()] = value.render(scope).strip()
        if any(_UNSAFE_IN_VALUE.search(value) for value in fields.values()):
            raise Fault(Reason.INTERNAL, "a header of the endpoint holds a control character")
        url = render_url(self.url, scope)
        return Call(self.method, url, tuple(fields.items()), body, self.settings)

    @cached_property
    def varies(self) -> bool:
        """Returns whether its calls depend on what is asked about."""
        return any(each.variables for each in (self.url, *self.headers.values()))

    @cached_property
    def fingerprint(self) -> bytes:
        """Returns a digest over what is configured, for cache keys."""
        parts = [f"{name}={value.text}".encode() for name, value in sorted(self.headers.items())]
        method, url = self.method.encode(), self.url.text.encode()
        return fingerprint(self.settings.fingerprint, method, url, *parts)


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
