"""Other authorities while connections are opened: new files count, wrong ones do not."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from edgeauth.providers.watch import FileWatch
from edgeauth.services.client_tls import ClientContexts

_log = structlog.get_logger()
_LOOK_SECONDS: Final = 2.0
"""Between two looks at the files; a change counts at the second one after it at the latest."""


class TrustReloader:
    """Renews whom edgeauth trusts when files change, and when it is asked to.

    Args:
        contexts: TLS of connections that are opened.
        look_seconds: time between two looks.
    """

    def __init__(self, contexts: ClientContexts, look_seconds: float = _LOOK_SECONDS) -> None:
        self._contexts = contexts
        self._look_seconds = look_seconds
        self._asked = asyncio.Event()
        self._watches: dict[Path, FileWatch] = {}

    def ask(self) -> None:
        """Has the files read again soon."""
        self._asked.set()

    async def run(self) -> None:
        """Renews again and again, until it is cancelled."""
        await asyncio.to_thread(self._look)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds):
                    await self._asked.wait()
            changed = await asyncio.to_thread(self._look)
            if changed or self._asked.is_set():
                self._asked.clear()
                await self._renew()

    def _look(self) -> bool:
        """Looks at every file, also at those that rules have brought since the last time."""
        looks = [watch.changed() for watch in self._watches.values()]
        for file in self._contexts.files - self._watches.keys():
            self._watches[file] = FileWatch(file, lambda path: [path])
        return any(looks)

    async def _renew(self) -> None:
        try:
            await asyncio.to_thread(self._contexts.renew)
        except ValueError as error:
            _log.error("trust not renewed", error=str(error))
        except Exception as bug:  # noqa: BLE001  (what is in force stays in force)
            _log.error("bug in renewing trust", error=type(bug).__name__)
        else:
            _log.info("trust renewed")
