"""Other secrets while requests are being decided.

A source is exchanged as a whole, and only for one that everybody who uses it can go on with.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from edgeauth.ports.services import Clock
from edgeauth.providers.watch import FileWatch
from edgeauth.secret_sources.source import HeldSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.secret_status import RefusedSource, SecretStatus

_log = structlog.get_logger()
_LOOK_SECONDS: Final = 0.5
"""Between two looks; a change counts at the second one after it at the latest."""


class SecretReloader:
    """Reads sources again when it is asked to and, where they are watched, when they change.

    Args:
        secrets: the sources.
        status: is kept up to date.
        clock: the time of what happens.
        look_seconds: time between two looks at watched files.
    """

    def __init__(
        self,
        secrets: HeldSecrets,
        status: SecretStatus,
        clock: Clock,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._secrets = secrets
        self._status = status
        self._clock = clock
        self._look_seconds = look_seconds
        self._asked = asyncio.Event()
        self._watches: dict[HeldSource, FileWatch] = {}
        self._fresh: set[HeldSource] = set()
        self._watch()

    def ask(self) -> None:
        """Has every source read again soon."""
        self._asked.set()

    async def catch_up(self) -> None:
        """Reads every source again: what this process inherited may be out of date."""
        for source in self._secrets.all():
            if source.origin.path is not None:
                await self._reload(source)

    async def run(self) -> None:
        """Reloads again and again, until it is cancelled."""
        while True:
            for source in await self._news():
                await self._reload(source)

    async def _news(self) -> list[HeldSource]:
        """Waits until there is a reason to read sources again, and returns which."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds if self._watches else None):
                    await self._asked.wait()
            if self._asked.is_set():
                self._asked.clear()
                return [source for source in self._secrets.all() if source.origin.path is not None]
            changed = await asyncio.to_thread(self._changed)
            if changed:
                return changed

    def _changed(self) -> list[HeldSource]:
        self._watch()
        # What has changed between the first reading and the first look is read once more.
        fresh, self._fresh = self._fresh, set()
        changed = {source for source, watch in self._watches.items() if watch.changed()}
        return list(fresh | changed)

    def _watch(self) -> None:
        """Begins to look at sources that are new: rules bring key stores into use."""
        for source in self._secrets.all():
            origin = source.origin
            if origin.watch and origin.path is not None and source not in self._watches:
                self._watches[source] = FileWatch(Path(origin.path), origin.lists)
                self._fresh.add(source)

    async def _reload(self, source: HeldSource) -> None:
        status = self._status
        former = source.content
        try:
            await asyncio.to_thread(source.reload)
        except ValueError as error:
            status.failures += 1
            since = next((x.since for x in status.refused if x.name == source.name), None)
            refused = RefusedSource(source.name, self._clock.now() if since is None else since)
            status.refused = (*self._others(source), refused)
            _log.error("secrets refused", source=source.name, problem=str(error))
        except Exception as bug:  # noqa: BLE001  (the secrets in force stay in force)
            status.failures += 1
            _log.error("bug in reloading secrets", source=source.name, error=type(bug).__name__)
        else:
            status.refused = self._others(source)
            if source.content is not former:
                status.successes += 1
                _log.info("secrets reloaded", source=source.name)

    def _others(self, source: HeldSource) -> tuple[RefusedSource, ...]:
        return tuple(each for each in self._status.refused if each.name != source.name)
