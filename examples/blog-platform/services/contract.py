"""Verifies the contract that edgeauth puts on every request: copy this file into your services.

A service that does so needs to know nothing of the issuer, of logins or of sessions: who asks, and
what was decided for this request, stands in one signed token of one form.

Trust: the token comes from the network and is hostile until its signature is verified; the keys
come from edgeauth's management listener.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

import jwt
from aiohttp import ClientError, ClientSession, ClientTimeout, web

ISSUER = "edgeauth"
AUDIENCE = "blog-services"
# Asymmetric ones only. The algorithm must also be the one of the key that `kid` names.
ALGORITHMS = ("EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512")
ANONYMOUS = "anonymous"

MAX_TOKEN_OCTETS = 6144  # aiohttp takes header lines of 8190 octets
MAX_KEY_SET_OCTETS = 256 * 1024
KEYS_BELIEVED_SECONDS = 600.0
COOL_DOWN_SECONDS = 5.0
CLOCK_SKEW_SECONDS = 5

# What PyJWT raises, and what escapes it: text that is not UTF-8, JSON that is nested too deeply.
_UNREADABLE = (jwt.PyJWTError, ValueError, RecursionError)


class ContractRefused(Exception):
    """The token is not a contract that this service believes."""


class KeysUnavailable(Exception):
    """The keys to verify with cannot be had right now: nobody can be believed."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A verified contract."""

    token: str
    """As received. Only for passing it on to other services; never shown, never logged."""
    header: Mapping[str, object]
    claims: Mapping[str, object]

    @property
    def subject(self) -> str:
        """Who asks: the user's id, or `anonymous`."""
        return str(self.claims["sub"])

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody signed in."""
        return self.subject == ANONYMOUS

    @property
    def name(self) -> str:
        """What to call the subject, its id where no name is known."""
        name = self.claims.get("name")
        return name if isinstance(name, str) and name else self.subject

    def claim(self, name: str) -> str | None:
        """Returns a claim that is text; None if it is not there or something else."""
        value = self.claims.get(name)
        return value if isinstance(value, str) else None


CONTRACT = web.RequestKey("contract", Contract)


class ContractVerifier:
    """Verifies contracts with the keys that edgeauth publishes."""

    def __init__(
        self,
        session: ClientSession,
        keys_url: str,
        *,
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._keys_url = keys_url
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._fetching = asyncio.Lock()

    async def verify(self, token: str) -> Contract:
        """Returns the contract, if it was signed by edgeauth, for us, and is current.

        Raises:
            ContractRefused: it is not.
            KeysUnavailable: edgeauth's keys could not be fetched.
        """
        if len(token) > MAX_TOKEN_OCTETS:
            raise ContractRefused("too long")
        try:
            header = jwt.get_unverified_header(token)
        except _UNREADABLE as error:
            raise ContractRefused("not a signed token") from error
        key = await self._key(header.get("kid"))
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                issuer=self._issuer,
                audience=self._audience,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["iss", "aud", "sub", "iat", "nbf", "exp", "jti"]},
            )
        except _UNREADABLE as error:
            raise ContractRefused("not a contract for us") from error
        return Contract(token, header, claims)

    async def _key(self, key_id: object) -> jwt.PyJWK:
        if not isinstance(key_id, str):
            raise ContractRefused("names no key")
        if not self._are_fresh() or key_id not in self._keys:
            async with self._fetching:  # one asks, the others wait for the answer
                if not self._are_fresh() or (key_id not in self._keys and self._may_ask_again()):
                    await self._fetch()
        key = self._keys.get(key_id)
        if key is None:
            raise ContractRefused("unknown key")
        return key

    def _are_fresh(self) -> bool:
        return (
            self._fetched_at is not None
            and self._clock() - self._fetched_at < KEYS_BELIEVED_SECONDS
        )

    def _may_ask_again(self) -> bool:
        # An unknown key id may be a new key, or somebody who makes us ask: hence the cool-down.
        return self._fetched_at is None or self._clock() - self._fetched_at >= COOL_DOWN_SECONDS

    async def _fetch(self) -> None:
        try:
            async with self._session.get(self._keys_url, allow_redirects=False) as response:
                response.raise_for_status()
                if response.status != 200:
                    raise KeysUnavailable("the keys are not there")
                if (response.content_length or 0) > MAX_KEY_SET_OCTETS:
                    raise KeysUnavailable("the key set is too large")
                document = await response.json()
            self._keys = signing_keys(document)
        except (ClientError, TimeoutError, ValueError) as error:
            raise KeysUnavailable("the keys could not be fetched") from error
        self._fetched_at = self._clock()


VERIFIER = web.AppKey("verifier", ContractVerifier)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def signing_keys(document: object) -> Mapping[str, jwt.PyJWK]:
    """Returns the keys of a JWK set (RFC 7517 §5) that may sign contracts, by key id.

    Keys that cannot be read, are meant for something else, or have an algorithm that is not ours
    are left out, so that one of them spoils only itself.

    Raises:
        ValueError: the document is not a JWK set.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("not a JWK set")  # noqa: TRY004 - the type of data, not of an argument
    found: dict[str, jwt.PyJWK] = {}
    for data in keys:
        if not isinstance(data, dict) or data.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK.from_dict(data)
        except jwt.PyJWTError:
            continue
        if key.key_id and key.algorithm_name in ALGORITHMS:
            found[key.key_id] = key
    return found


def bearer_token(request: web.Request) -> str | None:
    """Returns the one bearer token of the request (RFC 6750 §2.1); None for none or several."""
    values = request.headers.getall("Authorization", [])
    if len(values) != 1:
        return None
    scheme, _, token = values[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def require_contract(
    app: web.Application, keys_url: str, *, without: frozenset[str] = frozenset({"/health"})
) -> None:
    """Makes `app` answer 401 to every request without a verified contract.

    Handlers find the contract as `request[CONTRACT]`.

    Args:
        app: an application that has not started.
        keys_url: where edgeauth publishes its keys, `.../.well-known/jwks`.
        without: paths that need no contract, e.g. a health check that the edge does not route.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in without:
            request[CONTRACT] = await _verified(request)
        return await handler(request)

    async def verifier(app: web.Application) -> AsyncIterator[None]:
        async with ClientSession(timeout=ClientTimeout(total=2)) as session:
            app[VERIFIER] = ContractVerifier(session, keys_url)
            yield

    app.middlewares.append(guard)
    app.cleanup_ctx.append(verifier)


async def _verified(request: web.Request) -> Contract:
    token = bearer_token(request)
    if token is None:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
    try:
        return await request.app[VERIFIER].verify(token)
    except ContractRefused as refusal:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise web.HTTPUnauthorized(headers=challenge) from refusal
    except KeysUnavailable as fault:
        raise web.HTTPServiceUnavailable from fault
