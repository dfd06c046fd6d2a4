"""A listener, often with TLS or the PROXY protocol, and what became of the connections to it."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network

from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.decision import DecisionDoor
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.server import Listener, TrustedProxies
from edgeauth.model.decision import Decision, Deny, Refusal, Response
from edgeauth.model.errors import Reason
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.services.event_loop import Loop
from edgeauth.services.listener_status import ListenerStatus, Refused

LOOPS = (Loop, asyncio.new_event_loop)
PATIENCE = 20
"""Seconds after which a listener that does not end a connection fails its test."""
NOBODY = TrustedProxies()
LOCAL = (ip_network("127.0.0.1/32"),)
GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@dataclass
class Arrived:
    """A listener that denies every request with what it knows of the client."""

    port: int
    status: ListenerStatus
    requests: list[Request]

    async def send(
        self,
        *pieces: bytes,
        tls: ssl.SSLContext | None = None,
        connected: threading.Event | None = None,
    ) -> bytes:
        """Sends pieces one after the other, and returns all that is answered.

        Args:
            pieces: of plain octets.
            tls: for a request over TLS behind them.
            connected: set when there is a connection, a moment before anything is sent.
        """
        return await asyncio.to_thread(self._send, pieces, tls, connected)

    def _send(
        self,
        pieces: tuple[bytes, ...],
        tls: ssl.SSLContext | None,
        connected: threading.Event | None,
    ) -> bytes:
        answer = b""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        if connected is not None:
            time.sleep(0.1)  # for the listener to accept it
            connected.set()
            time.sleep(0.1)  # for the listener to begin to end
        with plain, suppress(OSError):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                plain.sendall(piece)
            if tls is None:
                while octets := plain.recv(65_536):
                    answer += octets
            else:
                with tls.wrap_socket(plain, server_hostname="shop.test") as encrypted:
                    encrypted.sendall(GET)
                    while octets := encrypted.recv(65_536):
                        answer += octets
        return answer

    async def refused(self, why: Refused, times: int = 1) -> bool:
        """Returns whether connections were refused for this reason and no other."""
        async with asyncio.timeout(10):
            while self.status.refused.total() < times:
                await asyncio.sleep(0.005)
        return self.status.refused == {why: times}


@asynccontextmanager
async def arriving(
    tls: Callable[[], ssl.SSLContext] | None = None,
    *,
    trusted: TrustedProxies = NOBODY,
    draining: float = 0.05,
    sockets: Sequence[socket.socket] = (),
    **settings: object,
) -> AsyncIterator[Arrived]:
    """Runs a listener; afterwards nothing may be unhandled.

    Args:
        tls: returns the context for the next connection.
        trusted: peers whose forwarding fields are believed.
        draining: seconds for what is under way in the end.
        sockets: that listen; a port of this machine where there are none.
        settings: of the reception.
    """
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    requests: list[Request] = []

    async def decide(request: Request, _: ContentSource) -> Decision:
        requests.append(request)
        told = " ".join(request.client_addresses).encode()
        return Deny(Response(403, (), told), Refusal(Reason.AUTHORIZATION, "no"))

    deadlines, status = Deadlines(), ListenerStatus("serve")
    listener = Listener(decide, DecisionDoor(), deadlines, Limits(), trusted, status=status)
    reception = Reception(tls, status=status, **settings)  # type: ignore[arg-type]
    port = 0
    if sockets:
        await listener.serve(sockets, reception)
    else:
        port = await listener.start("127.0.0.1", 0, reception)
    try:
        yield Arrived(port, status, requests)
    finally:
        await listener.drain(draining)
        await asyncio.sleep(0)
    assert complaints == []
