"""Sends the client somewhere else, such as to a login page that knows the way back.

Trust: the configuration writes scheme and host, or that it is this host, so that no request
decides where to.

Source:
    RFC 9110 sections 10.2.2 (Location) and 15.4.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, ValidationInfo

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.model.decision import Refusal, Response
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.fields import TemplateOf
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.ports.url_places import is_location, render_location
from edgeauth.ports.urls import check_url

_CODES: Final = frozenset({301, 302, 303, 307, 308})
_ON_THIS_HOST: Final = re.compile(r"/(?![/\\])").match


def _check_code(code: int) -> int:
    if code not in _CODES:
        raise not_expected("301, 302, 303, 307 or 308")
    return code


class _LocationOf(TemplateOf):
    """Marks a field as a URL, or a path on the host of the request, that may end in a template.

    The validation context key `egress_tls` (true unless given) demands https of URLs.
    """

    def compiled(self, value: object, info: ValidationInfo) -> Template:
        """Returns the compiled text after looking at where it leads.

        Args:
            value: what the configuration says.
            info: see the class.

        Raises:
            PydanticCustomError: the value leads nowhere, or does not compile.
        """
        if isinstance(value, str) and _ON_THIS_HOST(value) is None:
            check_url(value, tls=(info.context or {}).get("egress_tls", True))
        template = super().compiled(value, info)
        if template.constant is not None and not is_location(template.constant):
            raise not_expected("a URL or a path in visible ASCII")
        return template


class RedirectSpecification(Specification):
    """The configuration of `redirect`.

    Attributes:
        to: where to: a URL, or a path on the same host; path and query may be a template.
        code: the status.
    """

    to: Annotated[Template, _LocationOf("Request")]
    code: Annotated[int, AfterValidator(_check_code)] = 302


class RedirectErrorHandler:
    """Answers with a redirection."""

    def __init__(self, specification: RedirectSpecification) -> None:
        self._to = specification.to
        self._code = specification.code

    async def respond(self, refusal: Refusal, seen: Matched) -> Response:  # noqa: ARG002  (port)
        """Returns the redirection, never to be cached.

        Raises:
            Fault: INTERNAL, when the target has no value, is no URL, or a value leaves its place
                in it; `urlenc` keeps values in theirs.
        """
        target = render_location(self._to, seen.scope())
        return Response(
            self._code, ((b"location", target.encode("ascii")), (b"cache-control", b"no-store"))
        )


def _build(
    _id: str, specification: RedirectSpecification, _services: Services
) -> RedirectErrorHandler:
    return RedirectErrorHandler(specification)


TYPE = mechanism(Kind.ERROR_HANDLER, "redirect", RedirectSpecification, _build)
