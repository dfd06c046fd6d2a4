"""Everybody is somebody: requests without credentials get a name.

It proves nothing. What follows it in a rule must not take its subject for an identity.
"""

from pydantic import AliasChoices, Field

from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched


class AnonymousSpecification(Specification):
    """The configuration of `anonymous`.

    Attributes:
        principal: the id of the subject; older rule sets call it `subject`.
    """

    principal: Text = Field(
        default="anonymous", validation_alias=AliasChoices("principal", "subject")
    )


class AnonymousAuthenticator:
    """Gives every request the same principal, without attributes."""

    def __init__(self, specification: AnonymousSpecification) -> None:
        name = specification.principal
        self._principal = Principal(name, {}, fingerprint(b"anonymous", name.encode()))

    async def authenticate(self, seen: Matched) -> Principal:  # noqa: ARG002  (the port's)
        """Returns the principal; never refuses."""
        return self._principal


def _build(
    _id: str, specification: AnonymousSpecification, _services: Services
) -> AnonymousAuthenticator:
    return AnonymousAuthenticator(specification)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "anonymous",
    AnonymousSpecification,
    _build,
    {"principal": Override.REPLACE, "subject": Override.REPLACE},
)
