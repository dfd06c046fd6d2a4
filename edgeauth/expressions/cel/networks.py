"""Sets of IP networks, for `Request.ClientIPAddresses` and other addresses.

Trust: the addresses are the client's; what is no address lies outside of every network.
"""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

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
            found = _unmapped(ip_address(address))
        except ValueError:
            return False
        return any(found in network for network in self._networks)


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    # A dual-stack socket shows an IPv4 client as ::ffff:a.b.c.d: it is the same client.
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _network(block: str) -> IPv4Network | IPv6Network:
    try:
        if "/" not in block:
            raise EvaluationError("networks: a network is written with its prefix length")
        return ip_network(block, strict=False)
    except ValueError:
        raise EvaluationError("networks: not a network") from None


_LOCAL_MULTICAST: Final = (IPv4Network("224.0.0.0/24"), IPv6Network("ff02::/16"))
_LOCAL: Final = (IPv4Network("169.254.0.0/16"), IPv6Network("fe80::/10"))
_BROADCAST: Final = IPv4Address("255.255.255.255")


class Address:
    """An IP address without zone; IPv4 in IPv6 is equal to the same IPv4."""

    __slots__ = ("_address", "_text")

    def __init__(self, text: str) -> None:
        # A dotted tail or a zone has several readings elsewhere: it is no address here.
        if len(text) > MAX_ADDRESS or "%" in text or (":" in text and "." in text):
            raise EvaluationError("ip: not an address")
        try:
            address = ip_address(text)
        except ValueError:
            raise EvaluationError("ip: not an address") from None
        self._text = str(address)
        self._address = _unmapped(address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._address == other._address

    def __hash__(self) -> int:
        return hash(self._address)

    def text(self) -> str:
        """Returns the canonical form."""
        return self._text

    def family(self) -> int:
        """Returns 4 or 6, as it was written."""
        return 6 if ":" in self._text else 4

    def is_unspecified(self) -> bool:
        """Returns whether it is all zeros."""
        return self._address.is_unspecified

    def is_loopback(self) -> bool:
        """Returns whether it is the machine itself."""
        return self._address.is_loopback

    def is_link_local_multicast(self) -> bool:
        """Returns whether it is a group on the link."""
        return any(self._address in network for network in _LOCAL_MULTICAST)

    def is_link_local_unicast(self) -> bool:
        """Returns whether it is one machine on the link."""
        return any(self._address in network for network in _LOCAL)

    def is_global_unicast(self) -> bool:
        """Returns whether it is one machine beyond the link; private networks count."""
        address = self._address
        return not (
            address.is_unspecified
            or address.is_loopback
            or address.is_multicast
            or address == _BROADCAST
            or self.is_link_local_unicast()
        )

    def lies_in(self, network: IPv4Network | IPv6Network) -> bool:
        """Returns whether the network holds it."""
        return self._address in network


class Block:
    """A network in CIDR notation, with the address that it was written with."""

    __slots__ = ("_network", "address", "length")

    def __init__(self, text: str) -> None:
        address, slash, length = text.partition("/")
        if not slash or not length.isascii() or not length.isdigit() or len(length) > 3:
            raise EvaluationError("cidr: not a network")
        if len(length) > 1 and length.startswith("0"):
            raise EvaluationError("cidr: not a network")
        self.address = Address(address)
        self.length = int(length)
        try:
            self._network = ip_network(f"{self.address.text()}/{length}", strict=False)
        except ValueError:
            raise EvaluationError("cidr: not a network") from None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Block)
            and self.length == other.length
            and self.address == other.address
            and self._network == other._network
        )

    def __hash__(self) -> int:
        return hash(self._network)

    def text(self) -> str:
        """Returns the canonical form; the bits of the host stay."""
        return f"{self.address.text()}/{self.length}"

    def masked(self) -> "Block":
        """Returns the same network without the bits of a host."""
        return Block(str(self._network))

    def holds(self, address: Address) -> bool:
        """Returns whether an address lies in the network."""
        return address.lies_in(self._network)

    def covers(self, other: "Block") -> bool:
        """Returns whether all of another network lies in this one."""
        return other.lies_in(self._network)

    def lies_in(self, network: IPv4Network | IPv6Network) -> bool:
        """Returns whether all of it lies in another network."""
        mine = self._network
        return (
            mine.version == network.version
            and mine.prefixlen >= network.prefixlen
            and mine.network_address in network
        )
