"""The management door: health and published keys, on a port of its own.

Trust: whoever can reach the port may ask; bytes that are no request get a bare 400.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from aiohttp import hdrs, web

from edgeauth.contract.jwks import PublishedKeys
from edgeauth.listeners.arrivals import Arrivals, Reception
from edgeauth.listeners.limits import OperatorLimits
from edgeauth.listeners.observed import Recorder
from edgeauth.listeners.operators import SERVER, Handler, OperatorServer
from edgeauth.listeners.sockets import Place, open_sockets
from edgeauth.model.json import Json
from edgeauth.model.request import Headers
from edgeauth.services.listener_status import ListenerStatus, Occupancy
from edgeauth.services.loading_status import LoadingStatus
from edgeauth.wire.cors import CorsPolicy
from edgeauth.wire.json import dumps


def management_application(
    published: Callable[[], PublishedKeys], status: LoadingStatus, cors: CorsPolicy | None = None
) -> Handler:
    """Returns what serves `/.well-known/health` and `/.well-known/jwks`.

    Args:
        published: returns the key set as it is when somebody asks.
        status: of the rule sets, as it is when somebody asks.
        cors: which pages of other origins may ask; None lets none of them read the answers.
    """

    def health(request: web.BaseRequest) -> web.Response:
        answer: dict[str, Json] = {"status": "ok"}
        if status.refused or "details" in request.query:
            answer["rules"] = _details(status)
        kept = {hdrs.CACHE_CONTROL: "no-store", **SERVER}
        return web.Response(body=dumps(answer), content_type="application/json", headers=kept)

    def jwks(request: web.BaseRequest) -> web.Response:
        keys = published()
        etag = keys.etag.decode("ascii")
        kept = {hdrs.ETAG: etag, hdrs.CACHE_CONTROL: "public, max-age=60", **SERVER}
        if _holds(request.headers.getall(hdrs.IF_NONE_MATCH, ()), etag):
            return web.Response(status=304, headers=kept)
        return web.Response(body=keys.body, content_type="application/json", headers=kept)

    pages = pages_at({"/.well-known/health": health, "/.well-known/jwks": jwks})
    return pages if cors is None else _cross_origin(pages, cors)


def _cross_origin(pages: Handler, cors: CorsPolicy) -> Handler:
    """Returns the same pages, for those of other origins that may ask."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        sent = Headers((name.lower(), value) for name, value in request.raw_headers)
        preflight = cors.preflight(request.method, sent)
        if preflight is None:
            response, fields = await pages(request), cors.response_fields(request.method, sent)
        else:
            response = web.Response(status=preflight.status, headers=SERVER)
            fields = preflight.fields
        for name, value in fields:
            response.headers.add(name.decode("ascii"), value.decode("latin-1"))
        return response

    return answer


def pages_at(pages: Mapping[str, Callable[[web.BaseRequest], web.Response]]) -> Handler:
    """Returns what serves pages by path, to GET alone."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        page = pages.get(request.path)
        if page is None:
            return web.Response(status=404, headers=SERVER)
        if request.method != hdrs.METH_GET:
            return web.Response(status=405, headers={hdrs.ALLOW: hdrs.METH_GET, **SERVER})
        return page(request)

    return answer


def _details(status: LoadingStatus) -> Json:
    """Returns what whoever may ask may know of rule sets: where mistakes are, not what they say."""
    return {
        "sets": len(status.loaded),
        "rules": sum(each.rules for each in status.loaded),
        "last_success": _moment(status.last_success),
        "refused": [
            {
                "set": each.id,
                "problems": each.problems,
                "first": {"code": each.code, "line": each.line},
                "since": _moment(each.since),
            }
            for each in status.refused
        ],
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _holds(fields: Sequence[str], etag: str) -> bool:
    """Returns whether If-None-Match names the ETag (RFC 9110 section 13.1.2)."""
    tags = {tag.strip() for field in fields for tag in field.split(",")}
    return not tags.isdisjoint({"*", etag, f"W/{etag}"})


class ManagementListener:
    """Serves an application for operators.

    Args:
        application: what is served.
        limits: what a client may cost.
        status: is told which limits were reached, and how busy it is.
        recorder: notes every exchange; None notes nothing.
    """

    def __init__(
        self,
        application: Handler,
        limits: OperatorLimits | None = None,
        status: ListenerStatus | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._application = application
        self._limits = limits or OperatorLimits()
        self._status = status or ListenerStatus("management")
        self._recorder = recorder
        self._runner: web.ServerRunner | None = None
        self._arrivals: Arrivals | None = None

    async def start(self, host: str | None, port: int, reception: Reception | None = None) -> int:
        """Listens, and returns the port.

        Args:
            host: address or name; None or empty for all interfaces.
            port: 0 for any free one.
            reception: what comes before the first request; None for nothing.

        Raises:
            OSError: the address can not be listened on.
        """
        [sockets] = open_sockets(Place("", host or "", port))
        await self.serve(sockets, reception)
        return int(sockets[0].getsockname()[1])

    async def serve(
        self, sockets: Sequence[socket.socket], reception: Reception | None = None
    ) -> None:
        """Serves at sockets that listen; they are closed in the end.

        Args:
            sockets: that listen.
            reception: what comes before the first request; None for nothing.
        """
        server = OperatorServer(self._application, self._limits, self._status, self._recorder)
        self._runner = web.ServerRunner(server)
        others = self._status.occupancy  # another listener for operators may have the same status
        self._status.occupancy = lambda: others().plus(Occupancy(len(server.connections)))
        await self._runner.setup()
        self._arrivals = Arrivals(reception or Reception(), server.connection)
        self._arrivals.accept(sockets)

    async def close(self) -> None:
        """Stops serving."""
        if self._arrivals is not None:
            self._arrivals.close()
            self._arrivals.abandon()
        if self._runner is not None:
            await self._runner.cleanup()
