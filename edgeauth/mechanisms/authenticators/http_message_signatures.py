"""Proves that the owner of a key has signed the parts of the request that matter.

What the signature has to cover is configured: unless it says otherwise method, host and path, and
the query and the content where there are any. The request that counts is the canonical one, the
same that rules see and upstreams get, also behind proxies that are trusted. Content is covered by
a `Content-Digest` that is itself signed, and is compared with what will be forwarded.

A signature is good once: its nonce is remembered as long as it could be used again, in the store
that all processes share.

Trust: everything is hostile until the signature was verified. What can be refused without the key
is refused before anybody is asked for it; nothing else counts than what is covered.

Source:
    RFC 9421; RFC 9530 (Content-Digest).
"""

import asyncio
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import AfterValidator, Field, field_validator, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.expressions.paths import compile_selector
from edgeauth.mechanisms.authenticators.issuers import build_key_source, names_issuer
from edgeauth.mechanisms.authenticators.lifespans import Leeway
from edgeauth.mechanisms.authenticators.message_keys import (
    FetchedKeys,
    KnownKeys,
    MessageKeys,
    read_known_keys,
)
from edgeauth.mechanisms.authenticators.message_policy import (
    CONTENT_DIGEST,
    QUERY,
    MessagePolicy,
)
from edgeauth.mechanisms.authenticators.principals import Path, PrincipalSpecification
from edgeauth.mechanisms.authenticators.sources import Name
from edgeauth.model.decision import Field as HeaderField, Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoint_settings import Stale
from edgeauth.ports.endpoints import IssuerEndpoint
from edgeauth.ports.secret_references import TextReference
from edgeauth.ports.services import Services, leave_fast_path
from edgeauth.ports.stages import Matched
from edgeauth.wire.content_digest import is_content_of, parse_content_digest
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import PublicKey
from edgeauth.wire.message_signatures import (
    LONGEST_TEXT,
    MessageSignature,
    accept_signature,
    algorithm_for,
    has_signed,
    message_base,
)
from edgeauth.wire.signatures import FIELD_TYPES, Component, FieldType, parse_component
from edgeauth.wire.structured_fields import is_key

_LARGE: Final = 262_144
"""Octets of content from which its digest is computed beside the event loop."""

AlgorithmName = Literal[
    "ed25519",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
    "rsa-pss-sha512",
    "rsa-v1_5-sha256",
    "hmac-sha256",
]


def _check_age(seconds: float) -> float:
    if not 1.0 <= seconds <= 3600.0:
        raise not_expected("from 1s to 1h, or stolen signatures are good for long")
    return seconds


def _check_ttl(seconds: float) -> float:
    if not seconds >= 1.0:
        raise not_expected("1s or more")
    return seconds


class SignerSpecification(PrincipalSpecification):
    """Paths into what a signature says of itself.

    Attributes:
        id: leads to the identifier: the name of the key.
    """

    id: Path = Field(default_factory=lambda: compile_selector("keyid"))


