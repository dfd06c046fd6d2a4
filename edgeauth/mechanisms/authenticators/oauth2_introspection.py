"""Proves whose an access token is by asking the authorization server that issued it.

What the server said is remembered until shortly before the token ends, or for as long as
configured. That is a fact; whether it is current, and enough for this rule, is decided every time.

Trust: the token is hostile, and is shown to nobody but the server that it is for: one that names an
issuer that is not trusted is refused before anybody is asked. The answer is the server's word, over
TLS or signed.

Source:
    RFC 7662; RFC 8414 (metadata); RFC 9701 (signed answers); RFC 6750 sections 2 and 3;
    RFC 9449 (DPoP); RFC 8705 section 3 (certificate-bound tokens).
"""

from collections.abc import Collection, Iterator, Mapping
from math import inf
from typing import Annotated, Final, NamedTuple, cast

from pydantic import AliasChoices, Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Duration, ListOf
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.authenticators.admission import Admission
from edgeauth.mechanisms.authenticators.assertions import AssertionsSpecification
from edgeauth.mechanisms.authenticators.issuers import MetadataEndpoint, names_issuer
from edgeauth.mechanisms.authenticators.possession import Presented
from edgeauth.mechanisms.authenticators.principals import PrincipalSpecification, WrittenPrincipal
from edgeauth.mechanisms.authenticators.signaling import TokenErrorSignaling
from edgeauth.mechanisms.authenticators.signed_answers import AnswerVerifier, SignedAnswers
from edgeauth.mechanisms.authenticators.sources import SourceSpecification, build_sources
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import Principal, digest, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoints import Call, Endpoint, UrlTemplateOf
from edgeauth.ports.facts import Learned, fact_kind
from edgeauth.ports.fields import FieldName, TemplateOf
from edgeauth.ports.services import EndpointAnswer, Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.confirmation import Confirmation, parse_confirmation
from edgeauth.wire.credentials import find_credential
from edgeauth.wire.introspection import (
    FORM,
    PLAIN_ANSWER,
    SIGNED_ANSWER,
    introspection_form,
    is_active,
    parse_answer,
)
from edgeauth.wire.jws import parse_compact
from edgeauth.wire.jwt import check_audience, check_times, expires_at, parse_claims

_MARGIN = 10.0
"""Seconds before the end of a token from which the server is asked again."""


class IntrospectionEndpoint(Endpoint):
    """The endpoint that is shown the token."""

    url: Annotated[Template, UrlTemplateOf("TokenIssuer")]
    headers: dict[FieldName, Annotated[Template, TemplateOf("TokenIssuer")]] = Field(
        default_factory=dict
    )


class IntrospectionSpecification(Specification):
    """The configuration of `oauth2_introspection`.

    Attributes:
        introspection_endpoint: who is asked.
        metadata_endpoint: the issuer's metadata, which says who is asked; its `issuer` is trusted
            unless `assertions.issuers` name others.
        token_source: places to look for the token.
        assertions: what the answer must say; `iss` only where it has one.
        principal: where in the answer the identity is; older catalogues call it `subject`.
        cache_ttl: seconds for which an answer is believed, at most until shortly before the
            token ends; 0 is never. Unset, until then, and not at all without an end.
        signed_answers: answers are JWTs (RFC 9701), and no other ones are accepted.
        error_signaling: what a client is told about the token that it lacks.
    """

    introspection_endpoint: IntrospectionEndpoint | None = None
    metadata_endpoint: MetadataEndpoint | None = None
    token_source: ListOf[SourceSpecification] | None = Field(default=None, min_length=1)
    assertions: AssertionsSpecification = Field(default_factory=AssertionsSpecification)
    principal: PrincipalSpecification = Field(
        default_factory=PrincipalSpecification,
        validation_alias=AliasChoices("principal", "subject"),
    )
    cache_ttl: Duration | None = None
    signed_answers: SignedAnswers | None = None
    error_signaling: TokenErrorSignaling | None = None

    @model_validator(mode="after")
    def _check_endpoints(self) -> "IntrospectionSpecification":
        refuse(self._findings())
        return self

    @property
    def endpoint(self) -> Endpoint:
        """Returns whom the configuration names."""
        found = self.introspection_endpoint or self.metadata_endpoint
        if found is None:
            raise ValueError("there is neither an endpoint nor metadata")
        return found

    def _findings(self) -> Iterator[Finding]:
        metadata = self.metadata_endpoint
        if self.introspection_endpoint is None and metadata is None:
            hint = "set introspection_endpoint or metadata_endpoint"
            yield Finding("nothing says who is asked about tokens", hint=hint)
            return
        if self.introspection_endpoint is not None and metadata is not None:
            message = "introspection_endpoint and metadata_endpoint exclude each other"
            yield Finding(message, ("metadata_endpoint",), "remove one of them", on_key=True)
        if self.assertions.issuers is None and names_issuer(self.endpoint):
            # Attack 129: a token does not say itself who is asked about it.
            message = "nothing says which issuers are trusted"
            yield Finding(message, hint="list them in assertions.issuers")
        signed = self.signed_answers
        if signed is not None:
            yield from signed.findings(metadata, self.assertions.issuers)
        elif metadata is not None and metadata.resolved_endpoints.jwks_uri is not None:
            path = ("metadata_endpoint", "resolved_endpoints", "jwks_uri")
            yield Finding("keys are needed for signed_answers only", path, on_key=True)


