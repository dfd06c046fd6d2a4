"""How connections to upstreams are made.

Trust: whoever answers is an upstream once TLS says so; with plain HTTP that is what the network
makes of an address.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar

from edgeauth.listeners.origin import Origin
from edgeauth.listeners.upstream_trust import TrustOf, failed_handshake, system_trust
from edgeauth.model.errors import Fault, Reason

Connection = TypeVar("Connection", bound=asyncio.Protocol)


class Dialler:
    """Makes connections to upstreams.

    Args:
        timeout: seconds for a connection, with all that belongs to it.
        trust: whom to take for an upstream.
    """

    def __init__(self, timeout: float, trust: TrustOf = system_trust) -> None:
        self._timeout = timeout
        self._trust = trust

    def context(self, origin: Origin) -> ssl.SSLContext | None:
        """Returns what connections to an origin are made with now; None without TLS."""
        return self._trust(origin).context if origin.scheme == "https" else None

    async def open(self, origin: Origin, make: Callable[[], Connection]) -> Connection:
        """Returns a new connection to an upstream.

        Args:
            origin: of the upstream.
            make: makes the protocol that speaks over it.

        Raises:
            Fault: COMMUNICATION when it could not be made in time, or whoever answered is not
                the upstream.
        """
        try:
            async with asyncio.timeout(self._timeout):
                return await self._open(origin, make)
        except TimeoutError:
            raise Fault(Reason.COMMUNICATION, "no connection in time", status=504) from None
        except ssl.SSLError as error:
            raise Fault(Reason.COMMUNICATION, failed_handshake(error)) from None
        except (OSError, UnicodeError) as error:
            raise Fault(Reason.COMMUNICATION, f"no connection: {type(error).__name__}") from None

    async def _open(self, origin: Origin, make: Callable[[], Connection]) -> Connection:
        context, name = self._trust(origin) if origin.scheme == "https" else (None, None)
        _, connection = await asyncio.get_running_loop().create_connection(
            make, origin.host, origin.port, ssl=context, server_hostname=name
        )
        return connection