class HttpMessageSignaturesSpecification(Specification):
    """The configuration of `http_message_signatures`.

    Attributes:
        jwks_endpoint: who has the keys.
        jwks: a key set in a secret source, with public keys and secrets.
        label: the signature that counts, by its label.
        tag: the signature that counts, by its `tag`.
        components: what has to be covered; the query and the content where there are any.
        structured_fields: the types of further structured fields, which may be covered with `sf`.
        allowed_algorithms: what requests may be signed with.
        max_age: seconds for which a signature is accepted after it was created.
        validity_leeway: seconds by which clocks may differ; at most 60.
        replay_allowed: whether a signature may be used more than once; needs no nonce then.
        principal: who has signed.
        cache_ttl: seconds for which keys of an endpoint are believed.
        stale_if_error: seconds for which they are believed longer while it can not be asked.
    """

    jwks_endpoint: IssuerEndpoint | None = None
    jwks: TextReference | None = None
    label: Text | None = None
    tag: Annotated[Text, Field(max_length=LONGEST_TEXT)] | None = None
    components: Annotated[ListOf[Text], Field(min_length=1)] = (
        "@method", "@authority", "@path", QUERY, CONTENT_DIGEST,
    )  # fmt: skip
    structured_fields: dict[Name, FieldType] = Field(default_factory=dict)
    allowed_algorithms: Annotated[ListOf[AlgorithmName], Field(min_length=1)] = (
        "ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "rsa-pss-sha512", "hmac-sha256",
    )  # fmt: skip
    max_age: Annotated[Duration, AfterValidator(_check_age)] = 300.0
    validity_leeway: Leeway = 10.0
    replay_allowed: bool = False
    principal: SignerSpecification = Field(default_factory=SignerSpecification)
    cache_ttl: Annotated[Duration, AfterValidator(_check_ttl)] = 600.0
    stale_if_error: Stale = 0.0

    @field_validator("label")
    @classmethod
    def _check_label(cls, label: str | None) -> str | None:
        if label is not None and not is_key(label):
            raise not_expected("a label of lower-case letters and digits such as sig1")
        return label

    @field_validator("tag")
    @classmethod
    def _check_tag(cls, tag: str | None) -> str | None:
        if tag is not None and not (tag.isascii() and tag.isprintable()):
            raise not_expected("a tag in printable ASCII")
        return tag

    @model_validator(mode="after")
    def _check(self) -> "HttpMessageSignaturesSpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        yield from self._wrong_keys()
        yield from self._wrong_components()
        yield from self._wrong_fields()
        if self.label is not None and self.tag is not None:
            message = "label and tag exclude each other: one of them says which signature counts"
            yield Finding(message, ("tag",), on_key=True)

    def _wrong_keys(self) -> Iterator[Finding]:
        endpoint, jwks = self.jwks_endpoint, self.jwks
        if (endpoint is None) == (jwks is None):
            yield Finding("either jwks_endpoint or jwks has to say where the keys are")
        if endpoint is not None and names_issuer(endpoint):
            message = "signatures have no issuer: TokenIssuer has no value here"
            yield Finding(message, ("jwks_endpoint",))
        for name in ("cache_ttl", "stale_if_error"):
            if endpoint is None and name in self.model_fields_set:
                message = f"{name} has no effect without jwks_endpoint"
                yield Finding(message, (name,), on_key=True)
        if jwks is not None:
            try:
                jwks.demand(HttpMessageSignaturesSpecification, _check_keys)
            except Malformed as problem:
                yield Finding(f"the key set {problem}", ("jwks",))

    def _wrong_components(self) -> Iterator[Finding]:
        seen: set[Component] = set()
        for index, text in enumerate(self.components):
            try:
                component = parse_component(text)
            except Malformed as problem:
                yield Finding(str(problem), ("components", index))
                continue
            if component in seen:
                yield Finding("this is demanded already", ("components", index))
            seen.add(component)

    def _wrong_fields(self) -> Iterator[Finding]:
        seen = set(FIELD_TYPES)
        for name in self.structured_fields:
            if name.lower() in seen:
                message = "what this field is made of is known already"
                yield Finding(message, ("structured_fields", name), on_key=True)
            seen.add(name.lower())

    @cached_property
    def field_types(self) -> Mapping[str, FieldType]:
        """Returns the types of all structured fields, by their lower-cased names."""
        more = {name.lower(): kind for name, kind in self.structured_fields.items()}
        return {**FIELD_TYPES, **more}

    def policy(self) -> MessagePolicy:
        """Returns which signature counts, and what it has to say."""
        return MessagePolicy(
            tuple(parse_component(text) for text in self.components),
            self.label,
            self.tag,
            self.max_age,
            self.validity_leeway,
            self.replay_allowed,
        )

    def keys(self, services: Services) -> MessageKeys:
        """Returns the keys that count."""
        if self.jwks is not None:
            return KnownKeys(self.jwks)
        source = build_key_source(
            self.jwks_endpoint, None, self.cache_ttl, stale_if_error=self.stale_if_error
        )
        return FetchedKeys(source, services.verification_keys)


def _check_keys(text: str) -> None:
    read_known_keys(text)


class _Proven(NamedTuple):
    """A signature that its key has made."""

    signature: MessageSignature
    key: PublicKey
    algorithm: str


