"""Proves that a trusted issuer says who the bearer of a token is.

Verified tokens are remembered, since one signature costs as much as the rest of a request. What is
kept are facts (these claims were signed with a key of this issuer), never the verdict: whether they
are current, and enough for this rule, is decided every time.

Trust: the token is hostile until its signature was verified. What can be refused without asking
anybody and without a signature is refused first.

Source:
    RFC 7519; RFC 8725 (best current practices); RFC 6750 sections 2 and 3 (bearer tokens);
    RFC 9449 (DPoP); RFC 8705 section 3 (certificate-bound tokens).
"""

from collections.abc import Iterator, Mapping
from math import inf

from msgspec import Struct
from pydantic import AliasChoices, Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.admission import Admission
from edgeauth.mechanisms.authenticators.assertions import AssertionsSpecification
from edgeauth.mechanisms.authenticators.issuers import (
    MetadataEndpoint,
    build_key_source,
    names_issuer,
)
from edgeauth.mechanisms.authenticators.possession import Presented
from edgeauth.mechanisms.authenticators.principals import PrincipalSpecification
from edgeauth.mechanisms.authenticators.signaling import DPOP, TokenErrorSignaling
from edgeauth.mechanisms.authenticators.sources import SourceSpecification, build_sources
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed
from edgeauth.model.identity import Principal, digest, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoint_settings import Stale
from edgeauth.ports.endpoints import IssuerEndpoint
from edgeauth.ports.issuers import KeySource, TrustStores
from edgeauth.ports.secret_references import AuthoritiesReference
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.confirmation import Confirmation, parse_confirmation
from edgeauth.wire.credentials import Credential, find_credential
from edgeauth.wire.jws import JoseHeader, parse_compact, verify_signature
from edgeauth.wire.jwt import (
    Assertions,
    check_claims,
    check_header,
    check_times,
    expires_at,
    parse_claims,
)


class JwtSpecification(Specification):
    """The configuration of `jwt`.

    Attributes:
        jwks_endpoint: the issuer's keys; `assertions.issuers` are needed then.
        metadata_endpoint: the issuer's metadata; its `issuer` is trusted unless
            `assertions.issuers` name others.
        jwt_source: places to look for the token; by default the bearer header, then the parameter
            `access_token` of the query, then that of a form.
        assertions: what the token must say.
        principal: who it is about; older catalogues call it `subject`.
        cache_ttl: seconds for which keys, and what they verified, are believed.
        stale_if_error: seconds for which keys are believed longer while the issuer can not be
            asked.
        validate_jwk: whether the certificates of a key, if it has any, must be trusted.
        trust_store: PEM file with who may vouch for keys; the system's authorities unless
            configured.
        trust_anchors: the same in a secret source; changes are in force after a restart.
        error_signaling: what a client is told about the token that it lacks.
    """

    jwks_endpoint: IssuerEndpoint | None = None
    metadata_endpoint: MetadataEndpoint | None = None
    jwt_source: ListOf[SourceSpecification] | None = Field(default=None, min_length=1)
    assertions: AssertionsSpecification = Field(default_factory=AssertionsSpecification)
    principal: PrincipalSpecification = Field(
        default_factory=PrincipalSpecification,
        validation_alias=AliasChoices("principal", "subject"),
    )
    cache_ttl: Duration = 600.0
    stale_if_error: Stale = 0.0
    validate_jwk: bool = True
    trust_store: Text | None = None
    trust_anchors: AuthoritiesReference | None = None
    error_signaling: TokenErrorSignaling | None = None

    @model_validator(mode="after")
    def _check_source(self) -> "JwtSpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.jwks_endpoint is None and self.metadata_endpoint is None:
            yield Finding(
                "nothing says where the issuer's keys are",
                hint="set jwks_endpoint or metadata_endpoint",
            )
        if self.jwks_endpoint is not None and self.metadata_endpoint is not None:
            yield Finding(
                "jwks_endpoint and metadata_endpoint exclude each other",
                ("metadata_endpoint",),
                hint="remove one of them",
                on_key=True,
            )
        if self.assertions.issuers is None and (
            self.metadata_endpoint is None or names_issuer(self.metadata_endpoint)
        ):
            # Attacks 123 and 129: a token does not say itself whose keys it is verified with.
            yield Finding(
                "nothing says which issuers are trusted", hint="list them in assertions.issuers"
            )

        if self.trust_store is not None and not self.validate_jwk:
            message = "trust_store has no effect without validate_jwk"
            yield Finding(message, ("trust_store",), on_key=True)
        if self.trust_anchors is not None and not self.validate_jwk:
            message = "trust_anchors has no effect without validate_jwk"
            yield Finding(message, ("trust_anchors",), on_key=True)
        if self.trust_anchors is not None and self.trust_store is not None:
            message = "trust_store has no effect beside trust_anchors"
            yield Finding(message, ("trust_store",), on_key=True)
        metadata = self.metadata_endpoint
        if metadata is not None and metadata.resolved_endpoints.introspection_endpoint is not None:
            path = ("metadata_endpoint", "resolved_endpoints", "introspection_endpoint")
            yield Finding("jwt introspects nothing", path, on_key=True)

    def key_source(self, trust_stores: TrustStores) -> KeySource:
        """Returns where the keys come from.

        Raises:
            ValueError: the trust store can not be used.
        """
        trust = None
        if self.trust_anchors is not None:
            trust = self.trust_anchors.current()
        elif self.validate_jwk:
            trust = trust_stores.anchors(self.trust_store)
        return build_key_source(
            self.jwks_endpoint, self.metadata_endpoint, self.cache_ttl, trust, self.stale_if_error
        )


