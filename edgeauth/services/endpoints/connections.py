"""Connections to endpoints: whom they trust, what they show, and where they may lead.

Trust: names resolve to whatever a DNS server says, a moment later to something else. So what is
looked at is the address that a socket is about to be connected to.
"""

import errno
import socket
import ssl
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import AddrInfoType, Connection
from aiohttp.tracing import Trace

from edgeauth.config.models.client_tls import ClientTls
from edgeauth.config.outbound_proxies import NO_PROXIES, OutboundProxies, Proxy
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call
from edgeauth.services.client_tls import ClientContexts
from edgeauth.wire.addresses import is_public

MOST_PER_HOST: Final = 100
"""Connections to one host. All hosts together have no limit, or one that hangs would take them all;
how many there are says the configuration."""
_PORTS: Final = {"http": 80, "https": 443}


class AddressRefused(OSError):
    """Raised in place of a connection to an address that is not public."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "the address is not public")


class _Connector(aiohttp.TCPConnector):
    """Gives away no connection on which something came that nobody has asked for.

    The library takes it for the answer to the next question. From then on each answer would be that
    to the question before, which may have been about somebody else. What comes only after the next
    question was sent can not be told from an answer: HTTP/1.1 numbers neither.
    """

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109  (the library's)
    ) -> Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                return connection
            connection.close()


class Connections:
    """Keeps connections open, those of each kind apart.

    Args:
        contexts: whom they trust, and the certificates that they show.
        resolver: asked for addresses; the system's unless given.
        proxies: on the way to endpoints.
    """

    def __init__(
        self,
        contexts: ClientContexts,
        resolver: AbstractResolver | None = None,
        proxies: OutboundProxies = NO_PROXIES,
    ) -> None:
        self._contexts = contexts
        self._resolver = resolver
        self._proxies = proxies
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def prepare(self, tls: ClientTls) -> None:
        """Reads the files that TLS needs, anew when they were read before.

        Raises:
            ValueError: a file can not be used; names it.
        """
        self._contexts.prepare(tls)

    def context(self, tls: ClientTls | None) -> ssl.SSLContext:
        """Returns the context for connections; another one after a certificate has changed."""
        return self._contexts.context(tls)

    def proxy(self, call: Call) -> Proxy | None:
        """Returns the proxy on the way to an endpoint; None when there is none.

        Guarded calls have none: nobody could see which address a proxy connects to.
        """
        url = urlsplit(call.url)
        if call.settings.deny_private_addresses or not url.hostname:
            return None
        return self._proxies.of(url.scheme, url.hostname, url.port or _PORTS[url.scheme])

    def session(self, settings: CallSettings) -> aiohttp.ClientSession:
        """Returns the session for calls, bound to the loop that runs now.

        Guarded calls have a pool of their own: an open connection of others may lead anywhere.
        """
        guarded = settings.deny_private_addresses
        session = self._sessions.get(guarded)
        if session is None:
            session = self._sessions[guarded] = aiohttp.ClientSession(
                connector=_Connector(
                    limit=0,
                    limit_per_host=MOST_PER_HOST,
                    resolver=self._resolver,
                    socket_factory=public_socket if guarded else None,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                # What variables of the environment mean is said by `proxy` alone.
                trust_env=False,
            )
        return session

    async def close(self) -> None:
        """Closes every connection; calls under way fail."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()


def public_socket(info: AddrInfoType) -> socket.socket:
    """Returns a socket for an address, if that is public (attacks 182, 183, 184)."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise AddressRefused
    return socket.socket(family, kind, protocol)