class HttpMessageSignaturesAuthenticator:
    """Recognises the owner of a key that has signed the request.

    Args:
        specification: the configuration in effect.
        services: the clock, the keys and the store of used nonces.
    """

    def __init__(
        self, specification: HttpMessageSignaturesSpecification, services: Services
    ) -> None:
        self._specification = specification
        self._policy = specification.policy()
        self._keys = specification.keys(services)
        self._now = services.clock.now
        self._replays = services.replays
        label = specification.label or "sig"
        accepted = accept_signature(label, self._policy.components, specification.tag)
        self._fields: tuple[HeaderField, ...] = ((b"accept-signature", accepted),)

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns whose key has signed the request.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where there is
            no signature that could count.

        Raises:
            Fault: the keys could not be fetched, there is more content than may be held, nobody
                could tell whether the signature was used before, or there is no identifier where
                the configuration says.
        """
        try:
            signature = self._policy.find(seen.request)
            if signature is None:
                return self._missing()
            detail = self._policy.check(seen.request, signature, self._now())
            base = message_base(seen.request, signature, self._specification.field_types)
        except Malformed as problem:
            return self._refused(str(problem))
        proven = None if detail else await self._prove(signature, base)
        if proven is None:
            return self._refused(detail or "no key that is known has made the signature")
        detail = await self._check_content(seen, signature) or await self._spend(proven)
        return self._refused(detail) if detail else self._principal(proven)

    async def _prove(self, signature: MessageSignature, base: bytes) -> _Proven | None:
        key = await self._keys.find(signature.text("keyid") or "")
        if key is None:
            return None
        allowed = self._specification.allowed_algorithms
        algorithm = algorithm_for(key, signature.text("alg"), allowed)
        if algorithm is None or not has_signed(key, algorithm, base, signature):
            return None
        return _Proven(signature, key, algorithm)

    async def _check_content(self, seen: Matched, signature: MessageSignature) -> str | None:
        covered = signature.covers(CONTENT_DIGEST)
        if not covered and not self._policy.demands_content:
            return None
        content = await seen.content_octets()
        if not covered:
            return "the signature does not cover the content" if content else None
        try:
            digests = parse_content_digest(seen.request.headers.text(CONTENT_DIGEST))
        except Malformed as problem:
            return str(problem)
        if len(content) >= _LARGE:
            await leave_fast_path()
            same = await asyncio.to_thread(is_content_of, digests, content)
        else:
            same = is_content_of(digests, content)
        return None if same else "the content is not the one that was signed"

    async def _spend(self, proven: _Proven) -> str | None:
        """Refuses a nonce that was used before; last, so that no other refusal costs it."""
        nonce = proven.signature.text("nonce")
        if self._specification.replay_allowed or nonce is None:
            return None
        used = fingerprint(b"http_message_signatures", proven.key.thumbprint, nonce.encode())
        if await self._replays.first_use(used, self._policy.ends_at(proven.signature)):
            return None
        return "the signature was used before"

    def _principal(self, proven: _Proven) -> Principal:
        signature = proven.signature
        known: dict[str, Json] = {
            "keyid": signature.text("keyid") or "",
            "alg": proven.algorithm,
            "components": [each.identifier for each in signature.components],
        }
        tag = signature.text("tag")
        if tag is not None:
            known["tag"] = tag
        expires = signature.time("expires")
        evidence = fingerprint(
            b"http_message_signatures", proven.key.thumbprint, dumps(known), repr(expires).encode()
        )
        ends = None if expires is None else float(expires)
        return self._specification.principal.extract(known, evidence, ends)

    def _missing(self) -> Refusal:
        return Refusal(
            Reason.AUTHENTICATION,
            "there is no signature that could count",
            frozenset({Reason.PRECONDITION}),
            fields=self._fields,
        )

    def _refused(self, detail: str) -> Refusal:
        return Refusal(Reason.AUTHENTICATION, detail, fields=self._fields)


def _build(
    _id: str, specification: HttpMessageSignaturesSpecification, services: Services
) -> HttpMessageSignaturesAuthenticator:
    return HttpMessageSignaturesAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "http_message_signatures",
    HttpMessageSignaturesSpecification,
    _build,
    {
        "components": Override.REPLACE,
        "label": Override.REPLACE,
        "tag": Override.REPLACE,
    },
)
