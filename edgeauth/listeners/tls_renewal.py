"""TLS of listeners while they serve: new files are put in force, wrong ones leave the old ones.

Contexts are made anew every hour in any case, so that nothing that was recorded can be read with a
ticket key that is found later.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Final, Protocol

import structlog

from edgeauth.config.models.tls import Tls
from edgeauth.contract.keystore import KeyStore
from edgeauth.listeners.tls import TlsContexts, TlsError, held_store, shown_keys
from edgeauth.ports.services import Clock
from edgeauth.secret_sources.source import HeldSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.listener_status import ListenerStatus
from edgeauth.services.telemetry.certificates import CertificateEnd, end_of

_log = structlog.get_logger()
_LOOK_SECONDS: Final = 2.0
"""Between two looks at the files; a change counts at the second one after it at the latest."""
_RENEWAL_SECONDS: Final = 3600.0
_WARNING_SECONDS: Final = 21 * 24 * 3600.0
"""Before a certificate ends, its end is told; those of ACME are renewed a week before that."""
_ALARM_SECONDS: Final = 7 * 24 * 3600.0
_REMINDER_SECONDS: Final = 24 * 3600.0


class ServerTls:
    """The TLS of a listener as it is now.

    Args:
        settings: `tls` of the listener.
        clock: tells whether certificates are current.
        status: is kept up to date.
        secrets: the sources that its keys may come from.

    Attributes:
        status: the same.
        sources: those that keys come from.

    Raises:
        TlsError: the settings can not be used.
    """

    def __init__(
        self, settings: Tls, clock: Clock, status: ListenerStatus, secrets: HeldSecrets
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._secrets = secrets
        self.status = status
        self._contexts = TlsContexts(settings, clock.now(), secrets)
        self.sources = self._demand()
        self._tell()

    def _demand(self) -> tuple[HeldSource, ...]:
        """Has sources refuse to become what can not be shown, and returns them."""
        found: list[HeldSource] = []
        for shown, _ in shown_keys(self._settings):
            if shown.secret is not None:
                key_id, source = shown.secret.selector, held_store(shown.secret, self._secrets)
                source.require(("tls", key_id), partial(self._check, key_id))
                found.append(source)
        return tuple(dict.fromkeys(found))

    def _check(self, key_id: str | None, store: KeyStore) -> None:
        store.tls_key(key_id, self._clock.now())

    def current(self) -> SSLContext:
        """Returns the context for the next handshake."""
        return self._contexts.front

    def renew(self) -> None:
        """Reads the files again and puts them in force.

        Raises:
            TlsError: something is wrong with them; what was in force stays in force.
        """
        try:
            self._contexts = TlsContexts(self._settings, self._clock.now(), self._secrets)
        except TlsError:
            self.status.failures += 1
            raise
        self.status.renewals += 1
        self._tell()

    def _tell(self) -> None:
        self.status.last_renewal = self._clock.now()
        shown = (certificate for key in self._contexts.keys for certificate in key.chain)
        self.status.certificates = tuple(dict.fromkeys(map(end_of, shown)))

    def ending(self) -> Iterator[CertificateEnd]:
        """Yields the certificates that end soon, or have ended."""
        soon = self._clock.now() + _WARNING_SECONDS
        for each in self.status.certificates:
            if each.expires_at < soon:
                yield each


def files_of(settings: Tls) -> tuple[Path, ...]:
    """Returns the files that TLS is made of."""
    shown = (each.key_store for each, _ in shown_keys(settings))
    paths = [store.path for store in shown if store is not None]
    clients = settings.client_certificates
    if clients is not None:
        paths.append(clients.trust_store)
        if clients.crl_file is not None:
            paths.append(clients.crl_file)
    return tuple(Path(path) for path in dict.fromkeys(paths))


class Watch(Protocol):
    """Looks at files."""

    def changed(self) -> bool:
        """Looks, and returns whether one has changed and is still again."""
        ...


class SourceWatch:
    """Looks at a secret source: what it holds was settled before it is held.

    Args:
        source: the source.
    """

    def __init__(self, source: HeldSource) -> None:
        self._source = source
        self._seen = source.content

    def changed(self) -> bool:
        """Returns whether it holds something else than at the last look."""
        content = self._source.content
        news, self._seen = content is not self._seen, content
        return news


class TlsRenewal:
    """Renews the TLS of a listener when its files change, when it is asked to, and every hour.

    Args:
        tls: what is renewed.
        watches: look at its files.
        clock: tells when an hour is over, and a certificate.
        look_seconds: time between two looks.
    """

    def __init__(
        self,
        tls: ServerTls,
        watches: Sequence[Watch],
        clock: Clock,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._tls = tls
        self._watches = watches
        self._clock = clock
        self._look_seconds = look_seconds
        self._asked = asyncio.Event()
        self._renewed = clock.now()
        self._reminded = 0.0
        self._reminding = True

    def ask(self) -> None:
        """Has the files read again soon."""
        self._asked.set()

    async def run(self, *, reminding: bool = True) -> None:
        """Renews again and again, until it is cancelled.

        Args:
            reminding: whether to tell of certificates that end soon; of several processes one does.
        """
        self._reminding = reminding
        while True:
            self._remind()
            await self._news()
            self._renewed = self._clock.now()
            try:
                await asyncio.to_thread(self._tls.renew)
            except TlsError as error:
                _log.error("TLS not renewed", listener=self._tls.status.name, error=str(error))
            except Exception as bug:  # noqa: BLE001  (what is in force stays in force)
                _log.error("bug in renewing TLS", error=type(bug).__name__)
            else:
                _log.info("TLS renewed", listener=self._tls.status.name)
                self._reminded = 0.0

    async def _news(self) -> None:
        """Waits until there is a reason to renew."""
        while not self._asked.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds):
                    await self._asked.wait()
            if await asyncio.to_thread(self._changed):
                break
            if self._clock.now() - self._renewed >= _RENEWAL_SECONDS:
                break
            self._remind()
        self._asked.clear()

    def _changed(self) -> bool:
        looks = [each.changed() for each in self._watches]  # each of them has to look
        return any(looks)

    def _remind(self) -> None:
        """Tells once a day which certificates end soon."""
        now = self._clock.now()
        if not self._reminding or now - self._reminded < _REMINDER_SECONDS:
            return
        self._reminded = now
        for each in self._tls.ending():
            tell = _log.error if each.expires_at < now + _ALARM_SECONDS else _log.warning
            tell(
                "certificate has ended" if each.expires_at < now else "certificate ends soon",
                listener=self._tls.status.name,
                subject=each.subject,
                serial=each.serial_nr,
                days=int((each.expires_at - now) // (24 * 3600)),
            )
