"""What mechanisms may ask about issuers: their metadata and their keys."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from edgeauth.model.identity import fingerprint
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Endpoint
from edgeauth.wire.jwk import PublicKey
from edgeauth.wire.key_certificates import TrustAnchors
from edgeauth.wire.metadata import IssuerMetadata


@dataclass(frozen=True, slots=True)
class MetadataSource:
    """Where an issuer's metadata stands (RFC 8414, OpenID Connect Discovery).

    Attributes:
        endpoint: what is asked.
        check_issuer: whether the metadata's issuer must fit the URL it was fetched from.
    """

    endpoint: Endpoint
    check_issuer: bool = True

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest over all of this, for cache keys."""
        checked = b"checked" if self.check_issuer else b"unchecked"
        return fingerprint(b"metadata", self.endpoint.fingerprint, checked)


class IssuerDirectory(Protocol):
    """The metadata of issuers, fetched once by all who need it and kept as its endpoint says."""

    async def metadata(self, source: MetadataSource, issuer: str) -> IssuerMetadata:
        """Returns what an issuer says of itself.

        Args:
            source: where to ask.
            issuer: the token's unverified `iss`, the `TokenIssuer` of templated URLs; one that
                is configured to be trusted where the source is templated.

        Raises:
            Fault: COMMUNICATION when it could not be asked, or what it said is no metadata of
                that issuer; INTERNAL when the URL can not be rendered, or TLS failed.
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
        key_set: how the key set that metadata leads to is fetched; None takes trust and limits of
            the metadata's endpoint, but not its credentials.
        trust: who may vouch for keys that bring certificates; None does not look at those.
        stale_if_error: seconds for which keys are believed longer while the issuer can not be
            asked.
        fingerprint: a digest over all of this, for cache keys.
    """

    endpoint: Endpoint
    is_metadata: bool
    check_issuer: bool = True
    ttl: float = 600.0
    key_set: CallSettings | None = None
    trust: TrustAnchors | None = None
    stale_if_error: float = 0.0
    fingerprint: bytes = field(init=False)

    def __post_init__(self) -> None:
        # Once, since every new token asks for it.
        object.__setattr__(self, "fingerprint", self._digest())

    @property
    def metadata(self) -> MetadataSource:
        """Returns where the metadata stands, if the endpoint is one of metadata."""
        return MetadataSource(self.endpoint, self.check_issuer)

    def _digest(self) -> bytes:
        key_set = b"" if self.key_set is None else self.key_set.fingerprint
        trust = b"" if self.trust is None else self.trust.fingerprint
        kind = b"metadata" if self.is_metadata else b"jwks"
        checked = b"checked" if self.check_issuer else b"unchecked"
        ttl = repr((self.ttl, self.stale_if_error)).encode()
        return fingerprint(self.endpoint.fingerprint, kind, checked, ttl, key_set, trust)


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


class TrustStores(Protocol):
    """Authorities that are trusted to vouch for keys."""

    def anchors(self, path: str | None) -> TrustAnchors:
        """Returns the authorities of a PEM file; None asks for those of the system.

        Raises:
            ValueError: the file can not be read or holds no certificate; the text is for the
                operator.
        """
        ...
