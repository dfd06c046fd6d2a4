"""Sends the client somewhere else, such as to a login page that knows the way back.

Trust: scheme and host are literal in the configuration, so that no request decides where to.

Source:
    RFC 9110 sections 10.2.2 (Location) and 15.4.
"""

from typing import Annotated, Final

from pydantic import AfterValidator

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.model.decision import Refusal, Response
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.endpoints import UrlTemplateOf
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.ports.url_places import render_url

_CODES: Final = frozenset({301, 302, 303, 307, 308})


def _check_code(code: int) -> int:
    if code not in _CODES:
        raise not_expected("301, 302, 303, 307 or 308")
    return code


class RedirectSpecification(Specification):
    """The configuration of `redirect`.

    Attributes:
        to: where to; its path and query may be a template.
        code: the status.
    """

    to: Annotated[Template, UrlTemplateOf("Request")]
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
        target = render_url(self._to, seen.scope())
        return Response(
            self._code, ((b"location", target.encode("ascii")), (b"cache-control", b"no-store"))
        )


def _build(
    _id: str, specification: RedirectSpecification, _services: Services
) -> RedirectErrorHandler:
    return RedirectErrorHandler(specification)


TYPE = mechanism(Kind.ERROR_HANDLER, "redirect", RedirectSpecification, _build)