class _Verified(Struct, frozen=True):
    """The facts about a token whose signature was verified."""

    header: JoseHeader
    claims: Mapping[str, Json]
    confirmation: Confirmation | None
    """What the token is bound to."""
    issuer: str | None
    """What the metadata calls the issuer; None where keys come from a JWKS endpoint."""
    principal: Principal
    passed: Assertions
    """What the claims were compared with when the token was verified."""
    admits_any_bearer: bool
    """Whether nothing else was to be checked, unless somebody sends the token as a bound one."""
    passed_at: float
    ends: float
    """The token's `exp`, or infinity."""

    def suffices(self, assertions: Assertions, scheme: bytes, now: float) -> bool:
        """Returns whether these assertions are known to hold, and nothing else is to be checked.

        The same claims give the same answer to the same assertions, until time has something to
        say: then, and for the assertions of every other rule, everything is looked at again.
        """
        return (
            self.passed is assertions
            and self.admits_any_bearer
            and self.passed_at <= now < self.ends
            and scheme != DPOP
        )


class JwtAuthenticator:
    """Recognises the bearer of a signed token.

    Args:
        specification: the configuration in effect.
        services: clock, cache and the issuers' keys.

    Raises:
        ValueError: the trust store can not be used, or proofs need a key that is not configured.
    """

    def __init__(self, specification: JwtSpecification, services: Services) -> None:
        self._sources = build_sources(specification.jwt_source)
        self._key_source = specification.key_source(services.trust_stores)
        self._principal = specification.principal
        self._configured = specification.assertions
        self._assertions = self._configured.build(self._configured.issuers or ())
        self._assumed_issuer: str | None = None
        self._admission = Admission(self._configured, specification.error_signaling, services)
        self._signaling = self._admission.signaling
        self._services = services
        self._find = services.cache.find
        self._now = services.clock.now
        # Assertions do not belong there: rules that differ in nothing else share what they know.
        self._key_prefix = fingerprint(
            b"jwt", self._key_source.fingerprint, specification.principal.fingerprint
        )

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns whom the token is about.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where there
            was no token, or one that can not be read.

        Raises:
            Fault: the issuer's keys could not be fetched, the claims hold no principal, or nobody
                could tell whether a proof was used before.
        """
        try:
            credential = find_credential(seen.request, self._sources, seen.view)
        except Malformed as problem:
            return self._signaling.unreadable(str(problem), b"")
        if credential is None:
            return self._signaling.missing()
        # The prefix has a fixed length, so nothing else has this digest; and a dump of the
        # cache shows no token.
        key = digest(self._key_prefix + credential.value)
        known = self._find(key)
        if not isinstance(known, _Verified):
            known = await self._verify(key, credential)
            if isinstance(known, Refusal):
                return known
        now = self._now()
        if known.suffices(self._assertions, credential.scheme, now):
            return known.principal
        assertions = self._assertions_for(known.issuer)
        wrong = check_header(known.header, assertions) or check_claims(
            known.claims, assertions, now
        )
        if wrong is not None:
            return self._signaling.invalid_token(wrong.detail, credential.scheme)
        presented = Presented(seen.request, credential, known.confirmation)
        refusal = await self._admission.check(presented, known.claims)
        return known.principal if refusal is None else refusal

    async def _verify(self, key: bytes, credential: Credential) -> _Verified | Refusal:
        try:
            compact = parse_compact(credential.value)
            claims = parse_claims(compact.payload)
            confirmation = parse_confirmation(claims)
        except Malformed as problem:
            return self._signaling.unreadable(str(problem), credential.scheme)
        named = claims.get("iss")
        issuer = named if isinstance(named, str) else ""
        wrong = self._check_before_asking(compact.header, claims, issuer)
        if wrong is not None:
            return self._signaling.invalid_token(wrong, credential.scheme)
        keys = await self._services.verification_keys.resolve(
            self._key_source, issuer, compact.header.kid
        )
        # Of many who wait for the keys with the same token, one verifies it.
        known = self._services.cache.peek(key)
        if isinstance(known, _Verified):
            return known
        assertions, now = self._assertions_for(keys.issuer), self._now()
        refusal = check_claims(claims, assertions, now)
        if refusal is not None:
            return self._signaling.invalid_token(refusal.detail, credential.scheme)
        allowed = assertions.allowed_algorithms
        if not any(verify_signature(compact, each, allowed) for each in keys.candidates):
            detail = "the token is signed with none of the issuer's keys"
            return self._signaling.invalid_token(detail, credential.scheme)
        evidence = fingerprint(self._key_prefix, compact.payload)
        principal = self._principal.extract(claims, evidence, expires_at(claims))
        ends = inf if principal.expires_at is None else principal.expires_at
        verified = _Verified(
            compact.header,
            claims,
            confirmation,
            keys.issuer,
            principal,
            assertions,
            self._admission.admits_any_bearer(claims, confirmation),
            now,
            ends,
        )
        self._services.cache.store(key, verified, min(keys.valid_until, ends))
        return verified

    def _check_before_asking(
        self, header: JoseHeader, claims: Mapping[str, Json], issuer: str
    ) -> str | None:
        """Returns why neither the issuer's keys nor its metadata could make it acceptable."""
        trusted = self._configured.issuers
        if trusted is not None and issuer not in trusted:
            return "the token's issuer is not trusted"
        refusal = check_header(header, self._assertions) or check_times(
            claims, self._now(), self._assertions.validity_leeway
        )
        return None if refusal is None else refusal.detail

    def _assertions_for(self, issuer: str | None) -> Assertions:
        """Returns the configured assertions, with the metadata's issuer if there is no other."""
        if self._configured.issuers is None and issuer != self._assumed_issuer:
            self._assertions = self._configured.build(() if issuer is None else (issuer,))
            self._assumed_issuer = issuer
        return self._assertions


def _build(_id: str, specification: JwtSpecification, services: Services) -> JwtAuthenticator:
    return JwtAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "jwt",
    JwtSpecification,
    _build,
    {
        "assertions": Override.MERGE,
        "cache_ttl": Override.REPLACE,
        "error_signaling": Override.REPLACE,
    },
)
