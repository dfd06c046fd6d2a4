"""The management door: health and published keys, on a port of its own."""

import ssl

from aiohttp import hdrs, web

from edgeauth.contract.jwks import PublishedKeys


def management_application(published: PublishedKeys) -> web.Application:
    """Returns the application that serves `/.well-known/health` and `/.well-known/jwks`."""
    etag = published.etag.decode("ascii")

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"}, headers={hdrs.CACHE_CONTROL: "no-store"})

    async def jwks(request: web.Request) -> web.Response:
        headers = {hdrs.ETAG: etag, hdrs.CACHE_CONTROL: "public, max-age=60"}
        if _holds(request.headers.get(hdrs.IF_NONE_MATCH, ""), etag):
            return web.Response(status=304, headers=headers)
        return web.Response(body=published.body, content_type="application/json", headers=headers)

    async def say_no_version(_: web.Request, response: web.StreamResponse) -> None:
        response.headers[hdrs.SERVER] = "edgeauth"

    application = web.Application(client_max_size=1024)
    application.on_response_prepare.append(say_no_version)
    application.router.add_get("/.well-known/health", health, allow_head=False)
    application.router.add_get("/.well-known/jwks", jwks, allow_head=False)
    return application


def _holds(field: str, etag: str) -> bool:
    """Returns whether an If-None-Match field names the ETag (RFC 9110 section 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in field.split(",")}
    return etag in tags or "*" in tags


class ManagementListener:
    """Serves the management application.

    Args:
        application: what is served.
    """

    def __init__(self, application: web.Application) -> None:
        self._runner = web.AppRunner(application, access_log=None)

    async def start(self, host: str | None, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Listens, and returns the port.

        Raises:
            OSError: the address can not be listened on.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, host or None, port, ssl_context=tls)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stops serving."""
        await self._runner.cleanup()
