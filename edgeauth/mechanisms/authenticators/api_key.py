"""Proves that the client knows a key that its owner was given.

Nobody can read keys here: what is kept of each is a digest, and what a client sends is found by
its digest, in the same time however many keys there are. Every entry says whose the key is, what
for, and from when to when; an owner may have several, so that one can take the place of another.
A key that is unknown, disabled, expired or not valid yet is answered the same; the decision log
tells which it was.

Trust: the key is hostile. What could be guessed (fewer than 20 characters) is no key.

Source:
    RFC 9110 section 11.6 (challenges); RFC 2104 (HMAC); RFC 7693 (BLAKE2 with a key).
    NIST SP 800-63B section 5.1.2.2: one round of a digest is enough for secrets that are random.
"""

import os
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from pydantic import Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import ListOf
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.assertions import DemandedScopes
from edgeauth.mechanisms.authenticators.sources import SourceSpecification, build_sources
from edgeauth.mechanisms.realms import Realm
from edgeauth.model.api_key import ApiKey, ApiKeys
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.secret_references import ApiKeysReference, TextReference
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.wire.api_keys import SHORTEST_PEPPER, digest_of, has_form_of_key
from edgeauth.wire.challenges import scheme_challenge
from edgeauth.wire.credentials import HeaderSource, Source, find_credential
from edgeauth.wire.json import as_doubles, dumps
from edgeauth.wire.scopes import NO_SCOPES, check_scopes

_SOURCES: Final[tuple[Source, ...]] = (HeaderSource("X-API-Key"),)
_PROCESS_KEY: Final = os.urandom(32)
_TOLD: Final = "the API key is not accepted"


class ApiKeyAssertions(Specification):
    """What a key must have been granted.

    Attributes:
        scopes: all of them.
    """

    scopes: DemandedScopes | None = None


class ApiKeyErrorSignaling(Specification):
    """What a client is told about the key that it lacks.

    Attributes:
        enabled: whether there is a challenge for each scheme of the sources.
        realm: the name of what is protected.
    """

    enabled: bool = True
    realm: Realm = ""


class ApiKeySpecification(Specification):
    """The configuration of `api_key`.

    Attributes:
        keys: the keys that are known: a source of API keys, or a text that describes them.
        pepper: the secret that digests of the kind `hmac-sha256` are made with.
        api_key_source: places to look for the key, in order; the header `X-API-Key` unless
            configured.
        assertions: what the key must have been granted.
        error_signaling: challenges, for sources with a scheme.
    """

    keys: ApiKeysReference
    pepper: TextReference | None = None
    api_key_source: ListOf[SourceSpecification] | None = Field(default=None, min_length=1)
    assertions: ApiKeyAssertions = ApiKeyAssertions()
    error_signaling: ApiKeyErrorSignaling | None = None

    @model_validator(mode="after")
    def _check_signaling(self) -> "ApiKeySpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.error_signaling is not None and not any(
            each.scheme for each in self.api_key_source or ()
        ):
            message = "error_signaling has no effect: no source has a scheme to ask for"
            yield Finding(message, ("error_signaling",), on_key=True)

    def sources(self) -> tuple[Source, ...]:
        """Returns the places to look for the key."""
        return _SOURCES if self.api_key_source is None else build_sources(self.api_key_source)

    def index(self) -> "_Index":
        """Returns the keys as they are now."""
        return _index_of(self.keys.current(), self._current_pepper())

    def demand(self) -> None:
        """Has present and later keys and peppers refused where they are of no use.

        Raises:
            Malformed: those of the present are.
        """
        if self.pepper is not None:
            self.pepper.demand("api_key pepper", _check_pepper)
        # Made where sources are read: the first request does not wait for it.
        self.keys.demand(
            ("api_key", self.pepper is not None),
            lambda changed: _index_of(changed, self._current_pepper()),
        )

    def _current_pepper(self) -> bytes | None:
        return None if self.pepper is None else self.pepper.current().encode()

    def challenges(self) -> tuple[bytes, ...]:
        """Returns a challenge for each scheme of the sources."""
        signaling = self.error_signaling or ApiKeyErrorSignaling()
        schemes = dict.fromkeys(each.scheme for each in self.api_key_source or () if each.scheme)
        if not signaling.enabled:
            return ()
        return tuple(scheme_challenge(each, signaling.realm) for each in schemes)


class _Known(NamedTuple):
    """A key, and whom it proves."""

    key: ApiKey
    principal: Principal


