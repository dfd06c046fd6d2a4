"""TLS of connections that edgeauth opens: whom it trusts, and the certificate that it shows."""

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

from edgeauth.config.models.client_tls import ClientTls
from edgeauth.ports.key_places import certificate_of
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
        self._system = trusting(None)
        self._made: dict[ClientTls, tuple[object, ssl.SSLContext]] = {}

    @property
    def files(self) -> frozenset[Path]:
        """Returns the files with authorities that were read; key stores are watched elsewhere."""
        return frozenset(Path(tls.ca_file) for tls in self._made if tls.ca_file is not None)

    def prepare(self, tls: ClientTls) -> None:
        """Reads the files that TLS needs, anew when they were read before.

        Raises:
            ValueError: a file can not be used; names it.
        """
        self._made[tls] = self._make(tls)

    def renew(self) -> None:
        """Reads every file again and puts all of them in force, or none.

        Raises:
            ValueError: a file can not be used; names it.
        """
        made = {tls: self._make(tls) for tls in tuple(self._made)}
        self._system = trusting(None)
        self._made.update(made)

    def context(self, tls: ClientTls | None) -> ssl.SSLContext:
        """Returns the context for connections; another one after a file has changed."""
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

    def _make(self, tls: ClientTls) -> tuple[object, ssl.SSLContext]:
        context = trusting(tls.ca_file)
        context.minimum_version = _VERSIONS[tls.min_version]
        version, place = self._version(tls), certificate_of(tls)
        if place is not None:
            self._keys.load_client_certificate(context, place)
        return version, context

    def _version(self, tls: ClientTls) -> object:
        """Returns an object that is another one as soon as the key store has changed."""
        place = certificate_of(tls)
        return None if place is None else self._keys.version(place)


def trusting(ca_file: str | None) -> ssl.SSLContext:
    """Returns a context that trusts the authorities of a PEM file, or those of the system.

    Raises:
        ValueError: the file can not be used; names it.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise ValueError(f"{ca_file}: holds no certificates in PEM") from None
    except OSError as error:
        raise ValueError(f"{ca_file}: can not be read: {error.strerror}") from None
    # RFC 9525 section 2: a common name is text for people, and no host.
    context.hostname_checks_common_name = False
    return context
