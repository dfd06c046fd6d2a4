"""Gives the upstream an access token of edgeauth's own, whoever the subject is.

Source:
    RFC 6749 section 4.4; RFC 6750 section 2.1.
"""

from edgeauth.model.decision import HeaderEdits
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoint_authentication import HeaderClientCredentials
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Granted


class ClientCredentialsSpecification(HeaderClientCredentials):
    """The configuration of `oauth2_client_credentials`: a client, and the header for its token."""


class ClientCredentialsFinalizer:
    """Sets the header that carries the token.

    Args:
        specification: the configuration in effect.
        services: get tokens, and share them with endpoints that use the same client.
    """

    def __init__(self, specification: ClientCredentialsSpecification, services: Services) -> None:
        self._client = specification
        self._tokens = services.access_tokens
        self._tokens.prepare(specification)
        self._header = specification.header.name.lower().encode("ascii")

    async def finalize(self, granted: Granted) -> HeaderEdits:  # noqa: ARG002  (the port's)
        """Returns the field with the token.

        Raises:
            Fault: there is no token; the request does not pass.
        """
        token = await self._tokens.token(self._client)
        value = token.field_value(self._client.header.scheme)
        return HeaderEdits(((self._header, value.encode("ascii")),))

    def owns(self) -> tuple[bytes, ...]:
        """Returns the name of the header that carries the token."""
        return (self._header,)


def _build(
    _id: str, specification: ClientCredentialsSpecification, services: Services
) -> ClientCredentialsFinalizer:
    return ClientCredentialsFinalizer(specification, services)


TYPE = mechanism(
    Kind.FINALIZER,
    "oauth2_client_credentials",
    ClientCredentialsSpecification,
    _build,
    {"scopes": Override.REPLACE, "cache_ttl": Override.REPLACE, "header": Override.REPLACE},
)
