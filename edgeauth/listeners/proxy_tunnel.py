"""A way to an upstream through an HTTP proxy that sees nothing of what is said.

Source:
    RFC 9110 section 9.3.6 (CONNECT).

Trust: the proxy may refuse or not answer. What it says before the upstream speaks is thrown away
with the connection, so that it can not put words into the upstream's mouth.
"""

import asyncio
import re
import socket
from typing import Final

from edgeauth.config.outbound_proxies import Proxy
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.services.listener_status import UpstreamFailure

_MOST_OCTETS: Final = 16_384
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")


async def ask_for_tunnel(made: socket.socket, origin: Origin, proxy: Proxy) -> None:
    """Has a proxy connect to an origin; from then on the socket leads there.

    Args:
        made: connected to the proxy.
        origin: of the upstream.
        proxy: the proxy.

    Raises:
        UpstreamFault: the proxy does not connect.
        OSError: the connection to the proxy fails.
    """
    loop, there = asyncio.get_running_loop(), origin.place
    head = f"CONNECT {there} HTTP/1.1\r\nhost: {there}\r\n"
    if proxy.authorization:
        head += f"proxy-authorization: {proxy.authorization}\r\n"
    await loop.sock_sendall(made, f"{head}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        data = await loop.sock_recv(made, 4096)
        answer += data
        if not data or len(answer) > _MOST_OCTETS:
            raise _refused("gave no answer")
    found = _STATUS_LINE.match(answer)
    if found is None:
        raise _refused("gave no answer")
    if not found[1].startswith(b"2"):
        raise _refused(f"answered {found[1].decode()}")
    if not answer.endswith(b"\r\n\r\n") or answer.count(b"\r\n\r\n") > 1:
        raise _refused("said more than that it has connected")


def _refused(what: str) -> UpstreamFault:
    return UpstreamFault(UpstreamFailure.PROXY, f"the proxy on the way {what}")
