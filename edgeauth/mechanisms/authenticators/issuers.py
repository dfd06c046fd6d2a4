"""Where an issuer is asked for its keys, as it is configured.

Source:
    RFC 8414; OpenID Connect Discovery 1.0; RFC 7517 section 5 (key sets).
"""

from edgeauth.config.specification import Specification
from edgeauth.ports.endpoint_settings import CallSettings, HttpCache
from edgeauth.ports.endpoints import Endpoint, IssuerEndpoint
from edgeauth.ports.issuers import KeySource, MetadataSource
from edgeauth.wire.key_certificates import TrustAnchors


class ResolvedEndpoints(Specification):
    """How the URLs that metadata names are asked.

    Attributes:
        jwks_uri: the key set. Unset, with trust and limits of the metadata's endpoint, but
            without its credentials.
        introspection_endpoint: who is asked about tokens; as for `jwks_uri`.
    """

    jwks_uri: CallSettings | None = None
    introspection_endpoint: CallSettings | None = None


class MetadataEndpoint(IssuerEndpoint):
    """Where the issuer's metadata stands, which leads to its keys.

    Attributes:
        disable_issuer_identifier_verification: whether the metadata may be that of another
            issuer than the one that the URL belongs to.
        resolved_endpoints: how the URLs that it names are asked.
        http_cache: on unless configured: metadata changes seldom.
    """

    disable_issuer_identifier_verification: bool = False
    resolved_endpoints: ResolvedEndpoints = ResolvedEndpoints()
    http_cache: HttpCache | None = HttpCache.model_validate({"enabled": True, "default_ttl": "30m"})

    @property
    def source(self) -> MetadataSource:
        """Returns where the metadata stands."""
        return MetadataSource(self, not self.disable_issuer_identifier_verification)


def build_key_source(
    jwks: IssuerEndpoint | None,
    metadata: MetadataEndpoint | None,
    ttl: float,
    trust: TrustAnchors | None = None,
    stale_if_error: float = 0.0,
) -> KeySource:
    """Returns the source that is configured.

    Args:
        jwks: the key set's endpoint.
        metadata: the metadata's endpoint; it counts where both are given.
        ttl: seconds for which keys are believed.
        trust: who may vouch for keys that bring certificates; None does not look at those.
        stale_if_error: seconds for which keys are believed longer while nobody can be asked.

    Raises:
        ValueError: neither is given.
    """
    if metadata is not None:
        check_issuer = not metadata.disable_issuer_identifier_verification
        return KeySource(
            metadata,
            is_metadata=True,
            check_issuer=check_issuer,
            ttl=ttl,
            key_set=metadata.resolved_endpoints.jwks_uri,
            trust=trust,
            stale_if_error=stale_if_error,
        )
    if jwks is not None:
        return KeySource(
            jwks, is_metadata=False, ttl=ttl, trust=trust, stale_if_error=stale_if_error
        )
    raise ValueError("there is neither a key set nor metadata")


def names_issuer(endpoint: Endpoint) -> bool:
    """Returns whether the endpoint depends on who the token says its issuer is."""
    templates = (endpoint.url, *endpoint.headers.values())
    return any("TokenIssuer" in template.variables for template in templates)
