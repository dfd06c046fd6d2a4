"""Unix sockets that upstreams listen at.

Trust: rules come from many people, and sockets of this machine may be open to edgeauth alone. So
the configuration says which of them rules may name (`upstreams.sockets`).
"""

from re import compile as pattern
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import PlainValidator, WithJsonSchema

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import Authority, parse_authority

_SEGMENT = r"/(?!\.{1,2}(?:/|$))[A-Za-z0-9_.:@+-]+"
_PATH = pattern(rf"(?:{_SEGMENT})+").fullmatch
_PLACE = pattern(rf"(?:{_SEGMENT})+/?").fullmatch
_MOST_OCTETS = 107
"""What the kernel takes (`sun_path`)."""
_PREFIX = "unix:"


class UnixSocket(NamedTuple):
    """A unix socket, written as `unix:/run/orders.sock`."""

    path: str
    """Absolute, and nothing in it leads elsewhere."""

    def __str__(self) -> str:
        return f"{_PREFIX}{self.path}"


def parse_upstream(text: object) -> Authority | UnixSocket:
    """Returns the host or the unix socket that requests are forwarded to."""
    if not isinstance(text, str) or not text.lower().startswith(_PREFIX):
        return parse_authority(text)
    path = text[len(_PREFIX) :]
    if not text.startswith(_PREFIX) or _PATH(path) is None or len(path) > _MOST_OCTETS:
        raise not_expected("the absolute path of a socket such as unix:/run/orders.sock")
    return UnixSocket(path)


def parse_socket_place(text: object) -> str:
    """Returns the path of a socket, or of a folder, which ends with a slash."""
    if not isinstance(text, str) or _PLACE(text) is None:
        raise not_expected("an absolute path such as /run/orders.sock, or a folder: /run/services/")
    return text


UpstreamHost: TypeAlias = Annotated[
    Authority | UnixSocket,
    PlainValidator(parse_upstream),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": (
                r"^((\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?"
                r"|unix:(/[A-Za-z0-9_.:@+-]+)+)$"
            ),
        }
    ),
]
"""A host with an optional port, or a unix socket."""

SocketPlace: TypeAlias = Annotated[
    str,
    PlainValidator(parse_socket_place),
    WithJsonSchema({"type": "string", "pattern": "^(/[A-Za-z0-9_.:@+-]+)+/?$"}),
]
"""A socket, or a folder of sockets, which ends with a slash."""
