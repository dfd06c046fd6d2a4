"""Nobody is anybody: refuses every request, whatever it brings."""

from typing import Final

from edgeauth.config.specification import Specification
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched

_REFUSAL: Final = Refusal(Reason.AUTHENTICATION, "nobody is let in here")


class UnauthorizedSpecification(Specification):
    """The configuration of `unauthorized`: there is nothing to configure."""


class UnauthorizedAuthenticator:
    """Refuses to recognise anybody."""

    async def authenticate(self, seen: Matched) -> Refusal:  # noqa: ARG002  (the port's signature)
        """Returns a refusal: AUTHENTICATION."""
        return _REFUSAL


def _build(
    _id: str, _specification: UnauthorizedSpecification, _services: Services
) -> UnauthorizedAuthenticator:
    return UnauthorizedAuthenticator()


TYPE = mechanism(Kind.AUTHENTICATOR, "unauthorized", UnauthorizedSpecification, _build)
