"""Where requests are forwarded to."""

from functools import lru_cache
from typing import Final

from msgspec import Struct

from edgeauth.model.request import Request
from edgeauth.model.routing import Target

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origin(Struct, frozen=True, cache_hash=True):
    """Where connections of one pool go."""

    scheme: str
    host: str
    """A name, an address, or the absolute path of a unix socket."""
    port: int
    """0 for a unix socket."""

    @property
    def is_socket(self) -> bool:
        """Returns whether it is a unix socket."""
        return self.host.startswith("/")

    @property
    def name(self) -> str:
        """Returns the host as it is written; an IPv6 address stands in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def place(self) -> str:
        """Returns what logs call it."""
        return f"unix:{self.host}" if self.is_socket else f"{self.name}:{self.port}"


def origin_of(request: Request, target: Target) -> Origin:
    """Returns where a request goes."""
    if target.socket is not None:
        return Origin("http", target.socket, 0)
    return _origin(target.scheme or request.scheme, target.host, target.port)


@lru_cache(maxsize=1024)  # the rules have fewer upstreams than that
def _origin(scheme: str, host: str, port: int | None) -> Origin:
    return Origin(scheme, host.strip("[]"), port or _DEFAULT_PORTS[scheme])
