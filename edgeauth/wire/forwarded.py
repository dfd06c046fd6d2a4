"""What trusted proxies say about the original request (RFC 7239 and the X-Forwarded fields).

Trust: only called for peers in `serve.trusted_proxies`; still every value is parsed strictly.
"""

from ipaddress import ip_address
from typing import Final

from edgeauth.model.request import Headers

_MOST_HOPS: Final = 64
"""Entries of a forwarding chain that are looked at."""


def forwarded_addresses(headers: Headers) -> tuple[str, ...]:
    """Returns the client addresses that the chain of proxies lists, in order.

    `Forwarded` counts when every `for` of it is an address, `unknown` or obfuscated and at least
    one is an address; else `X-Forwarded-For` up to its first entry that is none.
    """
    value = headers.get(b"forwarded")
    if value is not None:
        found = _for_parameters(value)
        if found:
            return found
    value = headers.get(b"x-forwarded-for")
    return () if value is None else _x_forwarded_for(value)


def _for_parameters(value: bytes) -> tuple[str, ...]:
    found: list[str] = []
    for element in value.decode("latin-1").split(",")[:_MOST_HOPS]:
        for pair in element.split(";"):
            name, _, node = pair.strip().partition("=")
            if name.lower() != "for":
                continue
            node = node.strip('"')
            if node.lower() == "unknown" or node.startswith("_"):
                continue
            address = _address(node.removeprefix("[").removesuffix("]"))
            if address is None:
                return ()
            found.append(address)
    return tuple(found)


def _x_forwarded_for(value: bytes) -> tuple[str, ...]:
    found: list[str] = []
    for entry in value.decode("latin-1").split(",")[:_MOST_HOPS]:
        text = entry.strip()
        if not text:
            continue
        address = _address(text)
        if address is None:
            break
        found.append(address)
    return tuple(found)


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
