"""Sets of IP networks, for `Request.ClientIPAddresses` and other addresses.

Trust: the addresses are the client's; what is no address lies outside of every network.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from edgeauth.expressions.errors import EvaluationError

MAX_ADDRESS = 64
"""Longest text that is read as an address; the longest there is has 45 characters."""


class Networks:
    """The addresses of one or more networks, IPv4 or IPv6."""

    __slots__ = ("_networks",)

    def __init__(self, blocks: Sequence[str]) -> None:
        self._networks = tuple(map(_network, blocks))

    def __contains__(self, address: str) -> bool:
        """Returns whether an address lies in one of the networks; nonsense lies in none."""
        if len(address) > MAX_ADDRESS:
            return False
        try:
            found = ip_address(address)
        except ValueError:
            return False
        # A dual-stack socket shows an IPv4 client as ::ffff:a.b.c.d: it is the same client.
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)


def _network(block: str) -> IPv4Network | IPv6Network:
    try:
        if "/" not in block:
            raise EvaluationError("networks: a network is written with its prefix length")
        return ip_network(block, strict=False)
    except ValueError:
        raise EvaluationError("networks: not a network") from None
