"""What mechanisms may ask of the world.

Every asynchronous method here may wait. Before it first does, it calls `leave_fast_path()`: the
listener drives the pipeline by hand and gives it a task only when it has to wait, and libraries
that ask for the current task must find one.
"""

import types
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.endpoints import Call, Endpoint
from edgeauth.wire.answers import Answers
from edgeauth.wire.jwk import PublicKey


@types.coroutine
def leave_fast_path() -> Generator[None, None, None]:
    """Suspends once, so that whatever follows runs inside a task."""
    yield


class Clock(Protocol):
    """The time."""

    def now(self) -> float:
        """Returns seconds since the epoch (UTC)."""
        ...


class FactCache(Protocol):
    """Facts that were expensive to learn, by a key that covers all that influenced them.

    A verdict is never kept: assertions run again on every hit.
    """

    def find(self, key: bytes) -> object | None:
        """Returns the fact, or None when it is unknown or too old."""
        ...

    def store(self, key: bytes, fact: object, expires_at: float) -> None:
        """Keeps a fact until `expires_at` (seconds since the epoch) at the longest."""
        ...


class EndpointAnswer(NamedTuple):
    """What an endpoint said."""

    status: int
    media_type: str
    """Lower-cased, without parameters; empty when there was none."""
    body: bytes


class Endpoints(Protocol):
    """Calls of configured endpoints."""

    async def send(self, call: Call) -> EndpointAnswer:
        """Returns the answer of any status; redirects are not followed.

        Raises:
            Fault: COMMUNICATION when there was no complete answer within the time and size
                limits; INTERNAL, and final, when whoever answered could not be trusted (TLS).
        """
        ...


class ResolvedKeys(NamedTuple):
    """Keys that may have signed a token."""

    issuer: str | None
    """What the issuer's metadata calls it; None for a bare JWKS endpoint."""
    candidates: tuple[PublicKey, ...]
    valid_until: float
    """Seconds since the epoch after which these keys have to be asked for again."""


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where verification keys come from.

    Attributes:
        endpoint: what is asked.
        is_metadata: whether it is an RFC 8414 or OpenID Connect discovery endpoint, whose answer
            leads to the key set, and not a key set itself.
        check_issuer: whether the metadata's issuer must fit the URL it was fetched from.
        ttl: seconds for which a fetched key set is believed.
    """

    endpoint: Endpoint
    is_metadata: bool
    check_issuer: bool = True
    ttl: float = 600.0

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest over all of this, for cache keys."""
        kind = b"metadata" if self.is_metadata else b"jwks"
        checked = b"checked" if self.check_issuer else b"unchecked"
        return fingerprint(self.endpoint.fingerprint, kind, checked, repr(self.ttl).encode())


class VerificationKeys(Protocol):
    """The public keys of issuers."""

    async def resolve(self, source: KeySource, issuer: str, kid: str | None) -> ResolvedKeys:
        """Returns the candidates for a token; none when the key id is unknown.

        Args:
            source: where to ask.
            issuer: the token's unverified `iss`, the `TokenIssuer` of templated URLs.
            kid: the token's key id; None asks for every key of the set.

        Raises:
            Fault: the issuer could not be asked, or what it said is no key set.
        """
        ...


class ContractSigner(Protocol):
    """A key that signs contracts."""

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that changes with the key and the issuer name, for cache keys."""
        ...

    def sign(self, subject: str, claims: Mapping[str, Json], now: float, ttl: float) -> bytes:
        """Returns a signed contract: the custom claims, and the standard ones, which win."""
        ...


class ContractSigners(Protocol):
    """Signers by the key store they are configured with."""

    def signer(
        self, name: str, path: str, password: str | None, key_id: str | None
    ) -> ContractSigner:
        """Returns a signer with the key of that id, or the store's first one.

        Raises:
            ValueError: the store can not be read or does not hold the key; the text is for the
                operator and holds no key material.
        """
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a mechanism may be built with."""

    clock: Clock
    cache: FactCache
    endpoints: Endpoints
    verification_keys: VerificationKeys
    signers: ContractSigners
    answers: Answers