class _Index:
    """Keys by what only this process can make of their digests.

    A second digest with a secret of the process: how long a look-up takes tells nobody anything
    about a digest that is kept.

    Args:
        keys: all of a source.
        pepper: None when there is none.

    Raises:
        Malformed: a digest needs the pepper that there is not, or was made without the one that
            there is, so that who can write the file could make keys. A number is too large.
    """

    def __init__(self, keys: ApiKeys, pepper: bytes | None) -> None:
        if pepper is None and any(each.peppered for each in keys.entries):
            raise Malformed("holds hmac-sha256 hashes, and no pepper is configured")
        if pepper is not None and not all(each.peppered for each in keys.entries):
            raise Malformed("holds sha256 hashes, which need no pepper, and one is configured")
        self._pepper = pepper
        self._known = {_place(each.digest): _known(each) for each in keys.entries}

    def find(self, presented: bytes) -> _Known | None:
        """Returns what is known of a key; None when nothing is."""
        if not has_form_of_key(presented):
            return None
        return self._known.get(_place(digest_of(presented, self._pepper)))


_INDEXES: Final[WeakKeyDictionary[ApiKeys, dict[bytes | None, _Index]]] = WeakKeyDictionary()
"""By pepper; those of keys that are not in force any more are gone with them."""


def _index_of(keys: ApiKeys, pepper: bytes | None) -> _Index:
    """Returns the index that all authenticators share: those of rules that override something."""
    known = _INDEXES.setdefault(keys, {})
    if pepper not in known:
        known[pepper] = _Index(keys, pepper)
    return known[pepper]


def _place(digest: bytes) -> bytes:
    return blake2b(digest, key=_PROCESS_KEY, digest_size=32).digest()


def _known(key: ApiKey) -> _Known:
    attributes: dict[str, Json] = {name: as_doubles(each) for name, each in key.attributes.items()}
    attributes["key_id"] = key.id
    attributes["scopes"] = list(key.scopes)
    evidence = (key.id.encode(), key.digest, key.owner.encode(), dumps(attributes))
    return _Known(
        key,
        Principal(
            key.owner,
            attributes,
            fingerprint(b"api_key", *evidence, repr(key.expires_at).encode()),
            key.expires_at,
        ),
    )


def _check_pepper(text: str) -> None:
    if len(text.encode()) < SHORTEST_PEPPER:
        raise Malformed(f"holds a pepper of fewer than {SHORTEST_PEPPER} octets")


class ApiKeyAuthenticator:
    """Recognises the bearers of API keys.

    Args:
        specification: the configuration in effect.
        services: the clock.

    Raises:
        Malformed: keys or pepper can not be used.
    """

    def __init__(self, specification: ApiKeySpecification, services: Services) -> None:
        self._specification = specification
        self._now = services.clock.now
        self._sources = specification.sources()
        scopes = specification.assertions.scopes
        self._scopes = NO_SCOPES if scopes is None else scopes.build()
        self._challenges = specification.challenges()
        self._missing = self._refusal("there is no API key", Reason.PRECONDITION)
        specification.demand()

    async def authenticate(self, seen: Matched) -> Principal | Refusal:
        """Returns the owner of the key.

        Returns:
            The principal, or a refusal: AUTHENTICATION, with the cause PRECONDITION where there
            was no key, and with status 403 where the key lacks a demanded scope.
        """
        try:
            credential = find_credential(seen.request, self._sources, seen.view)
        except Malformed as problem:
            return self._refusal(str(problem))
        if credential is None:
            return self._missing
        known = self._specification.index().find(credential.value)
        if known is None:
            return self._refusal("the API key is unknown", told=_TOLD)
        wrong = _wrong(known.key, self._now())
        if wrong:
            return self._refusal(f'API key "{known.key.id}" {wrong}', told=_TOLD)
        if check_scopes({"scp": list(known.key.scopes)}, self._scopes) is not None:
            detail = f'API key "{known.key.id}" lacks a demanded scope'
            told = "the API key lacks a demanded scope"
            return Refusal(Reason.AUTHENTICATION, detail, status=403, told=told)
        return known.principal

    def _refusal(self, detail: str, *causes: Reason, told: str = "") -> Refusal:
        return Refusal(
            Reason.AUTHENTICATION,
            detail,
            frozenset(causes),
            challenges=self._challenges,
            told=told,
        )


def _wrong(key: ApiKey, now: float) -> str:
    """Returns why a key is not good at the moment; empty when it is."""
    if not key.enabled:
        return "is disabled"
    if key.not_before is not None and now < key.not_before:
        return "is not valid yet"
    if key.expires_at is not None and now >= key.expires_at:
        return "has expired"
    return ""


def _build(_id: str, specification: ApiKeySpecification, services: Services) -> ApiKeyAuthenticator:
    return ApiKeyAuthenticator(specification, services)


TYPE = mechanism(
    Kind.AUTHENTICATOR,
    "api_key",
    ApiKeySpecification,
    _build,
    {"assertions": Override.MERGE, "error_signaling": Override.MERGE},
)
