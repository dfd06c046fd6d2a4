"""Whom edgeauth takes for an upstream, and what is wrong with who is not.

Trust: whoever answers at the address of an upstream is a stranger until his certificate was
verified. Nothing of a request is sent before.
"""

import ssl
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple, TypeAlias

from edgeauth.config.models.upstreams import Upstreams
from edgeauth.listeners.origin import Origin
from edgeauth.services.client_tls import ClientContexts, trusting

_REASONS: Final = {
    9: "its certificate is not valid yet",
    10: "its certificate has expired",
    18: "nobody trusted vouches for its certificate: it signed it itself",
    19: "nobody trusted vouches for its certificate",
    20: "nobody trusted vouches for its certificate",
    21: "nobody trusted vouches for its certificate",
    24: "its certificate comes from one that is no authority",
    26: "its certificate is not for servers",
    62: "its certificate is for another name",
    64: "its certificate is for another address",
}
"""By the codes of OpenSSL (X509_V_ERR_*)."""


class Trust(NamedTuple):
    """What a connection has to prove.

    Attributes:
        context: the authorities, and the certificate that is shown.
        server_name: the name or address that the certificate has to be for.
    """

    context: ssl.SSLContext
    server_name: str


TrustOf: TypeAlias = Callable[[Origin], Trust]


@cache
def _system() -> ssl.SSLContext:
    return trusting(None)


def system_trust(origin: Origin) -> Trust:
    """Returns the trust in whom the system's authorities vouch for."""
    return Trust(_system(), origin.host)


class UpstreamTrust:
    """The trust that is configured, as it is now.

    Args:
        settings: by host.
        contexts: made anew when their files change.
    """

    def __init__(self, settings: Upstreams, contexts: ClientContexts) -> None:
        self._settings = settings
        self._contexts = contexts

    def of(self, origin: Origin) -> Trust:
        """Returns what connections to an origin have to prove."""
        tls = self._settings.tls_of(origin.name, origin.port)
        name = origin.host if tls is None else tls.server_name or origin.host
        return Trust(self._contexts.context(tls), name)


def failed_handshake(error: ssl.SSLError) -> str:
    """Returns why TLS has failed; says nothing that the other side has sent."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS failed: {error.reason or type(error).__name__}"
    return _REASONS.get(error.verify_code, f"its certificate is refused ({error.verify_code})")
