"""Exchanges the token that the client has brought for one that is meant for the upstream.

The upstream then gets a token of its own authorization server, for its own audience and with no
more scopes than it needs. Of the client's own token it gets nothing that stood in a header or a
cookie.

Trust: the client's token is sent to the authorization server only after every authorizer has let
the request pass, and to nobody else.

Source:
    RFC 8693 section 2; RFC 8707 (resource indicators).
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import ListOf, Text
from edgeauth.mechanisms.authenticators.sources import SourceSpecification, build_sources
from edgeauth.model.decision import HeaderEdits
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoint_authentication import HeaderClientCredentials
from edgeauth.ports.services import Grant, Services
from edgeauth.ports.stages import Granted
from edgeauth.wire.cookies import owned_cookie
from edgeauth.wire.credentials import (
    CookieSource,
    Credential,
    HeaderSource,
    Source,
    find_credential,
)

_GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_TYPE_PREFIX: Final = "urn:ietf:params:oauth:token-type:"
TokenType = Literal["access_token", "id_token", "jwt", "refresh_token", "saml1", "saml2"]


def _check_resource(text: str) -> str:
    try:
        parts = urlsplit(text)
        absolute = bool(parts.scheme and parts.netloc) and not parts.fragment
    except ValueError:
        absolute = False
    if not (absolute and text.isascii() and text.isprintable() and " " not in text):
        raise not_expected("an absolute URL without a fragment")
    return text


class TokenExchangeSpecification(HeaderClientCredentials):
    """The configuration of `oauth2_token_exchange`: a client, and what it exchanges for what.

    Attributes:
        subject_token_source: places to look for the client's token; bearer header and query
            parameter by default.
        subject_token_type: what kind of token that is.
        requested_token_type: what kind is wanted; unset, the server decides.
        audience: names of the services that the new token is for.
        resource: URLs of the services that the new token is for.
    """

    subject_token_source: ListOf[SourceSpecification] | None = Field(default=None, min_length=1)
    subject_token_type: TokenType = "access_token"  # noqa: S105  (a kind of token)
    requested_token_type: TokenType | None = None
    audience: ListOf[Text] = ()
    resource: ListOf[Annotated[str, AfterValidator(_check_resource)]] = ()


class TokenExchangeFinalizer:
    """Sets the header that carries the new token.

    Args:
        specification: the configuration in effect.
        services: exchange tokens, and remember what they got for which.
    """

    def __init__(self, specification: TokenExchangeSpecification, services: Services) -> None:
        self._client = specification
        self._tokens = services.access_tokens
        self._tokens.prepare(specification)
        self._sources = build_sources(specification.subject_token_source)
        self._header = specification.header.name.lower().encode("ascii")
        self._owned = (self._header, *_brought_in(self._sources))
        self._asked = tuple(_asked(specification))

    async def finalize(self, granted: Granted) -> HeaderEdits:
        """Returns the field with the new token.

        Raises:
            Fault: the request has no token, or there is none to be had for it; the request does
                not pass.
        """
        grant = Grant(
            (
                ("grant_type", _GRANT_TYPE),
                ("subject_token", self._found(granted).text()),
                *self._asked,
            ),
            granted.known.subject.expires_at,
        )
        token = await self._tokens.token(self._client, grant)
        value = token.field_value(self._client.header.scheme)
        return HeaderEdits(((self._header, value.encode("ascii")),))

    def owns(self) -> tuple[bytes, ...]:
        """Returns the names of what carries the new token and the client's."""
        return self._owned

    def _found(self, granted: Granted) -> Credential:
        try:
            seen = granted.known.matched
            found = find_credential(seen.request, self._sources, seen.view)
        except Malformed as problem:
            raise Fault(Reason.INTERNAL, str(problem)) from None
        if found is None:
            raise Fault(Reason.INTERNAL, "there is no token to exchange")
        return found


def _brought_in(sources: Sequence[Source]) -> Iterator[bytes]:
    """Yields the names of the headers and cookies that the client's token may stand in."""
    for each in sources:
        if isinstance(each, HeaderSource):
            yield each.name.lower().encode("ascii")
        elif isinstance(each, CookieSource):
            yield owned_cookie(each.name.encode("ascii"))


def _asked(specification: TokenExchangeSpecification) -> Iterator[tuple[str, str]]:
    """Yields the parameters that are the same for every request."""
    yield "subject_token_type", _TYPE_PREFIX + specification.subject_token_type
    if specification.requested_token_type is not None:
        yield "requested_token_type", _TYPE_PREFIX + specification.requested_token_type
    yield from (("audience", name) for name in specification.audience)
    yield from (("resource", url) for url in specification.resource)


def _build(
    _id: str, specification: TokenExchangeSpecification, services: Services
) -> TokenExchangeFinalizer:
    return TokenExchangeFinalizer(specification, services)


TYPE = mechanism(
    Kind.FINALIZER,
    "oauth2_token_exchange",
    TokenExchangeSpecification,
    _build,
    {
        "scopes": Override.REPLACE,
        "audience": Override.REPLACE,
        "resource": Override.REPLACE,
        "requested_token_type": Override.REPLACE,
        "cache_ttl": Override.REPLACE,
        "header": Override.REPLACE,
    },
)
