"""From a connection to its first request: accepted, whose it is (PROXY protocol), then TLS.

Every listener accepts in this way. A connection arrives in a task of its own and has a bounded time
for it. What belongs to a PROXY header is taken off the socket and nothing else, so that TLS, or
HTTP, begins where it has to.

Trust: hostile from the first octet on. Peers in `proxies` have to begin with a PROXY header; all
others have none, and what they send in its place is no TLS and no HTTP.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from edgeauth.listeners.client_certificates import Telling
from edgeauth.listeners.crowd import Crowd
from edgeauth.listeners.networks import Address, Network, address_of, is_among, origin_of
from edgeauth.model.errors import Malformed
from edgeauth.services.listener_status import ListenerStatus, Refused
from edgeauth.wire.proxy_protocol import (
    MAX_HEADER_OCTETS,
    UNIX_SOCKET,
    client_address,
    header_length,
)

_log = structlog.get_logger()
_AT_ONCE: Final = 16
"""Connections that a listening socket has accepted before others get their turn.

One would be too few: while all connections are busy a turn of the event loop takes long, and who
comes last would wait for as many turns as there are others (uvloop's own servers do so). Many would
keep those that are served waiting for handshakes, and take everything from other processes at the
same socket.
"""
_PAUSE_SECONDS: Final = 1.0
"""Before the next try, when the system has no more file descriptors."""
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_HANDSHAKE: Final = 0x16
"""The first octet of every TLS connection (RFC 8446 section 5.1)."""
_PLAIN_HTTP: Final = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n"
    b"This port speaks HTTPS.\n"
)

MakeProtocol = Callable[[str], asyncio.BaseProtocol]
"""Makes what speaks with a client at an address; at `UNIX_SOCKET` when it has none."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What comes before the first request of a connection.

    Attributes:
        tls: returns the context for the next connection; None for connections without TLS.
        handshake_timeout: seconds for a handshake.
        proxies: peers that begin with a PROXY header.
        proxy_timeout: seconds for that.
        pending: connections that have not got as far as their first request; more are closed.
        pending_per_address: of them from one address; proxies have no such limit.
        telling: what upstreams are told of certificates of clients.
        strict_sni: whether a request has to be for the name that its connection was made for.
        status: counts those that do not arrive.
    """

    tls: Callable[[], ssl.SSLContext] | None = None
    handshake_timeout: float = 10.0
    proxies: tuple[Network, ...] = ()
    proxy_timeout: float = 5.0
    pending: int = 4096
    pending_per_address: int = 256
    telling: Telling = "none"
    strict_sni: bool = False
    status: ListenerStatus = field(default_factory=lambda: ListenerStatus(""))


class Arrivals:
    """Accepts connections and hands them over when they have arrived.

    Args:
        reception: what comes first.
        make_protocol: gets the connection then.
    """

    def __init__(self, reception: Reception, make_protocol: MakeProtocol) -> None:
        self._reception = reception
        self._make_protocol = make_protocol
        self._listening: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._crowd = Crowd(reception.pending, reception.pending_per_address)

    def accept(self, sockets: Sequence[socket.socket]) -> None:
        """Accepts connections from now on at sockets that listen; they are closed in the end."""
        self._listening = list(sockets)
        for each in self._listening:
            each.settimeout(0)
            self._resume(each)

    def close(self) -> None:
        """Stops accepting; what is on the way may still arrive."""
        loop = asyncio.get_running_loop()
        for each in self._listening:
            loop.remove_reader(each)
            each.close()
        self._listening = []

    async def settled(self) -> None:
        """Waits until everything has arrived or has been refused."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def abandon(self) -> None:
        """Ends what has not arrived."""
        for task in tuple(self._tasks):
            task.cancel()

    def _resume(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, name = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._pause(listening, error)
                return
            # Clients of a unix socket have no address.
            self._begin(connection, address_of(name[0]) if isinstance(name, tuple) else None)

    def _begin(self, connection: socket.socket, peer: Address | None) -> None:
        is_proxy = peer is not None and is_among(peer, self._reception.proxies)
        # A proxy speaks for many clients.
        origin = "" if peer is None or is_proxy else origin_of(peer)
        if self._crowd.enter(origin) is not None:
            self._refuse(connection, Refused.OVERLOAD)
            return
        # Known here and nowhere else: a client that has reset the connection has none any more,
        # but what it has sent is read.
        address = UNIX_SOCKET if peer is None else str(peer)
        work = self._arrive(connection, address, is_proxy=is_proxy)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._ended(task, origin))

    def _ended(self, task: "asyncio.Task[None]", origin: str) -> None:
        self._tasks.discard(task)
        self._crowd.leave(origin)

    def _pause(self, listening: socket.socket, error: OSError) -> None:
        _log.error("no connection can be accepted", error=error.strerror)
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening)
        loop.call_later(_PAUSE_SECONDS, self._resume, listening)

    def _refuse(self, connection: socket.socket, why: Refused) -> None:
        self._reception.status.refused[why] += 1
        connection.close()

    async def _arrive(self, connection: socket.socket, address: str, *, is_proxy: bool) -> None:
        """Brings a connection as far as its first request, or ends it."""
        try:
            connection.settimeout(0)
            if is_proxy:
                async with asyncio.timeout(self._reception.proxy_timeout):
                    address = await _told_address(connection) or address
            await self._hand_over(connection, address)
        except Malformed:
            self._refuse(connection, Refused.PROXY_HEADER)
        except (TimeoutError, ConnectionAbortedError):  # the latter is said of a slow handshake
            self._refuse(connection, Refused.TIMEOUT)
        except ssl.SSLError:
            self._refuse(connection, Refused.HANDSHAKE)
        except OSError:
            self._refuse(connection, Refused.CLOSED)
        except BaseException:
            connection.close()
            raise

    async def _hand_over(self, connection: socket.socket, address: str) -> None:
        reception, context = self._reception, None
        if reception.tls is not None:
            async with asyncio.timeout(reception.handshake_timeout):
                (begin,) = await _ahead(connection, 1)
            if begin != _HANDSHAKE:
                self._refuse_plain(connection, begin)
                return
            context = reception.tls()
        await asyncio.get_running_loop().connect_accepted_socket(
            lambda: self._make_protocol(address),
            connection,
            ssl=context,
            ssl_handshake_timeout=None if context is None else reception.handshake_timeout,
        )

    def _refuse_plain(self, connection: socket.socket, begin: int) -> None:
        """Says to a client that speaks HTTP what is expected here."""
        is_http = ord("A") <= begin <= ord("Z")
        if is_http:
            with suppress(OSError):
                # Read, or closing would reset the connection and the answer with it.
                connection.recv(65_536)
                connection.send(_PLAIN_HTTP)
        self._refuse(connection, Refused.PLAIN_HTTP if is_http else Refused.HANDSHAKE)


async def _told_address(connection: socket.socket) -> str | None:
    """Reads a PROXY header, and returns the address that it tells.

    Raises:
        Malformed: it is none.
        OSError: the peer has left.
    """
    header, length = b"", None
    while length is None or len(header) < length:
        ahead = await _ahead(connection, MAX_HEADER_OCTETS)
        length = header_length(header + ahead)
        taken = len(ahead) if length is None else min(len(ahead), length - len(header))
        header += connection.recv(taken)
    return client_address(header)


async def _ahead(connection: socket.socket, most: int) -> bytes:
    """Waits for octets, and leaves them where they are.

    Raises:
        OSError: the peer has left.
    """
    loop = asyncio.get_running_loop()
    while True:
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(connection, _set, ready)
        try:
            await ready
        finally:
            loop.remove_reader(connection)
        with suppress(BlockingIOError):  # woken for nothing
            ahead = connection.recv(most, socket.MSG_PEEK)
            if not ahead:
                raise ConnectionResetError
            return ahead


def _set(ready: "asyncio.Future[None]") -> None:
    if not ready.done():
        ready.set_result(None)
