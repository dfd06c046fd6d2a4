"""What the configuration says about the beginning of connections, for each listener."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from edgeauth.config.errors import Collector
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.serve import Management, Serve
from edgeauth.config.unusable import unusable
from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.tls import TlsError
from edgeauth.listeners.tls_renewal import ServerTls, SourceWatch, TlsRenewal, Watch, files_of
from edgeauth.ports.services import Clock
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.listener_status import ListenerStatus

_LISTENERS: Final = ("serve", "management")


class Receptions:
    """The receptions of all listeners, and what keeps their TLS up to date.

    Args:
        configuration: with `tls` and `proxy_protocol` of its listeners.
        clock: tells whether certificates are current.
        watch: returns what looks at a file.
        problems: receives what is wrong with files.
        secrets: the sources that keys of listeners may come from.

    Attributes:
        statuses: of the listeners.
        renewals: of those with TLS; have to run while connections are accepted.
    """

    def __init__(
        self,
        configuration: Configuration,
        clock: Clock,
        watch: Callable[[Path], Watch],
        problems: Collector,
        secrets: HeldSecrets,
    ) -> None:
        self._clock = clock
        self._secrets = secrets
        self._watch = watch
        self.statuses = {name: ListenerStatus(name) for name in _LISTENERS}
        self.renewals: dict[str, TlsRenewal] = {}
        self._receptions: dict[str, Reception] = {}
        for name in _LISTENERS:
            listener: Serve | Management = getattr(configuration, name)
            self._receptions[name] = self._reception(name, listener, problems)

    def at(self, name: str) -> Reception | None:
        """Returns what comes before the first request at a listener; None for nothing."""
        return self._receptions.get(name)

    def _reception(self, name: str, listener: Serve | Management, problems: Collector) -> Reception:
        status, proxies = self.statuses[name], None
        if isinstance(listener, Serve):
            proxies = listener.proxy_protocol
        sources, patience = ((), 0.0) if proxies is None else (proxies.sources, proxies.timeout)
        if listener.tls is None:
            return Reception(proxies=sources, proxy_timeout=patience, status=status)
        watches = [self._watch(file) for file in files_of(listener.tls)]
        tls = None
        with problems:
            try:
                tls = ServerTls(listener.tls, self._clock, status, self._secrets)
            except TlsError as error:
                raise unusable(listener.tls.node_at(*error.path), error) from None
        if tls is None:
            return Reception(status=status)
        watches += [SourceWatch(each) for each in tls.sources]
        self.renewals[name] = TlsRenewal(tls, watches, self._clock)
        clients = listener.tls.client_certificates
        return Reception(
            tls.current,
            listener.tls.handshake_timeout,
            sources,
            patience,
            telling="none" if clients is None else clients.forward,
            strict_sni=listener.tls.is_strict,
            status=status,
        )
