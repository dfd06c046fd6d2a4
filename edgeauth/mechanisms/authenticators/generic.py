"""Asks a service whose session or credential this is.

What the service says is remembered for `cache_ttl` if that is configured: under a key that covers
the credential and everything that is sent along with it. Whether the session is still alive is
looked at on every request.

Trust: the credential is hostile; the service's answer is believed as far as its format goes.

Source:
    OpenID Connect Core 1.0 section 5.3 (userinfo endpoints are one such service).
"""

from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple, cast

from pydantic import AliasChoices, Field

from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.authenticators.lifespans import LifespanSpecification
from edgeauth.mechanisms.authenticators.principals import PrincipalSpecification, WrittenPrincipal
from edgeauth.mechanisms.authenticators.sources import SourceSpecification, build_sources
from edgeauth.mechanisms.forwarding import Forwarded
from edgeauth.mechanisms.values import encode_text
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoints import Call, Endpoint, UrlTemplateOf
from edgeauth.ports.facts import Learned, fact_kind
from edgeauth.ports.fields import FieldName, TemplateOf
from edgeauth.ports.services import EndpointAnswer, Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.credentials import Credential, find_credential
from edgeauth.wire.json import loads

_MISSING = Refusal(
    Reason.AUTHENTICATION, "there is no credential", frozenset({Reason.PRECONDITION})
)
_MARGIN = 10.0
"""Seconds before the end of a session from which its service is asked again."""


class SessionEndpoint(Endpoint):
    """The endpoint that is asked whose credential it is."""

    url: Annotated[Template, UrlTemplateOf("AuthenticationData")]
    headers: dict[FieldName, Annotated[Template, TemplateOf("AuthenticationData")]] = Field(
        default_factory=dict
    )


class GenericAuthenticatorSpecification(Specification):
    """The configuration of `generic`.

    Attributes:
        identity_info_endpoint: who is asked; sees the credential as `AuthenticationData`.
        authentication_data_source: places to look for the credential, in order.
        principal: where in the answer the identity is; older catalogues call it `subject`.
        forward_headers: names of the client's headers that are sent along.
        forward_cookies: names of the client's cookies that are sent along.
        payload: the body of the question.
        session_lifespan: where in the answer it says whether the session is alive.
        cache_ttl: seconds for which an answer is believed; 0 is never.
    """

    identity_info_endpoint: SessionEndpoint
    authentication_data_source: ListOf[SourceSpecification] = Field(min_length=1)
    principal: PrincipalSpecification = Field(
        validation_alias=AliasChoices("principal", "subject"),
    )
    forward_headers: ListOf[FieldName] = ()
    forward_cookies: ListOf[Text] = ()
    payload: Annotated[Template, TemplateOf("AuthenticationData")] | None = None
    session_lifespan: LifespanSpecification = LifespanSpecification()
    cache_ttl: Duration = 0.0


class _Session(NamedTuple):
    """What the service said, and who that is."""

    answer: Json
    principal: Principal


class _Written(NamedTuple):
    answer: object
    principal: WrittenPrincipal


_SESSION: Final = fact_kind(
    "session.1",
    _Session,
    _Written,
    lambda session: _Written(session.answer, WrittenPrincipal.of(session.principal)),
    lambda written: _Session(cast("Json", written.answer), written.principal.principal()),
)


class GenericAuthenticator:
    """Recognises the bearers of credentials that a service knows.

    Args:
        specification: the configuration in effect.
        services: the network, the cache and the clock.
    """

    def __init__(
        self, specification: GenericAuthenticatorSpecification, services: Services
    ) -> None:
        self._specification = specification
        self._sources = build_sources(specification.authentication_data_source)
        self._forwarded = Forwarded(specification.forward_headers, specification.forward_cookies)
        self._lifespan = specification.session_lifespan
        self._services = services
        self._key_part = fingerprint(
            b"session",
            specification.identity_info_endpoint.fingerprint,
            specification.principal.fingerprint,
            # What ends a fact, or a rule would get one that is older than it accepts.
            specification.session_lifespan.fingerprint,
            repr(specification.cache_ttl).encode(),
        )

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns whom the credential belongs to.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where there
            was no credential.

        Raises:
            Fault: COMMUNICATION when the service gave no answer, INTERNAL when that is no JSON
                or holds no principal.
        """
        try:
            credential = find_credential(seen.request, self._sources, seen.view)
        except Malformed as problem:
            causes = frozenset({Reason.PRECONDITION})
            return Refusal(Reason.AUTHENTICATION, str(problem), causes)
        if credential is None:
            return _MISSING
        session = await self._session(seen, credential)
        if isinstance(session, Refusal):
            return session
        refusal = self._lifespan.check(session.answer, self._services.clock.now())
        return session.principal if refusal is None else refusal

    async def _session(self, seen: Matched, credential: Credential) -> _Session | Refusal:
        call = self._call(seen, credential)
        ttl = self._specification.cache_ttl
        # Whatever is sent has influenced the answer; a credential that is not sent has not.
        key = fingerprint(self._key_part, call.fingerprint, credential.value)
        if not ttl > 0:
            return await self._ask(call, key)
        known = self._services.cache.find(key)
        if isinstance(known, _Session):
            return known
        return await self._services.cache.learn(key, _SESSION, lambda: self._learn(call, key, ttl))

    async def _learn(self, call: Call, key: bytes, ttl: float) -> Learned[_Session | Refusal]:
        session = await self._ask(call, key)
        if isinstance(session, Refusal):
            return Learned(session, None)
        ends = self._services.clock.now() + ttl
        if session.principal.expires_at is not None:
            ends = min(ends, session.principal.expires_at - _MARGIN)
        return Learned(session, ends)

    async def _ask(self, call: Call, key: bytes) -> _Session | Refusal:
        answer = await self._services.endpoints.send(call)
        if answer.status in (401, 403):
            return Refusal(Reason.AUTHENTICATION, f"the service answered {answer.status}")
        return self._read(answer, key)

    def _call(self, seen: Matched, credential: Credential) -> Call:
        scope = {"AuthenticationData": credential.text()}
        payload = self._specification.payload
        return self._specification.identity_info_endpoint.call(
            scope,
            None if payload is None else encode_text(payload.render(scope)),
            self._forwarded.of(seen.request.headers),
        )

    def _read(self, answer: EndpointAnswer, key: bytes) -> _Session:
        if not 200 <= answer.status < 300:
            raise Fault(Reason.COMMUNICATION, f"the service answered {answer.status}")
        try:
            document = loads(answer.body)
        except Malformed:
            raise Fault(Reason.INTERNAL, "the service's answer is no JSON") from None
        if not isinstance(document, Mapping):
            raise Fault(Reason.INTERNAL, "the service's answer is no object")
        principal = self._specification.principal.extract(
            document, fingerprint(key, answer.body), self._lifespan.ends_at(document)
        )
        return _Session(document, principal)


def _build(
    _id: str, specification: GenericAuthenticatorSpecification, services: Services
) -> GenericAuthenticator:
    return GenericAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "generic",
    GenericAuthenticatorSpecification,
    _build,
    {"cache_ttl": Override.REPLACE},
)
