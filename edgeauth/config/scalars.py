"""The small types of the configuration: durations, sizes, addresses, names.

None of them coerces: a text is not a number and a number is not a text.
"""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from re import compile as pattern
from typing import Annotated, NamedTuple, TypeAlias, TypeVar

from pydantic import Field, PlainValidator, Strict, WithJsonSchema

from edgeauth.config.findings import not_expected

_DURATION = pattern(r"([0-9]{1,15})(ns|us|ms|s|m|h)").fullmatch
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = pattern(r"([0-9]{1,15})(B|KB|MB|GB)").fullmatch
_OCTETS = {"B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = pattern(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*").fullmatch
_AUTHORITY = pattern(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::([0-9]{1,5}))?").fullmatch

Element = TypeVar("Element")
ListOf = Annotated[tuple[Element, ...], Strict(False)]  # noqa: FBT003  (pydantic's way to say so)
"""A list in the text, a tuple in the specification; its elements stay strict."""


class Authority(NamedTuple):
    """A host with an optional port.

    Attributes:
        host: lower-cased; an IPv6 address stands in brackets.
        port: 1 to 65535; None when none was written.
    """

    host: str
    port: int | None

    def __str__(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"


def parse_duration(text: object) -> float:
    """Returns the seconds of a duration with one unit: ns, us, ms, s, m or h."""
    found = _DURATION(text) if isinstance(text, str) else None
    if found is None:
        raise not_expected("a duration such as 10s, 5m")
    return int(found[1]) * _SECONDS[found[2]]


def check_duration(seconds: float, least: float) -> float:
    """Returns a duration that is long enough to be meant.

    Raises:
        PydanticCustomError: it is shorter than `least`.
    """
    if not seconds >= least:
        raise not_expected(f"{least:g}s or more" if least >= 1 else f"{least * 1000:g}ms or more")
    return seconds


def parse_patience(text: object) -> float:
    """Returns the seconds of a duration that ends: 100ms to 1h."""
    seconds = parse_duration(text)
    if not 0.1 <= seconds <= 3600:
        raise not_expected("a duration from 100ms to 1h")
    return seconds


def parse_byte_size(text: object) -> int:
    """Returns the octets of a size with one unit: B, KB, MB or GB, each 1024 of the one before."""
    found = _SIZE(text) if isinstance(text, str) else None
    if found is None:
        raise not_expected("a size such as 512B, 4KB, 128MB")
    return int(found[1]) * _OCTETS[found[2]]


def parse_authority(text: object) -> Authority:
    """Returns host and port of a text such as `orders:9000` or `[2001:db8::1]:9000`."""
    found = _AUTHORITY(text) if isinstance(text, str) else None
    if found is None or not is_host(found[1]):
        raise not_expected("a host with an optional port such as orders.test, orders:9000")
    port = None if found[2] is None else int(found[2])
    if port is not None and not 0 < port < 65536:
        raise not_expected("a port from 1 to 65535")
    return Authority(found[1].lower(), port)


def is_host(text: str) -> bool:
    """Returns whether a text is a host name, an IPv4 address or an IPv6 address in brackets."""
    if not text.startswith("["):
        return _HOST_NAME(text) is not None
    try:
        IPv6Address(text[1:-1])
    except ValueError:
        return False
    return text.endswith("]")


def parse_network(text: object) -> IPv4Network | IPv6Network:
    """Returns the network of an address (`10.0.0.1`) or a CIDR (`10.0.0.0/8`)."""
    try:
        enclosing = ip_network(text, strict=False) if isinstance(text, str) else None
    except ValueError:
        enclosing = None
    if enclosing is None:
        raise not_expected("an address or a network such as 10.0.0.1, 10.0.0.0/8")
    address = str(text).partition("/")[0]
    if ip_network(address).network_address != enclosing.network_address:
        raise not_expected(f"a network without host bits such as {enclosing}")
    return enclosing


def parse_status(number: object) -> int:
    """Returns the status of a final response, 200 to 599."""
    if type(number) is not int or not 200 <= number <= 599:
        raise not_expected("an HTTP status from 200 to 599")
    return number


Duration: TypeAlias = Annotated[
    float,
    PlainValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+(ns|us|ms|s|m|h)$"}),
]
"""Seconds."""

Patience: TypeAlias = Annotated[
    float,
    PlainValidator(parse_patience),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+(ns|us|ms|s|m|h)$"}),
]
"""Seconds that somebody is waited for, never for ever."""

ByteSize: TypeAlias = Annotated[
    int,
    PlainValidator(parse_byte_size),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+(B|KB|MB|GB)$"}),
]
"""Octets."""

Host: TypeAlias = Annotated[
    Authority,
    PlainValidator(parse_authority),
    WithJsonSchema(
        {"type": "string", "pattern": r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$"}
    ),
]

Network: TypeAlias = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(parse_network),
    WithJsonSchema({"type": "string", "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$"}),
]

HttpStatus: TypeAlias = Annotated[
    int,
    PlainValidator(parse_status),
    WithJsonSchema({"type": "integer", "minimum": 200, "maximum": 599}),
]

Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]

Count: TypeAlias = Annotated[int, Field(ge=0)]

Text: TypeAlias = Annotated[str, Field(min_length=1)]
"""A text that is not empty."""

Identifier: TypeAlias = Annotated[str, Field(min_length=1, max_length=128)]
"""The name of a mechanism, a rule or a step: anything but empty."""
