"""TLS of connections that edgeauth opens: whom it trusts, and the certificate that it shows."""

import ssl
from contextlib import suppress
from typing import Final

from edgeauth.ports.endpoint_tls import EndpointTls
from edgeauth.ports.services import EndpointKeys

_VERSIONS: Final = {"TLS1.2": ssl.TLSVersion.TLSv1_2, "TLS1.3": ssl.TLSVersion.TLSv1_3}


class ClientContexts:
    """Contexts for connections, made once for the same settings.

    Args:
        keys: the client certificates.
    """

    def __init__(self, keys: EndpointKeys) -> None:
        self._keys = keys
        # Made now, because it reads the system's certificates from the disk.
        self._system = ssl.create_default_context()
        self._made: dict[EndpointTls, tuple[object, ssl.SSLContext]] = {}

    def prepare(self, tls: EndpointTls) -> None:
        """Reads the files that TLS needs, anew when they were read before.

        Raises:
            ValueError: a file can not be used; names it.
        """
        context = _trusting(tls.ca_file)
        context.minimum_version = _VERSIONS[tls.min_version]
        version = self._version(tls)
        if tls.certificate is not None:
            self._keys.load_client_certificate(context, tls.certificate)
        self._made[tls] = (version, context)

    def context(self, tls: EndpointTls | None) -> ssl.SSLContext:
        """Returns the context for connections; another one after a certificate has changed."""
        if tls is None:
            return self._system
        known = self._made.get(tls)
        if known is None:
            self.prepare(tls)
        elif known[0] is not self._version(tls):
            # A store that changes is checked before; what else can not be read stays as it was.
            with suppress(ValueError):
                self.prepare(tls)
        return self._made[tls][1]

    def _version(self, tls: EndpointTls) -> object:
        """Returns an object that is another one as soon as the key store has changed."""
        return None if tls.certificate is None else self._keys.version(tls.certificate)


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise ValueError(f"{ca_file}: holds no certificates in PEM") from None
    except OSError as error:
        raise ValueError(f"{ca_file}: can not be read: {error.strerror}") from None