class _Question(NamedTuple):
    """Whom to ask about a token, and who may be the issuer in the answer."""

    call: Call
    issuers: Collection[str] | None
    """None where nobody said who is trusted: the endpoint is."""
    issuer: str
    """The `TokenIssuer` of templated URLs."""


class _Introspected(NamedTuple):
    """What the server said about a token that is active."""

    claims: Mapping[str, Json]
    confirmation: Confirmation | None
    issuers: Collection[str] | None
    principal: Principal


# Attack 132: a stranger's token is not shown to our server, nor ours to a stranger's.
_UNTRUSTED: Final[Learned[_Introspected | str]] = Learned("the token's issuer is not trusted", None)


class _Written(NamedTuple):
    claims: dict[str, object]
    confirmation: Confirmation | None
    issuers: tuple[str, ...] | None
    principal: WrittenPrincipal


def _write(known: _Introspected) -> _Written:
    issuers = None if known.issuers is None else tuple(known.issuers)
    principal = WrittenPrincipal.of(known.principal)
    return _Written(dict(known.claims), known.confirmation, issuers, principal)


def _read(written: _Written) -> _Introspected:
    claims = cast("dict[str, Json]", written.claims)
    principal = written.principal.principal()
    return _Introspected(claims, written.confirmation, written.issuers, principal)


_INTROSPECTED: Final = fact_kind("introspection.1", _Introspected, _Written, _write, _read)


