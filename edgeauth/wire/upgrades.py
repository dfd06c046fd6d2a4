"""Switching a connection to another protocol (RFC 9110 section 7.8): who asks, who agrees.

An upgrade ends what HTTP says about a connection, and with it everything that a proxy checks. So
it takes three: the client that asks, the rule that allows it, the upstream that answers 101 for
just that protocol. Whatever is not all of this is an ordinary request or no answer at all.

Trust: the request is the client's, the answer the upstream's.
"""

from collections.abc import Collection, Sequence
from typing import Final

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.headers import connection_options
from edgeauth.wire.http1 import status_line
from edgeauth.wire.outbound import response_fields

WEBSOCKET: Final = b"websocket"


def requested_upgrade(
    method: bytes, version: str, headers: Headers, allowed: Collection[bytes]
) -> bytes | None:
    """Returns the protocol that the upstream is asked to switch to; None for an ordinary request.

    Of several the first that is allowed counts, and it is the only one that the upstream hears of.

    Args:
        method: of the request.
        version: of the request: 1.0 knows no upgrades.
        headers: the client's.
        allowed: protocols in lower case (`forward_to.upgrades` of the rule).
    """
    wanted = headers.get(b"upgrade")
    if wanted is None or version != "1.1" or method == b"HEAD":
        return None
    if b"upgrade" not in connection_options(headers):
        return None
    for protocol in (each.strip(b" \t").lower() for each in wanted.split(b",")):
        # RFC 6455 section 4.1: a handshake is a GET.
        if protocol in allowed and (protocol != WEBSOCKET or method == b"GET"):
            return protocol
    return None


def switched_head(
    written: Sequence[tuple[bytes, bytes]], protocol: bytes | None, owned: frozenset[bytes]
) -> bytes:
    """Returns the head of the answer that tells the client of the switch.

    Args:
        written: the fields of the upstream's 101, names as it wrote them.
        protocol: what it was asked for; None for nothing.
        owned: names of the pipeline's fields, which are not for the client.

    Raises:
        Malformed: the upstream switches to what it was not asked for, or does not say so properly.
    """
    lines, headers = response_fields(written, owned)
    agreed = headers.get(b"upgrade", b"").lower()
    if protocol is None or agreed != protocol or b"upgrade" not in connection_options(headers):
        raise Malformed("a switch that nobody asked for")
    if b"content-length" in headers or b"transfer-encoding" in headers:
        raise Malformed("a switch with content")  # RFC 9110 section 8.6, RFC 9112 section 6.1
    return b"".join(
        (
            status_line(101),
            *lines,
            b"connection: upgrade\r\nupgrade: %b\r\n\r\n" % protocol,
        )
    )
