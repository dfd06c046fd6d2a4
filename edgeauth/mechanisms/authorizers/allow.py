"""Lets every identified request pass."""

from edgeauth.config.specification import Specification
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.mechanisms import ALLOWED, Allow
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified


class AllowSpecification(Specification):
    """The configuration of `allow`: there is nothing to configure."""


class AllowAuthorizer:
    """Says yes."""

    async def authorize(self, known: Identified) -> Allow:  # noqa: ARG002  (the port's signature)
        """Returns the plain "yes"."""
        return ALLOWED


def _build(_id: str, _specification: AllowSpecification, _services: Services) -> AllowAuthorizer:
    return AllowAuthorizer()


TYPE = mechanism(Kind.AUTHORIZER, "allow", AllowSpecification, _build)
