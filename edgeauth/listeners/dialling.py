"""How a connection to an upstream is made: every address of its name is tried in turn."""

import asyncio
import ssl
from typing import TYPE_CHECKING

from edgeauth.listeners.origin import Origin
from edgeauth.listeners.upstream import UpstreamConnection
from edgeauth.model.errors import Fault, Reason

if TYPE_CHECKING:
    from edgeauth.listeners.proxy import ProxyDoor


async def open_connection(
    door: "ProxyDoor", origin: Origin, context: ssl.SSLContext | None
) -> UpstreamConnection:
    """Returns a new connection to an upstream.

    Raises:
        Fault: COMMUNICATION when it could not be made in time.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(door.limits.connect_timeout):
            _, connection = await loop.create_connection(
                lambda: UpstreamConnection(door, origin), origin.host, origin.port, ssl=context
            )
    except TimeoutError:
        raise Fault(Reason.COMMUNICATION, "no connection in time", status=504) from None
    except (OSError, UnicodeError) as error:
        raise Fault(Reason.COMMUNICATION, f"no connection: {type(error).__name__}") from None
    return connection
