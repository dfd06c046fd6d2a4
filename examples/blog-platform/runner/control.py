"""A socket in the run folder through which one stops and starts parts, to see what happens.

    curl --unix-socket .run/control -X POST http://demo/pdp/stop

It is a file that only its owner may open, and knows three words: stop, start, and (for the pdp)
garbage.
"""

import asyncio
import os
from pathlib import Path

from aiohttp import web

from runner.garbage import Garbage
from runner.plan import NotStarted
from runner.platform import Platform


class Control:
    """Answers on the socket."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._garbage = Garbage(platform.plan.addresses["pdp"])
        self._one_at_a_time = asyncio.Lock()
        self._runner: web.AppRunner | None = None

    @property
    def path(self) -> Path:
        """Where the socket is."""
        return self._platform.plan.folder / "control"

    async def start(self) -> None:
        """Listens."""
        app = web.Application()
        app.router.add_post("/{part}/{word:stop|start|garbage}", self._obey)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        self.path.unlink(missing_ok=True)
        # A socket's path may have about a hundred characters; a relative one is short anywhere.
        await web.UnixSite(self._runner, os.path.relpath(self.path)).start()
        self.path.chmod(0o600)

    async def stop(self) -> None:
        """Listens no more."""
        await self._garbage.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        self.path.unlink(missing_ok=True)

    async def _obey(self, request: web.Request) -> web.Response:
        part, word = request.match_info["part"], request.match_info["word"]
        if not self._platform.has_part(part) or (word == "garbage" and part != "pdp"):
            raise web.HTTPNotFound(text=f"there is no {part} to {word}\n")
        async with self._one_at_a_time:
            try:
                await self._do(part, word)
            except NotStarted as failure:
                raise web.HTTPInternalServerError(text=f"{failure}\n") from failure
        said = {"stop": "stopped", "start": "healthy", "garbage": "talking garbage"}[word]
        return web.Response(text=f"{part} is {said}\n")

    async def _do(self, part: str, word: str) -> None:
        if part == "pdp":
            await self._garbage.stop()
        if word == "start":
            await self._platform.start_part(part)
            return
        await self._platform.stop_part(part)
        if word == "garbage":
            await self._garbage.start()
