"""What trusted proxies say about the original request (RFC 7239 and the X-Forwarded fields).

Trust: only called for peers in `serve.trusted_proxies`; still every value is parsed strictly.
"""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final

_MOST_HOPS: Final = 64
"""Entries of a forwarding chain that are looked at: the last ones, the nearest proxies' own."""
_LONGEST_ADDRESS: Final = 45
"""Characters of an IPv6 address that ends like one of IPv4; nothing longer is remembered."""
# Possessive: a quote that is not closed is not looked for in another way.
_CLOSED: Final = re.compile(rb'(?:[^"]|"(?:[^"\\]|\\.)*+")*+', re.DOTALL)


# Remembered, because a proxy says the same for all requests of a client.
@lru_cache(maxsize=1024)
def client_addresses(
    peer: str, forwarded: bytes | None, x_forwarded_for: bytes | None
) -> tuple[str, ...]:
    """Returns the client addresses that the chain of proxies lists, in order, the peer last.

    Proxies add behind what they are told. So what stands behind the last entry that is no address
    was said by proxies; what stands before it anybody may have said, and does not count.

    `Forwarded` counts when there is an address behind whatever is neither that nor `unknown` nor
    obfuscated; else `X-Forwarded-For`.

    Args:
        peer: the address of the trusted peer.
        forwarded: the value of the field, if there is one.
        x_forwarded_for: likewise.
    """
    found = () if forwarded is None else _for_parameters(forwarded)
    if not found and x_forwarded_for is not None:
        found = _x_forwarded_for(x_forwarded_for)
    return (*found, peer)


def _for_parameters(value: bytes) -> tuple[str, ...]:
    found: list[str] = []
    for element in value.decode("latin-1").split(",")[-_MOST_HOPS:]:
        for pair in element.split(";"):
            name, _, node = pair.strip(" \t").partition("=")
            if name.lower() != "for":
                continue
            node = _unquoted(node)
            if node.lower() == "unknown" or node.startswith("_"):
                continue
            address = _node_address(node)
            if address is None:
                found.clear()
            else:
                found.append(address)
    return tuple(found)


def _x_forwarded_for(value: bytes) -> tuple[str, ...]:
    found: list[str] = []
    for entry in value.decode("latin-1").split(",")[-_MOST_HOPS:]:
        text = entry.strip(" \t")
        if not text:
            continue
        address = _address(text)
        if address is None:
            found.clear()
        else:
            found.append(address)
    return tuple(found)


def is_closed(forwarded: bytes) -> bool:
    """Returns whether what is added to a Forwarded field stands outside of its quotes."""
    return _CLOSED.fullmatch(forwarded) is not None


def _unquoted(node: str) -> str:
    """Returns a node without its quotes; brackets need them, or they stand for no address."""
    if len(node) >= 2 and node.startswith('"') and node.endswith('"'):
        return node[1:-1]
    return "" if "[" in node else node


def _node_address(node: str) -> str | None:
    """Returns the address of a node: IPv4, or IPv6 in brackets (RFC 7239 section 6)."""
    if node.startswith("[") and node.endswith("]") and ":" in node:
        return _address(node[1:-1])
    return None if ":" in node else _address(node)


def _address(text: str) -> str | None:
    # A zone (RFC 4007) may hold any text, and means nothing elsewhere.
    return None if len(text) > _LONGEST_ADDRESS or "%" in text else _known_address(text)


@lru_cache(maxsize=4096)
def _known_address(text: str) -> str | None:
    """Returns the normal form of an address (RFC 5952); None when it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    # Section 5, and what sockets say; only newer versions of Python do so by themselves.
    return str(address) if mapped is None else f"::ffff:{mapped}"
