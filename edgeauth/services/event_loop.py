"""The event loop: uvloop's, without its way of closing what is somebody else's by then.

uvloop shares the descriptor of a socket that it is given for a connection with that socket. Where
the peer resets the connection before the first octet has left, as a client of TLS sends it at once,
uvloop closes the descriptor without a word to the socket. When that is collected it closes the same
number, whosever it is by then: the connection of a client, perhaps. MagicStack/uvloop#738 told of
the same after dials that were cancelled.

It is mended here, because libraries make connections as well.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import TypeVar

import uvloop

Spoken = TypeVar("Spoken", bound=asyncio.BaseProtocol)


class Loop(uvloop.Loop):
    """Keeps to itself the descriptors of sockets that it is given for connections."""

    async def create_connection(  # type: ignore[override]  # of its overloads `sock` alone matters
        self,
        protocol_factory: Callable[[], Spoken],
        host: str | None = None,
        port: int | None = None,
        *,
        sock: socket.socket | None = None,
        **settings: object,
    ) -> tuple[asyncio.Transport, Spoken]:
        """Returns a new connection; a socket that was given for it is empty from then on."""
        try:
            return await super().create_connection(  # type: ignore[call-overload,no-any-return]  # see above
                protocol_factory, host, port, sock=sock, **settings
            )
        finally:
            if sock is not None:
                sock.detach()
