"""Asks the client for user-id and password, whatever the refusal was about.

Source:
    RFC 7617 section 2; RFC 9110 section 11.6.1.
"""

from edgeauth.config.specification import Specification
from edgeauth.mechanisms.realms import Realm
from edgeauth.model.decision import Refusal, Response
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.challenges import basic_challenge


class WwwAuthenticateSpecification(Specification):
    """The configuration of `www_authenticate`: the name of what is protected."""

    realm: Realm = "Please authenticate"


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
