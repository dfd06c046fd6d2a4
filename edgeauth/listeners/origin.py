"""Where requests are forwarded to."""

from typing import Final, NamedTuple

from edgeauth.model.request import Request
from edgeauth.model.routing import Target

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """Where connections of one pool go."""

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        """Returns the host as it is written; an IPv6 address stands in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def place(self) -> str:
        """Returns what logs call it."""
        return f"{self.name}:{self.port}"


def origin_of(request: Request, target: Target) -> Origin:
    """Returns where a request goes."""
    scheme = target.scheme or request.scheme
    return Origin(scheme, target.host.strip("[]"), target.port or _DEFAULT_PORTS[scheme])
