"""Connections of operators and their machines: aiohttp's, within limits.

Trust: whoever can reach the port; it may say nothing, too much, or never read.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, cast

import structlog
from aiohttp import hdrs, web

from edgeauth.listeners.access import access_logger
from edgeauth.listeners.crowd import Crowd
from edgeauth.listeners.limits import OperatorLimits
from edgeauth.listeners.networks import address_of, origin_of
from edgeauth.listeners.observed import Recorder
from edgeauth.services.listener_status import Limited, ListenerStatus
from edgeauth.wire.proxy_protocol import UNIX_SOCKET

_log = structlog.get_logger()
SERVER: Final = {hdrs.SERVER: "edgeauth"}
"""In place of what aiohttp would say: its version and Python's are nobody's business."""
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nserver: edgeauth\r\n"
    b"connection: close\r\ncontent-length: 0\r\n\r\n"
)
_FOR_EVER: Final = 1e9
"""Seconds; what aiohttp is told for no limit."""

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class OperatorServer(web.Server):
    """Makes connections.

    Args:
        application: answers.
        limits: what a client may cost.
        status: counts which limits were reached.
        recorder: notes every exchange; None notes nothing.

    Attributes:
        crowd: its connections.
    """

    def __init__(
        self,
        application: Handler,
        limits: OperatorLimits,
        status: ListenerStatus,
        recorder: Recorder | None,
    ) -> None:
        super().__init__(_heard(application, status))
        self.limits = limits
        self.status = status
        self.crowd = Crowd(limits.connections, limits.connections_per_address)
        self._recorder = recorder

    def connection(self, address: str) -> web.RequestHandler:
        """Returns what speaks with a client at an address."""
        if self._recorder is None:
            return OperatorConnection(self, address, access_log=None)
        return OperatorConnection(self, address, access_log_class=access_logger(self._recorder))


def _heard(application: Handler, status: ListenerStatus) -> Handler:
    """Returns the same application; connections learn that their request is complete.

    What it is asked is counted, if anybody wants to know.
    """

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        if isinstance(connection, OperatorConnection):
            connection.heard()
        if status.requests is None:
            return await application(request)
        begun = time.monotonic()
        response = await application(request)
        status.requests.note(request.method, response.status, time.monotonic() - begun)
        return response

    return answer


class OperatorConnection(web.RequestHandler):
    """Answers what can not be answered properly without saying why, or who we are.

    Args:
        server: what accepted it.
        address: of the client; `UNIX_SOCKET` when it has none.
        options: for aiohttp.

    Attributes:
        address: the same.
    """

    __slots__ = ("_admitted", "_crowd", "_deadline", "_limits", "_said", "_status", "address")

    def __init__(self, server: OperatorServer, address: str, **options: object) -> None:
        limits = server.limits
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.idle_timeout or _FOR_EVER,
            lingering_time=limits.read_timeout,
            max_line_size=limits.request_octets,
            max_field_size=limits.request_octets,
            **options,  # type: ignore[arg-type]  # None as a log means none
        )
        self.address = address
        self._limits = limits
        self._status = server.status
        self._crowd = server.crowd
        self._admitted = False
        self._said = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to wait for a request, if there is room for one more connection."""
        limit = self._crowd.enter(self._origin)
        if limit is not None:
            self._status.limited[limit] += 1
            cast("asyncio.Transport", transport).abort()
            return
        self._admitted = True
        super().connection_made(transport)
        self._give(self._limits.read_timeout, Limited.HEAD_TIME)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Waits for nothing any more."""
        self._take_back()
        if self._admitted:
            self._crowd.leave(self._origin)
        super().connection_lost(exc)

    @property
    def _origin(self) -> str:
        """Returns what it is counted by; empty when it is counted with no other."""
        return "" if self.address == UNIX_SOCKET else origin_of(address_of(self.address))

    def data_received(self, data: bytes) -> None:
        """Takes what is said, up to a limit."""
        if not self._said:
            self._give(self._limits.read_timeout, Limited.HEAD_TIME)
        self._said += len(data)
        if self._said <= self._limits.request_octets:
            super().data_received(data)
        elif self.transport is not None:
            self._status.limited[Limited.HEAD] += 1
            self.transport.write(_TOO_LARGE)
            self.force_close()

    def heard(self) -> None:
        """Learns that a request is complete."""
        self._said = 0
        self._take_back()

    def pause_writing(self) -> None:
        """Gives the client time to read."""
        super().pause_writing()
        self._give(self._limits.write_timeout, Limited.DOWNLOAD)

    def resume_writing(self) -> None:
        """Learns that the client reads."""
        self._take_back()
        super().resume_writing()

    def force_close(self) -> None:
        """Closes; what still waits for the client has its time."""
        transport = self.transport
        super().force_close()
        if transport is not None and self._limits.write_timeout:
            asyncio.get_running_loop().call_later(self._limits.write_timeout, transport.abort)

    def _give(self, seconds: float, limit: Limited) -> None:
        self._take_back()
        if seconds:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(seconds, self._end, limit)

    def _take_back(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _end(self, limit: Limited) -> None:
        self._status.limited[limit] += 1
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Returns a bare answer; tells the operator about a bug of edgeauth's own."""
        if status >= 500:
            _log.error("bug in the management door", error=type(exc).__name__)
        answer = web.Response(status=status, headers=SERVER)
        answer.force_close()
        return answer
