"""The PROXY protocol: what a trusted proxy writes before the first octet of its client.

Trust: called for peers in `serve.proxy_protocol.from` only, whose word on addresses is taken. What
they send is parsed strictly all the same: behind a header that is read in two ways, whatever the
client sends would begin in another place.

Source:
    HAProxy, The PROXY protocol, versions 1 & 2 (2020/03/05), sections 2.1 and 2.2.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from edgeauth.model.errors import Malformed

MAX_HEADER_OCTETS: Final = 4096
"""Of a header of version 2 with all that is told beside the addresses; version 1 has 107."""
UNIX_SOCKET: Final = "@"
"""The address of clients that came to the proxy through a unix socket."""

_V1_BEGIN: Final = b"PROXY "
_V1_OCTETS: Final = 107
_V1_ADDRESSES: Final = re.compile(
    rb"PROXY TCP([46]) ([0-9A-Fa-f.:]{2,45}) ([0-9A-Fa-f.:]{2,45})"
    rb" (0|[1-9][0-9]{0,4}) (0|[1-9][0-9]{0,4})\r\n"
)
_V1_UNKNOWN: Final = re.compile(rb"PROXY UNKNOWN(?: [\x20-\x7e]*)?\r\n")

_V2_BEGIN: Final = b"\r\n\r\n\0\r\nQUIT\n"
_V2_FIXED: Final = 16
_LOCAL, _PROXY = 0x20, 0x21
_UNSPECIFIED, _TCP4, _TCP6, _UNIX = 0x00, 0x11, 0x21, 0x31
_ADDRESS_OCTETS: Final = {_UNSPECIFIED: 0, _TCP4: 12, _TCP6: 36, _UNIX: 216}


def header_length(octets: bytes) -> int | None:
    """Returns how long the header is that a connection begins with; None as long as it is open.

    While it is open all octets belong to the header, so they may be taken off the connection.

    Args:
        octets: the first ones of a connection.

    Raises:
        Malformed: no header begins so, or it is too long.
    """
    begin = octets[: len(_V2_BEGIN)]
    if _V2_BEGIN.startswith(begin):
        return _v2_length(octets)
    if not _V1_BEGIN.startswith(octets[: len(_V1_BEGIN)]):
        raise Malformed("the connection does not begin with a PROXY header")
    end = octets.find(b"\n", 0, _V1_OCTETS)
    if end >= 0:
        return end + 1
    if len(octets) >= _V1_OCTETS:
        raise Malformed("the PROXY header is too long")
    return None


def _v2_length(octets: bytes) -> int | None:
    if len(octets) < _V2_FIXED:
        return None
    length = _V2_FIXED + int.from_bytes(octets[14:16], "big")
    if length > MAX_HEADER_OCTETS:
        raise Malformed("the PROXY header is too long")
    return length


def client_address(header: bytes) -> str | None:
    """Returns the address of the client that a header tells of.

    Args:
        header: as long as `header_length` says.

    Returns:
        An IP address, `UNIX_SOCKET`, or None when the proxy speaks for itself (a health check),
        or does not know: then the connection's own address counts.

    Raises:
        Malformed: the header is not one of version 1 or 2, or not one of a byte stream.
    """
    return _v2_address(header) if header.startswith(_V2_BEGIN) else _v1_address(header)


def _v1_address(header: bytes) -> str | None:
    if _V1_UNKNOWN.fullmatch(header):
        return None
    found = _V1_ADDRESSES.fullmatch(header)
    if found is None or int(found[4]) > 65535 or int(found[5]) > 65535:
        raise Malformed("the PROXY header is not one of version 1")
    family = IPv4Address if found[1] == b"4" else IPv6Address
    try:
        source, _ = (family(text.decode("ascii")) for text in found.group(2, 3))
    except ValueError:
        raise Malformed("the PROXY header holds no address of its family") from None
    return str(source)


def _v2_address(header: bytes) -> str | None:
    command, family = header[12], header[13]
    if command not in {_LOCAL, _PROXY}:
        raise Malformed("the PROXY header is not one of version 2")
    size = _ADDRESS_OCTETS.get(family)
    if command == _LOCAL:  # what follows is to be passed over, whatever it is
        return None
    if size is None or len(header) < _V2_FIXED + size:
        raise Malformed("the PROXY header holds no addresses of a byte stream")
    _check_additions(header[_V2_FIXED + size :])
    if family == _TCP4:
        return str(IPv4Address(header[16:20]))
    if family == _TCP6:
        return str(IPv6Address(header[16:32]))
    return UNIX_SOCKET if family == _UNIX else None


def _check_additions(octets: bytes) -> None:
    """Passes over what is told beside the addresses: type, length and value, again and again."""
    at = 0
    while at < len(octets):
        at += 3 + int.from_bytes(octets[at + 1 : at + 3], "big")
    if at != len(octets):
        raise Malformed("the PROXY header ends within what it tells")
