"""Access tokens that edgeauth is given: asked for once, shared by all who need them, while valid.

Trust: the authorization server's answer. Nothing of it is put into an error.

Source:
    RFC 6749 sections 2.3.1 (client authentication), 4.4 (client credentials) and 5.1 (answers);
    RFC 8693 (token exchange).
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import quote_plus, urlencode

from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.endpoint_authentication import ClientCredentials
from edgeauth.ports.endpoint_settings import token_settings
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import FactCache, Learned, fact_kind
from edgeauth.ports.services import (
    CLIENT_CREDENTIALS,
    AccessToken,
    Clock,
    EndpointAnswer,
    Endpoints,
    Grant,
)
from edgeauth.services.endpoints.authentication import encode_basic
from edgeauth.services.endpoints.exchange import place_of
from edgeauth.wire.headers import is_token
from edgeauth.wire.json import loads

_MARGIN: Final = 5.0
"""Seconds before its end from which a token is not used any more."""
_LONGEST_TTL: Final = 31_536_000.0
_SCHEMES: Final = {"bearer": "Bearer", "mac": "MAC", "basic": "Basic", "n_a": "Bearer"}
"""How tokens are presented whose type is written in any case (RFC 6749 section 5.1).

What is no access token has the type `N_A` (RFC 8693 section 2.2.1); it is presented like one.
"""


_TOKEN: Final = fact_kind(
    "token.1", AccessToken, AccessToken, lambda token: token, lambda written: written
)


class _Issued(NamedTuple):
    token: AccessToken
    ttl: float
    """Seconds for which it may be kept."""


class ClientCredentialsTokens:
    """Gets tokens as a client that has credentials.

    Args:
        endpoints: asks authorization servers.
        clock: tells when tokens end.
        cache: keeps them until then.
    """

    def __init__(self, endpoints: Endpoints, clock: Clock, cache: FactCache) -> None:
        self._endpoints = endpoints
        self._clock = clock
        self._cache = cache

    def prepare(self, client: ClientCredentials) -> None:
        """Reads the certificates that asking for a token needs.

        Raises:
            ValueError: they can not be used.
        """
        self._endpoints.prepare(token_settings(client))

    async def token(
        self, client: ClientCredentials, grant: Grant = CLIENT_CREDENTIALS
    ) -> AccessToken:
        """Returns a token that is still to be believed for a moment.

        Raises:
            Fault: COMMUNICATION when the authorization server could not be asked or refused;
                INTERNAL when its answer is none, and, being final, when TLS failed.
        """
        key = _key(client, grant)
        known = self._cache.find(key)
        if isinstance(known, AccessToken):
            return known
        return await self._cache.learn(key, _TOKEN, lambda: self._ask(client, grant))

    async def _ask(self, client: ClientCredentials, grant: Grant) -> Learned[AccessToken]:
        began = self._clock.now()
        issued = _parse(await self._endpoints.send(_token_call(client, grant)), client)
        ends = began + issued.ttl
        return Learned(issued.token, ends if grant.ends is None else min(ends, grant.ends))


def _key(client: ClientCredentials, grant: Grant) -> bytes:
    """Returns the key of a client's token: the header that carries it does not matter."""
    return fingerprint(
        b"client-credentials",
        client.digest,
        *(part.encode() for part in client.current()),
        *(part.encode() for parameter in grant.form for part in parameter),
    )


def _token_call(client: ClientCredentials, grant: Grant) -> Call:
    form = list(grant.form)
    if client.scopes:
        form.append(("scope", " ".join(client.scopes)))
    headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
    client_id, secret = client.current()
    if client.auth_method == "request_body":
        form += [("client_id", client_id), ("client_secret", secret)]
    else:
        # Section 2.3.1: both are encoded as in forms first, so that an id may hold a colon.
        headers["authorization"] = encode_basic(quote_plus(client_id), quote_plus(secret))
    body = urlencode(form).encode("ascii")
    return Call("POST", client.token_url, tuple(headers.items()), body, token_settings(client))


def _parse(answer: EndpointAnswer, client: ClientCredentials) -> _Issued:
    place = place_of(client.token_url)
    if answer.status != 200:
        raise Fault(Reason.COMMUNICATION, f"{place} answered {answer.status} to a client")
    try:
        document = loads(answer.body)
    except Malformed:
        document = None
    if isinstance(document, Mapping) and document.get("error"):
        raise Fault(Reason.COMMUNICATION, f"{place} answered an error to a client")
    token = _token(document)
    if token is None or not isinstance(document, Mapping):
        raise Fault(Reason.INTERNAL, f"what {place} sent is no access token")
    return _Issued(token, _ttl(document, client.cache_ttl))


def _token(document: Json) -> AccessToken | None:
    if not isinstance(document, Mapping):
        return None
    value, kind = document.get("access_token"), document.get("token_type")
    if not isinstance(value, str) or not isinstance(kind, str):
        return None
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        return None
    if not is_token(kind.encode("utf-8", "replace")):
        return None
    return AccessToken(value, _SCHEMES.get(kind.lower(), kind))


def _ttl(document: Mapping[str, Json], wanted: float | None) -> float:
    """Returns the seconds for which a token is kept; without an end of its own only as wanted."""
    seconds = document.get("expires_in")
    if isinstance(seconds, str) and seconds.isdecimal() and len(seconds) < 12:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        return wanted or 0.0
    left = max(0.0, min(seconds, _LONGEST_TTL)) - _MARGIN
    return left if wanted is None else min(left, wanted)