class IntrospectionAuthenticator:
    """Recognises the bearer of a token that its server knows.

    Args:
        specification: the configuration in effect.
        services: the network, the cache, the clock and the issuers.

    Raises:
        ValueError: proofs need a key that is not configured.
    """

    def __init__(self, specification: IntrospectionSpecification, services: Services) -> None:
        self._specification = specification
        self._sources = build_sources(specification.token_source)
        self._configured = specification.assertions
        self._audience = frozenset(self._configured.audience)
        self._templated = names_issuer(specification.endpoint)
        self._admission = Admission(self._configured, specification.error_signaling, services)
        self._signaling = self._admission.signaling
        signed = specification.signed_answers
        self._verifier = (
            None
            if signed is None
            else AnswerVerifier(signed, specification.metadata_endpoint, self._configured, services)
        )
        self._services = services
        self._key_prefix = _fingerprint(specification)

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns whose the token is.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where there
            was no token.

        Raises:
            Fault: COMMUNICATION when the server gave no answer, INTERNAL when that is none or
                holds no principal, and, being final, when a signed answer can not be trusted.
        """
        try:
            credential = find_credential(seen.request, self._sources, seen.view)
        except Malformed as problem:
            return self._signaling.unreadable(str(problem), b"")
        if credential is None:
            return self._signaling.missing()
        # The prefix has a fixed length and covers whom the token leads to, but for the issuer,
        # which is in the token. A dump of the cache shows no token.
        key = digest(self._key_prefix + credential.value)
        known = await self._ask(key, credential.value)
        if isinstance(known, str):
            return self._signaling.invalid_token(known, credential.scheme)
        wrong = self._check(known)
        if wrong is not None:
            return self._signaling.invalid_token(wrong, credential.scheme)
        presented = Presented(seen.request, credential, known.confirmation)
        refusal = await self._admission.check(presented, known.claims)
        return known.principal if refusal is None else refusal

    def _check(self, known: _Introspected) -> str | None:
        """Returns why the claims are not for us, not from a trusted issuer or not current."""
        claims = known.claims
        if "iss" in claims and known.issuers is not None:
            issuer = claims["iss"]
            if not isinstance(issuer, str) or issuer not in known.issuers:
                return "the token's issuer is not trusted"
        refusal = check_audience(claims, self._audience) or check_times(
            claims, self._services.clock.now(), self._configured.validity_leeway
        )
        return None if refusal is None else refusal.detail

    async def _ask(self, key: bytes, token: bytes) -> _Introspected | str:
        if self._specification.cache_ttl == 0:
            return (await self._introspect(key, token)).outcome
        known = self._services.cache.find(key)
        if isinstance(known, _Introspected):
            return known
        return await self._services.cache.learn(
            key, _INTROSPECTED, lambda: self._introspect(key, token)
        )

    async def _introspect(self, key: bytes, token: bytes) -> Learned[_Introspected | str]:
        """Returns what the server said, or why the token is refused."""
        issuer = _issuer_of(token)
        trusted = self._configured.issuers
        if trusted is not None and issuer is not None and issuer not in trusted:
            return _UNTRUSTED
        if self._templated and issuer is None:
            return Learned("the token does not say who issued it", None)
        question = await self._question(token, issuer or "")
        if issuer is not None and question.issuers is not None and issuer not in question.issuers:
            return _UNTRUSTED
        asked_at = self._services.clock.now()
        answer = await self._services.endpoints.send(question.call)
        claims = await self._read(answer, question)
        try:
            if not is_active(claims):
                return Learned("the authorization server says that the token is not active", None)
        except Malformed as problem:
            raise Fault(Reason.INTERNAL, str(problem)) from None
        try:
            confirmation = parse_confirmation(claims)
        except Malformed as problem:
            return Learned(str(problem), None)
        principal = self._specification.principal.extract(
            claims, fingerprint(key, answer.body), expires_at(claims)
        )
        found = _Introspected(claims, confirmation, question.issuers, principal)
        return Learned(found, self._believed_until(asked_at, principal))

    async def _question(self, token: bytes, issuer: str) -> _Question:
        specification = self._specification
        headers = {
            "accept": PLAIN_ANSWER if self._verifier is None else SIGNED_ANSWER,
            "content-type": FORM,
        }
        body = introspection_form(token)
        issuers: Collection[str] | None = self._configured.issuers
        if self._templated:
            # Whoever is asked speaks for itself only.
            issuers = (issuer,)
        endpoint = specification.introspection_endpoint
        if endpoint is not None:
            call = endpoint.call({"TokenIssuer": issuer}, body, headers)
            return _Question(call, issuers, issuer)
        metadata_endpoint = specification.metadata_endpoint
        if metadata_endpoint is None:
            raise ValueError("there is neither an endpoint nor metadata")
        metadata = await self._services.issuers.metadata(metadata_endpoint.source, issuer)
        url = metadata.introspection_endpoint
        if url is None:
            raise Fault(Reason.COMMUNICATION, "the metadata names no introspection endpoint")
        if metadata_endpoint.url.text.startswith("https:") and not url.startswith("https:"):
            raise Fault(Reason.COMMUNICATION, "the metadata leads to an endpoint without TLS")
        resolved = metadata_endpoint.resolved_endpoints.introspection_endpoint
        settings = resolved or metadata_endpoint.for_another_resource()
        call = Call("POST", url, tuple(headers.items()), body, settings.settings)
        return _Question(call, issuers or (metadata.issuer,), issuer)

    async def _read(self, answer: EndpointAnswer, question: _Question) -> Mapping[str, Json]:
        if answer.status != 200:
            detail = f"the authorization server answered {answer.status}"
            raise Fault(Reason.COMMUNICATION, detail)
        if self._verifier is not None:
            return await self._verifier.read(answer, question.issuers or (), question.issuer)
        try:
            return parse_answer(answer.body)
        except Malformed as problem:
            detail = f"the authorization server's answer {problem}"
            raise Fault(Reason.INTERNAL, detail) from None

    def _believed_until(self, asked_at: float, principal: Principal) -> float:
        ttl = self._specification.cache_ttl
        ends = inf if principal.expires_at is None else principal.expires_at - _MARGIN
        if ttl is None:
            return 0.0 if ends == inf else ends
        return min(asked_at + ttl, ends)


def _issuer_of(token: bytes) -> str | None:
    """Returns the issuer that a token names, unverified; None when it is no JWT or names none."""
    try:
        issuer = parse_claims(parse_compact(token).payload).get("iss")
    except Malformed:
        return None
    return issuer if isinstance(issuer, str) else None


def _fingerprint(specification: IntrospectionSpecification) -> bytes:
    """Returns a digest over all that facts about a token depend on (attack 130).

    Assertions do not belong there, but for the issuers, which decide who is asked. How long facts
    are believed does, or a rule would get one that is older than it accepts.
    """
    metadata = specification.metadata_endpoint
    parts = [specification.endpoint.fingerprint, specification.principal.fingerprint]
    if metadata is not None:
        resolved = metadata.resolved_endpoints
        parts.append(metadata.source.fingerprint)
        parts += [
            b"" if settings is None else settings.fingerprint
            for settings in (resolved.introspection_endpoint, resolved.jwks_uri)
        ]
    signed = specification.signed_answers
    parts.append(b"" if signed is None else signed.fingerprint)
    parts.append(repr((specification.cache_ttl, specification.assertions.issuers)).encode())
    return fingerprint(b"introspection", *parts)


def _build(
    _id: str, specification: IntrospectionSpecification, services: Services
) -> IntrospectionAuthenticator:
    return IntrospectionAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "oauth2_introspection",
    IntrospectionSpecification,
    _build,
    {
        "assertions": Override.MERGE,
        "cache_ttl": Override.REPLACE,
        "error_signaling": Override.REPLACE,
    },
)
