"""Proves that a trusted issuer says who the bearer of a token is.

Verified tokens are remembered, since one signature costs as much as the rest of a request. What is
kept are facts (these claims were signed with a key of this issuer), never the verdict: whether they
are current, and enough for this rule, is decided every time.

Trust: the token is hostile until its signature was verified. What can be refused without asking
anybody and without a signature is refused first.

Source:
    RFC 7519; RFC 8725 (best current practices); RFC 6750 sections 2 and 3 (bearer tokens).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from math import inf
from typing import Final, NamedTuple

from pydantic import AliasChoices, Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Duration, ListOf
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.assertions import AssertionsSpecification
from edgeauth.mechanisms.authenticators.issuers import (
    MetadataEndpoint,
    build_key_source,
    names_issuer,
)
from edgeauth.mechanisms.authenticators.principals import PrincipalSpecification
from edgeauth.mechanisms.authenticators.sources import SourceSpecification, build_sources
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoints import IssuerEndpoint
from edgeauth.ports.services import KeySource, Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.challenges import bearer_challenge
from edgeauth.wire.credentials import find_credential
from edgeauth.wire.jws import JoseHeader, parse_compact, verify_signature
from edgeauth.wire.jwt import (
    Assertions,
    check_claims,
    check_header,
    check_times,
    expires_at,
    parse_claims,
)

# RFC 6750 section 3.1: a request without credentials gets a challenge without an error code, so
# that a probe learns nothing.
_MISSING: Final = Refusal(
    Reason.AUTHENTICATION,
    "there is no token",
    frozenset({Reason.PRECONDITION}),
    challenges=(bearer_challenge(),),
)
_INVALID_TOKEN: Final = (bearer_challenge(error="invalid_token"),)


class JwtSpecification(Specification):
    """The configuration of `jwt`.

    Attributes:
        jwks_endpoint: the issuer's keys; `assertions.issuers` are needed then.
        metadata_endpoint: the issuer's metadata; its `issuer` is trusted unless
            `assertions.issuers` name others.
        jwt_source: places to look for the token; bearer header and query parameter by default.
        assertions: what the token must say.
        principal: who it is about; older catalogues call it `subject`.
        cache_ttl: seconds for which keys, and what they verified, are believed.
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

    @property
    def key_source(self) -> KeySource:
        """Returns where the keys come from."""
        return build_key_source(self.jwks_endpoint, self.metadata_endpoint, self.cache_ttl)


class _Verified(NamedTuple):
    """The facts about a token whose signature was verified."""

    header: JoseHeader
    claims: Mapping[str, Json]
    issuer: str | None
    """What the metadata calls the issuer; None where keys come from a JWKS endpoint."""
    principal: Principal
    passed: Assertions
    """What the claims were compared with when the token was verified."""
    passed_at: float
    ends: float
    """The token's `exp`, or infinity."""

    def check(self, assertions: Assertions, now: float) -> Refusal | None:
        """Refuses the token unless it satisfies the assertions now.

        The same claims give the same answer to the same assertions, until time has something to
        say: then, and for the assertions of every other rule, everything is looked at again.
        """
        if self.passed is assertions and self.passed_at <= now < self.ends:
            return None
        return check_header(self.header, assertions) or check_claims(self.claims, assertions, now)


class JwtAuthenticator:
    """Recognises the bearer of a signed token.

    Args:
        specification: the configuration in effect.
        services: clock, cache and the issuers' keys.
    """

    def __init__(self, specification: JwtSpecification, services: Services) -> None:
        self._sources = build_sources(specification.jwt_source)
        self._key_source = specification.key_source
        self._principal = specification.principal
        self._configured = specification.assertions
        self._assertions = self._configured.build(self._configured.issuers or ())
        self._assumed_issuer: str | None = None
        self._services = services
        self._find = services.cache.find
        self._now = services.clock.now
        self._key_prefix = _fingerprint(specification)

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns whom the token is about.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where there
            was no token.

        Raises:
            Fault: the issuer's keys could not be fetched, or the claims hold no principal.
        """
        try:
            credential = find_credential(seen.request, self._sources)
        except Malformed as problem:
            return _refused(str(problem))
        if credential is None:
            return _MISSING
        # The prefix has a fixed length, so nothing else has this digest; and a dump of the
        # cache shows no token.
        key = sha256(self._key_prefix + credential.value).digest()
        known = self._find(key)
        if not isinstance(known, _Verified):
            outcome = await self._verify(key, credential.value)
            return outcome.principal if isinstance(outcome, _Verified) else outcome
        refusal = known.check(self._assertions_for(known.issuer), self._now())
        return known.principal if refusal is None else _challenged(refusal)

    async def _verify(self, key: bytes, token: bytes) -> _Verified | Refusal:
        try:
            compact = parse_compact(token)
            claims = parse_claims(compact.payload)
        except Malformed as problem:
            return _refused(str(problem))
        named = claims.get("iss")
        issuer = named if isinstance(named, str) else ""
        refusal = self._check_before_asking(compact.header, claims, issuer)
        if refusal is not None:
            return _challenged(refusal)
        keys = await self._services.verification_keys.resolve(
            self._key_source, issuer, compact.header.kid
        )
        assertions, now = self._assertions_for(keys.issuer), self._now()
        refusal = check_claims(claims, assertions, now)
        if refusal is not None:
            return _challenged(refusal)
        allowed = assertions.allowed_algorithms
        if not any(verify_signature(compact, each, allowed) for each in keys.candidates):
            return _refused("the token is signed with none of the issuer's keys")
        principal = self._extract(compact.payload, claims)
        ends = inf if principal.expires_at is None else principal.expires_at
        verified = _Verified(compact.header, claims, keys.issuer, principal, assertions, now, ends)
        self._services.cache.store(key, verified, min(keys.valid_until, ends))
        return verified

    def _check_before_asking(
        self, header: JoseHeader, claims: Mapping[str, Json], issuer: str
    ) -> Refusal | None:
        """Refuses what neither the issuer's keys nor its metadata could make acceptable."""
        trusted = self._configured.issuers
        if trusted is not None and issuer not in trusted:
            return _refused("the token's issuer is not trusted")
        return check_header(header, self._assertions) or check_times(
            claims, self._now(), self._assertions.validity_leeway
        )

    def _assertions_for(self, issuer: str | None) -> Assertions:
        """Returns the configured assertions, with the metadata's issuer if there is no other."""
        if self._configured.issuers is None and issuer != self._assumed_issuer:
            self._assertions = self._configured.build(() if issuer is None else (issuer,))
            self._assumed_issuer = issuer
        return self._assertions

    def _extract(self, payload: bytes, claims: Mapping[str, Json]) -> Principal:
        evidence = fingerprint(self._key_prefix, payload)
        return self._principal.extract(claims, evidence, expires_at(claims))


def _fingerprint(specification: JwtSpecification) -> bytes:
    """Returns a digest over all that facts about a token depend on; assertions do not belong there.

    Rules that differ in nothing but their assertions share what they know.
    """
    return fingerprint(
        b"jwt", specification.key_source.fingerprint, specification.principal.fingerprint
    )


def _refused(detail: str) -> Refusal:
    return Refusal(Reason.AUTHENTICATION, detail, challenges=_INVALID_TOKEN)


def _challenged(refusal: Refusal) -> Refusal:
    return replace(refusal, challenges=_INVALID_TOKEN)


def _build(_id: str, specification: JwtSpecification, services: Services) -> JwtAuthenticator:
    return JwtAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "jwt",
    JwtSpecification,
    _build,
    {"assertions": Override.MERGE, "cache_ttl": Override.REPLACE},
)
