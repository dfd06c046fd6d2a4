"""How connections to upstreams are made.

Trust: whoever answers is an upstream once TLS says so; with plain HTTP that is what the network
makes of an address.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeVar

from edgeauth.config.outbound_proxies import NO_PROXIES, OutboundProxies, Proxy
from edgeauth.listeners.candidates import Candidates
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.proxy_tunnel import ask_for_tunnel
from edgeauth.listeners.racing import HEAD_START, connected, first_of
from edgeauth.listeners.resolving import Address, Names
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.listeners.upstream_trust import Trust, TrustOf, failed_handshake, system_trust
from edgeauth.services.listener_status import UpstreamFailure as Failure

_MOMENT: Final = 0.1
"""Seconds; a turn of the event loop is shorter."""
Connection = TypeVar("Connection", bound=asyncio.Protocol)


class Way(NamedTuple):
    """How a connection was made."""

    address: Address
    context: ssl.SSLContext | None
    """None without TLS."""
    relayed: bool = False
    """Whether a proxy reads what is said."""


class Dialler:
    """Makes connections to upstreams.

    Args:
        timeout: seconds for a connection, with all that belongs to it.
        trust: whom to take for an upstream.
        names: the addresses of upstreams.
        proxies: on the way to upstreams.
    """

    def __init__(
        self,
        timeout: float,
        trust: TrustOf = system_trust,
        names: Names | None = None,
        proxies: OutboundProxies = NO_PROXIES,
    ) -> None:
        self._timeout = timeout
        self._trust = trust
        self._names = names or Names()
        self._proxies = proxies
        self._candidates = Candidates()

    def leads(self, origin: Origin, way: Way) -> bool:
        """Returns whether a connection would still be made in this way."""
        if origin.scheme == "https" and way.context is not self._trust(origin).context:
            return False
        return self._names.holds(self._first_hop(origin)[0], way.address)

    def refresh(self, origins: Iterable[Origin]) -> None:
        """Keeps the addresses of origins that are in use up to date."""
        self._names.refresh({self._first_hop(origin)[0] for origin in origins})

    @property
    def relays(self) -> bool:
        """Returns whether plain requests may go through a proxy."""
        return self._proxies.relays

    def proxy(self, origin: Origin) -> Proxy | None:
        """Returns the proxy on the way to an origin; None when there is none."""
        if origin.is_socket:
            return None
        return self._proxies.of(origin.scheme, origin.host, origin.port)

    def _first_hop(self, origin: Origin) -> tuple[str, int]:
        """Returns host and port that connections for an origin are made to."""
        proxy = self.proxy(origin)
        return (origin.host, origin.port) if proxy is None else (proxy.host, proxy.port)

    def close(self) -> None:
        """Gives up what is being asked."""
        self._names.close()

    async def open(self, origin: Origin, make: Callable[[], Connection]) -> tuple[Connection, Way]:
        """Returns a new connection to an upstream, and how it was made.

        Args:
            origin: of the upstream.
            make: makes the protocol that speaks over it.

        Raises:
            UpstreamFault: it could not be made in time, or whoever answered is not the upstream.
        """
        hop = "" if self.proxy(origin) is None else "the proxy on the way: "
        try:
            async with asyncio.timeout(self._timeout):
                return await self._open(origin, make)
        except TimeoutError:
            raise UpstreamFault(Failure.TIMEOUT, "no connection in time") from None
        except ssl.SSLError as error:
            raise UpstreamFault(Failure.TLS, failed_handshake(error)) from None
        except socket.gaierror:
            raise UpstreamFault(Failure.NAME, f"{hop}its name has no address") from None
        except OSError as error:
            name = type(error).__name__
            raise UpstreamFault(Failure.CONNECTION, f"{hop}no connection: {name}") from None

    async def _open(self, origin: Origin, make: Callable[[], Connection]) -> tuple[Connection, Way]:
        """Tries one address after the other until one of them proves to be the upstream."""
        host, port = self._first_hop(origin)
        left = self._candidates.order(await self._names.addresses(host), port)
        while True:
            address, made = await first_of(left, lambda each: self._attempt(each, port))
            try:
                return await self._begin(origin, address, made, make)
            except OSError:
                self._candidates.failed(address, port)
                left = left[left.index(address) + 1 :]
                if not left:
                    raise

    async def _begin(
        self, origin: Origin, address: Address, made: socket.socket, make: Callable[[], Connection]
    ) -> tuple[Connection, Way]:
        """Has a protocol speak to an upstream over a socket, once that leads there."""
        proxy = self.proxy(origin)
        trust = self._trust(origin) if origin.scheme == "https" else None
        if proxy is not None and trust is not None:
            try:
                await ask_for_tunnel(made, origin, proxy)
            except BaseException:
                made.close()
                raise
        connection = await _speak(made, trust, make)
        return connection, Way(address, trust and trust.context, bool(proxy) and trust is None)

    async def _attempt(self, address: Address, port: int) -> socket.socket:
        begun = asyncio.get_running_loop().time()
        try:
            return await connected(address, port)
        except OSError:
            self._candidates.failed(address, port)
            raise
        except asyncio.CancelledError:
            # Another address was quicker, or nobody waits any more.
            if asyncio.get_running_loop().time() - begun >= HEAD_START:
                self._candidates.failed(address, port)
            raise


async def _speak(
    made: socket.socket, trust: Trust | None, make: Callable[[], Connection]
) -> Connection:
    """Returns the protocol that speaks over a socket, after the handshake if there is one.

    The socket is the loop's from here on: it closes it when there is no connection in the end.
    """
    if trust is None:
        return (await _connection(made, None, make))[1]
    loop = asyncio.get_running_loop()
    making = loop.create_task(_connection(made, trust, make))
    try:
        _, connection = await asyncio.shield(making)
    except asyncio.CancelledError:
        # Not at once: before the handshake has begun uvloop would leave its error to nobody.
        loop.call_later(_MOMENT, making.cancel)
        making.add_done_callback(_abort)
        raise
    return connection


async def _connection(
    made: socket.socket, trust: Trust | None, make: Callable[[], Connection]
) -> tuple[asyncio.Transport, Connection]:
    loop = asyncio.get_running_loop()
    context, name = (None, None) if trust is None else trust
    if made.family == socket.AF_UNIX:
        return await loop.create_unix_connection(make, sock=made)
    return await loop.create_connection(make, sock=made, ssl=context, server_hostname=name)


def _abort(making: "asyncio.Task[tuple[asyncio.Transport, Connection]]") -> None:
    if not making.cancelled() and making.exception() is None:
        making.result()[0].abort()
