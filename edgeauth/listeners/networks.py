"""Which addresses a listener believes."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def address_of(text: str) -> Address:
    """Returns an address without its zone; one of IPv4 as such, also if it is written in IPv6."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def origin_of(address: Address) -> str:
    """Returns what the connections of a client are counted by.

    An IPv6 client has a whole /64 network as a rule.
    """
    return str(address) if isinstance(address, IPv4Address) else address.packed[:8].hex()


def is_among(address: Address, networks: Iterable[Network]) -> bool:
    """Returns whether one of the networks holds the address."""
    return any(address.version == each.version and address in each for each in networks)
