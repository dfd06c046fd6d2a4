"""What mechanisms may ask of the world.

Every asynchronous method here may wait. Before it first does, it calls `leave_fast_path()`: the
listener drives the pipeline by hand and gives it a task only when it has to wait, and libraries
that ask for the current task must find one.
"""

import ssl
import types
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from edgeauth.expressions.secrets import NO_SECRETS, Secrets
from edgeauth.model.json import Json
from edgeauth.ports.endpoint_authentication import ClientCredentials
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import FactCache
from edgeauth.ports.issuers import IssuerDirectory, TrustStores, VerificationKeys
from edgeauth.ports.key_places import KeyPlace
from edgeauth.ports.proofs import Nonces, ReplayStore
from edgeauth.wire.answers import Answers


@types.coroutine
def leave_fast_path() -> Generator[None, None, None]:
    """Suspends once, so that whatever follows runs inside a task."""
    yield


class Clock(Protocol):
    """The time."""

    def now(self) -> float:
        """Returns seconds since the epoch (UTC)."""
        ...


class EndpointAnswer(NamedTuple):
    """What an endpoint said."""

    status: int
    media_type: str
    """Lower-cased, without parameters; empty when there was none."""
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """In the order in which they came; names are lower-cased and may be there more than once."""

    def header(self, name: str) -> str | None:
        """Returns the values of a header, joined with a comma and a blank; None without any.

        Args:
            name: lower-cased.
        """
        found = [value for key, value in self.headers if key == name]
        return ", ".join(found) if found else None


class Endpoints(Protocol):
    """Calls of configured endpoints."""

    def prepare(self, settings: CallSettings) -> None:
        """Reads the keys and certificates that calls with these settings need.

        The catalogue does that for every endpoint of a mechanism's configuration.

        Raises:
            ValueError: they can not be used; the text is for the operator.
        """
        ...

    async def send(self, call: Call) -> EndpointAnswer:
        """Returns the answer of any status, to a call that is made as its settings say.

        Raises:
            Fault: COMMUNICATION when there was no complete answer within the limits, and where
                the endpoint is left alone for a while; INTERNAL, and final, when whoever
                answered could not be trusted (TLS, private address); INTERNAL, when the call
                can not be made, as where a field that is to be signed is missing.
        """
        ...


class AccessToken(NamedTuple):
    """A token that an authorization server gave to edgeauth itself."""

    value: str
    type: str
    """As a scheme: `Bearer` in this spelling, any other one as it came."""

    def field_value(self, scheme: str | None) -> str:
        """Returns the value of a header that carries the token.

        Args:
            scheme: what stands before the token; None is its type, empty is nothing.
        """
        scheme = self.type if scheme is None else scheme
        return f"{scheme} {self.value}" if scheme else self.value

    def __repr__(self) -> str:
        return f"AccessToken(***, {self.type})"


class Grant(NamedTuple):
    """On what grounds an authorization server is asked for a token."""

    form: tuple[tuple[str, str], ...]
    """Parameters of the request, `grant_type` first; those of the client are added."""
    ends: float | None = None
    """Seconds since the epoch after which these grounds are gone; None when they stay."""

    def __repr__(self) -> str:
        return f"Grant({self.form[0][1]})"


CLIENT_CREDENTIALS = Grant((("grant_type", "client_credentials"),))
"""Because the client is who it is (RFC 6749 section 4.4)."""


class AccessTokens(Protocol):
    """Tokens that edgeauth is given; whoever wants the same one shares it."""

    def prepare(self, client: ClientCredentials) -> None:
        """Reads the certificates that asking for a token needs.

        Raises:
            ValueError: they can not be used; the text is for the operator.
        """
        ...

    async def token(
        self, client: ClientCredentials, grant: Grant = CLIENT_CREDENTIALS
    ) -> AccessToken:
        """Returns a token that is still to be believed for a moment.

        Raises:
            Fault: COMMUNICATION when the authorization server could not be asked or refused;
                INTERNAL when its answer is none, and, being final, when TLS failed.
        """
        ...


class MessageSigner(Protocol):
    """A key that signs calls (RFC 9421)."""

    @property
    def key_id(self) -> str:
        """Returns what the key is called where it is published."""
        ...

    @property
    def algorithm(self) -> str:
        """Returns the registered name of the only algorithm that it signs with."""
        ...

    def sign(self, base: bytes) -> bytes:
        """Returns the signature over a signature base."""
        ...


class EndpointKeys(Protocol):
    """The private keys that calls of endpoints are made with."""

    def message_signer(self, place: KeyPlace, ttl: float) -> MessageSigner:
        """Returns the key whose turn it is, or that of the place's id; it is published.

        Args:
            place: where the key is kept.
            ttl: seconds for which signatures are valid.

        Raises:
            ValueError: the store can not be read, or does not hold such a key that may sign.
        """
        ...

    def load_client_certificate(self, context: ssl.SSLContext, place: KeyPlace) -> None:
        """Makes a context show the certificate of a key.

        Raises:
            ValueError: the store can not be read, or holds no such key with a certificate.
        """
        ...

    def version(self, place: KeyPlace) -> object:
        """Returns an object that is another one as soon as the store has changed.

        Raises:
            ValueError: the store can not be read.
        """
        ...


class ContractSigner(Protocol):
    """A key that signs contracts."""

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest that changes with the key and the issuer name, for cache keys.

        Another key may sign from one moment to the next.
        """
        ...

    def sign(self, subject: str, claims: Mapping[str, Json], now: float, ttl: float) -> bytes:
        """Returns a signed contract: the custom claims, and the standard ones, which win."""
        ...


class ContractSigners(Protocol):
    """Signers by the place of their key."""

    def signer(self, name: str, place: KeyPlace, ttl: float) -> ContractSigner:
        """Returns a signer of contracts.

        Args:
            name: the issuer of its contracts.
            place: where its key is kept; without an id, the key whose turn it is.
            ttl: seconds for which its contracts are valid at most.

        Raises:
            ValueError: the store can not be read or does not hold the key; the text is for the
                operator and holds no key material.
        """
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a mechanism may be built with.

    Attributes:
        nonces: None where no `master_key` is configured.
    """

    clock: Clock
    cache: FactCache
    endpoints: Endpoints
    access_tokens: AccessTokens
    issuers: IssuerDirectory
    verification_keys: VerificationKeys
    trust_stores: TrustStores
    replays: ReplayStore
    nonces: Nonces | None
    signers: ContractSigners
    answers: Answers
    secrets: Secrets = NO_SECRETS
