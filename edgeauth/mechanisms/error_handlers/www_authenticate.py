"""Asks the client for user-id and password, whatever the refusal was about.

Source:
    RFC 7617 section 2; RFC 9110 section 11.6.1.
"""

from typing import Annotated

from pydantic import AfterValidator

from edgeauth.config.findings import not_expected
from edgeauth.config.specification import Specification
from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Malformed
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.challenges import basic_challenge


def _check_realm(realm: str) -> str:
    try:
        basic_challenge(realm)
    except Malformed:
        raise not_expected("a realm in visible ASCII") from None
    return realm


class WwwAuthenticateSpecification(Specification):
    """The configuration of `www_authenticate`: the name of what is protected."""

    realm: Annotated[str, AfterValidator(_check_realm)] = "Please authenticate"


class WwwAuthenticateErrorHandler:
    """Answers with a Basic challenge."""

    def __init__(self, specification: WwwAuthenticateSpecification) -> None:
        self._response = Response(
            401,
            (
                (b"www-authenticate", basic_challenge(specification.realm)),
                (b"cache-control", b"no-store"),
            ),
        )

    async def respond(self, refusal: Refusal, seen: Matched) -> Response:  # noqa: ARG002  (port)
        """Returns 401 and the challenge."""
        return self._response


def _build(
    _id: str, specification: WwwAuthenticateSpecification, _services: Services
) -> WwwAuthenticateErrorHandler:
    return WwwAuthenticateErrorHandler(specification)


TYPE = mechanism(
    Kind.ERROR_HANDLER,
    "www_authenticate",
    WwwAuthenticateSpecification,
    _build,
    {"realm": Override.REPLACE},
)
