"""Hosts with an optional port (RFC 3986 section 3.2, RFC 9110 section 7.2).

Trust: the client's; what is not plainly a host is malformed.
"""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from edgeauth.model.errors import Malformed

_AUTHORITY: Final = re.compile(
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9_.-]*)(?::(?P<port>[1-9][0-9]{0,4}))?"
)
_LONGEST_NAME: Final = 253
"""Octets of a host name (RFC 1035 section 2.3.4)."""


@lru_cache(maxsize=1024)
def parse_authority(raw: bytes) -> str:
    """Returns the authority lower-cased, without one trailing dot, its port kept.

    Raises:
        Malformed: no host; a host that is neither an ASCII name nor an address; a port outside
            1 to 65535; user information; anything else.
    """
    try:
        text = raw.decode("ascii").lower()
    except UnicodeDecodeError:
        raise Malformed("the host is not ASCII") from None
    found = _AUTHORITY.fullmatch(text) if len(text) <= _LONGEST_NAME + 8 else None
    if found is None:
        raise Malformed("the host is neither a name nor an address with an optional port")
    host, port = found["host"], found["port"]
    if host.startswith("["):
        _check_ipv6(host)
    if ".." in host:
        raise Malformed("the host name has an empty label")
    host = host.removesuffix(".")
    if len(host) > _LONGEST_NAME:
        raise Malformed("the host name is too long")
    if port is None:
        return host
    if int(port) > 65535:
        raise Malformed("the port is beyond 65535")
    return f"{host}:{port}"


def _check_ipv6(host: str) -> None:
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        raise Malformed("the host is no IPv6 address") from None
