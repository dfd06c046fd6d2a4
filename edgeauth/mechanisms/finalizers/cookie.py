"""Tells the upstream about the request in cookies.

Cookies prove nothing by themselves: services that believe them must be reachable through the edge
only. The client's cookies of these names never reach the upstream.

Trust: what templates render may be anybody's words. A value that would end the cookie is an error,
so that nobody gets a second one in.

Source:
    RFC 6265 sections 4.1.1 (what a name and a value may hold) and 5.4.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.model.decision import HeaderEdits
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.fields import TemplateOf
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Granted
from edgeauth.wire.cookies import owned_cookie
from edgeauth.wire.headers import is_token

_VALUE: Final = re.compile(r"[\x20\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]*")
"""ASCII without control characters, quotes, semicolons and backslashes."""


def _check_name(name: str) -> str:
    if not is_token(name.encode("utf-8", "replace")):
        raise not_expected("the name of a cookie such as user")
    return name


class CookieSpecification(Specification):
    """The configuration of `cookie`.

    Attributes:
        cookies: names and the templates of their values; a rule replaces them all.
    """

    cookies: dict[
        Annotated[str, AfterValidator(_check_name)],
        Annotated[Template, TemplateOf("Request", "Subject", "Outputs")],
    ] = Field(min_length=1)


class CookieFinalizer:
    """Sets cookies; those that render to nothing are not set."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = tuple(templates.items())

    async def finalize(self, granted: Granted) -> HeaderEdits:
        """Returns the cookies.

        Raises:
            Fault: INTERNAL, when a template has no value or one that no cookie can have.
        """
        scope = granted.known.scope()
        rendered = [(name, template.render(scope).strip()) for name, template in self._templates]
        return HeaderEdits(
            cookies=tuple((name, _cookie_value(value)) for name, value in rendered if value)
        )

    def owns(self) -> tuple[bytes, ...]:
        """Returns every configured cookie, whether or not it renders to something."""
        return tuple(owned_cookie(name.encode("ascii")) for name, _ in self._templates)


def _cookie_value(text: str) -> str:
    if not _VALUE.fullmatch(text):
        raise Fault(Reason.INTERNAL, "the value of a cookie holds what no cookie can hold")
    # Blanks and commas stand in quotes: many readers take them there, few without.
    return f'"{text}"' if " " in text or "," in text else text


def _build(_id: str, specification: CookieSpecification, _services: Services) -> CookieFinalizer:
    return CookieFinalizer(specification.cookies)


TYPE = mechanism(
    Kind.FINALIZER, "cookie", CookieSpecification, _build, {"cookies": Override.REPLACE}
)
