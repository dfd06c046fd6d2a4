"""Which requests a rule is for, and where they go."""

from dataclasses import dataclass
from enum import Enum


class EncodedSlashes(Enum):
    """What a rule does with `%2F` in a path (`allow_encoded_slashes`)."""

    OFF = "off"
    ON = "on"
    NO_DECODE = "no_decode"


@dataclass(frozen=True, slots=True)
class Target:
    """The upstream of a rule (`forward_to`).

    Attributes:
        host: host name or address, lower-cased; IPv6 in brackets; `localhost` for a socket.
        port: 1 to 65535; None means the default of the scheme.
        scheme: `http`, `https` or None for that of the request.
        strip_path_prefix: removed from the front of the path when it is there.
        add_path_prefix: put in front of the path.
        strip_query_parameters: names of parameters that are not forwarded.
        forward_host_header: whether the client's host is sent upstream, else `host`.
        decode_slashes: whether `%2F` in the path is forwarded as a slash.
        upgrades: protocols that a connection may switch to, in lower case.
        socket: absolute path of a unix socket, in the place of host and port.
    """

    host: str
    port: int | None = None
    scheme: str | None = None
    strip_path_prefix: str = ""
    add_path_prefix: str = ""
    strip_query_parameters: frozenset[str] = frozenset()
    forward_host_header: bool = True
    decode_slashes: bool = False
    upgrades: frozenset[bytes] = frozenset({b"websocket"})
    socket: str | None = None

    @property
    def authority(self) -> str:
        """Returns `host` or `host:port`, as it is written in a Host field."""
        return self.host if self.port is None else f"{self.host}:{self.port}"
