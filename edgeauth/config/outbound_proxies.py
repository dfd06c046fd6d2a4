"""Which connections that edgeauth opens go through an HTTP proxy: as programs in Go decide it.

Source:
    golang.org/x/net/http/httpproxy, `Config.ProxyFunc`: this machine is never asked for through a
    proxy; entries of `NO_PROXY` are networks, addresses, and domains with all names below them.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple, TypeAlias

from edgeauth.config.scalars import parse_authority

_THIS_MACHINE: Final = "localhost"


class Proxy(NamedTuple):
    """An HTTP proxy that is spoken to without TLS."""

    host: str
    """A name or an address; of IPv6 without brackets."""
    port: int
    authorization: str = ""
    """Of the field `Proxy-Authorization`; empty for none."""

    @property
    def url(self) -> str:
        """Returns its URL, without credentials."""
        return f"http://{_written(self.host)}:{self.port}"

    def __repr__(self) -> str:
        return f"Proxy({self.url})"


Exemption: TypeAlias = Callable[[str, int, IPv4Address | IPv6Address | None], bool]
"""Returns whether a host is asked without a proxy, given host, port, and the host as address."""


def parse_exemption(text: str) -> Exemption | None:
    """Returns what an entry of `NO_PROXY` means; None when it means nothing.

    Args:
        text: in lower case, without blanks around it.
    """
    if text == "*":
        return lambda _host, _port, _address: True
    network = _network(text)
    if network is not None:
        return lambda _host, _port, address: address is not None and address in network
    below = text.startswith((".", "*."))
    name = text.removeprefix("*").removeprefix(".") if below else text
    try:
        # An IPv6 address may stand without its brackets, if there is no port.
        host, port = parse_authority(name if _address(name) is None else _written(name))
    except ValueError:
        return None
    only = _address(host.strip("[]"))
    if only is not None and below:
        return None
    if only is not None:
        return lambda _host, at, address: address == only and port in (None, at)
    end = f".{host}"
    return lambda asked, at, _address: (
        (asked.endswith(end) or (not below and asked == host)) and port in (None, at)
    )


def _written(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        found = ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None
    mapped = found.network_address.ipv4_mapped if isinstance(found, IPv6Network) else None
    if found is None or mapped is None or found.prefixlen < 96:
        return found
    return ip_network((mapped, found.prefixlen - 96))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


class OutboundProxies:
    """The proxies of a process.

    Args:
        plain: for `http`.
        encrypted: for `https`.
        exemptions: who is asked without one.

    Attributes:
        relays: whether there is one that reads plain requests.
        of: returns the proxy for a scheme, a host (lower-cased, an IPv6 address without brackets)
            and a port; None asks it directly.
    """

    def __init__(
        self,
        plain: Proxy | None = None,
        encrypted: Proxy | None = None,
        exemptions: tuple[Exemption, ...] = (),
    ) -> None:
        self.relays = plain is not None
        self._by_scheme = {"http": plain, "https": encrypted}
        self._exemptions = exemptions
        self.of = lru_cache(maxsize=1024)(self._of)

    def _of(self, scheme: str, host: str, port: int) -> Proxy | None:
        proxy = self._by_scheme[scheme]
        if proxy is None or host == _THIS_MACHINE:
            return None
        address = _address(host)
        if address is not None and address.is_loopback:
            return None
        exempt = any(exempts(host, port, address) for exempts in self._exemptions)
        return None if exempt else proxy


NO_PROXIES: Final = OutboundProxies()
"""Everybody is asked directly."""
