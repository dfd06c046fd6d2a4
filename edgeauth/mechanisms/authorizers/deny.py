"""Lets no request pass."""

from typing import Final

from edgeauth.config.specification import Specification
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.ports.declare import Kind, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified

_REFUSAL: Final = Refusal(Reason.AUTHORIZATION, "everything is denied here")


class DenySpecification(Specification):
    """The configuration of `deny`: there is nothing to configure."""


class DenyAuthorizer:
    """Says no."""

    async def authorize(self, known: Identified) -> Refusal:  # noqa: ARG002  (the port's signature)
        """Returns a refusal: AUTHORIZATION."""
        return _REFUSAL


def _build(_id: str, _specification: DenySpecification, _services: Services) -> DenyAuthorizer:
    return DenyAuthorizer()


TYPE = mechanism(Kind.AUTHORIZER, "deny", DenySpecification, _build)
