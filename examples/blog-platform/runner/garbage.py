"""A decision point that has gone mad: stands where the real one listened, and answers nonsense."""

from aiohttp import web
from services.serving import Address

DEFAULT_ANSWER = '{"result": "everything"}'


class Garbage:
    """Answers every question with the same text."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._runner: web.AppRunner | None = None
        self.answer = DEFAULT_ANSWER
        self.status = 200

    async def start(self) -> None:
        """Listens; the real one must have stopped."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._respond)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._address.host, self._address.port).start()

    async def stop(self) -> None:
        """Makes room for the real one; does nothing if it does not run."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _respond(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.answer, status=self.status, content_type="application/json")
