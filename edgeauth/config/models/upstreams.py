"""How upstreams are reached (`upstreams`): whom edgeauth trusts to be one, and which sockets."""

from collections.abc import Iterator, Sequence
from typing import Annotated, NamedTuple, TypeAlias, TypeVar

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.models.client_tls import ClientTls
from edgeauth.config.models.sockets import SocketPlace, UnixSocket
from edgeauth.config.scalars import ListOf, Patience, is_host, parse_authority
from edgeauth.config.specification import Specification


class UpstreamPattern(NamedTuple):
    """Which hosts of `forward_to` are meant.

    Attributes:
        host: lower-cased; the end of names, from a dot on, after a wildcard; empty for every host.
        port: None means every port.
        wildcard: whether any text may stand before `host`.
    """

    host: str
    port: int | None
    wildcard: bool

    def fits(self, host: str, port: int) -> bool:
        """Returns whether a host is meant.

        Args:
            host: lower-cased; an IPv6 address stands in brackets.
            port: of the upstream.
        """
        if self.port is not None and self.port != port:
            return False
        return host.endswith(self.host) if self.wildcard else host == self.host

    def covers(self, other: "UpstreamPattern") -> bool:
        """Returns whether every host that the other one means is meant by this one."""
        if self.port is not None and self.port != other.port:
            return False
        if not self.wildcard:
            return not other.wildcard and self.host == other.host
        return other.host.endswith(self.host)


def parse_pattern(text: object) -> UpstreamPattern:
    """Returns the pattern of a text such as `orders:9000`, `*.internal` or `*`."""
    wildcard = isinstance(text, str) and text.startswith("*")
    try:
        if not wildcard:
            host, port = parse_authority(text)
            return UpstreamPattern(host, port, wildcard=False)
        host, port = parse_authority("x" + str(text)[1:])
    except ValueError:
        raise _no_pattern() from None
    if not (host == "x" or host.startswith("x.")):
        raise _no_pattern()
    return UpstreamPattern(host[1:], port, wildcard=True)


def _no_pattern() -> Exception:
    return not_expected("a host of forward_to such as orders:9000, *.internal, *:8443, *")


Pattern: TypeAlias = Annotated[
    UpstreamPattern,
    PlainValidator(parse_pattern),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(\[[0-9A-Fa-f:.]+\]|\*|(\*\.)?[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$",
        }
    ),
]


def parse_server_name(text: object) -> str:
    """Returns a host without a port, lower-cased; an IPv6 address without its brackets."""
    if not isinstance(text, str) or not is_host(text):
        raise not_expected("a host without a port such as orders.internal")
    return text.lower().strip("[]")


ServerName: TypeAlias = Annotated[
    str, PlainValidator(parse_server_name), WithJsonSchema({"type": "string", "minLength": 1})
]


class UpstreamTls(ClientTls):
    """TLS towards some of the upstreams.

    Attributes:
        hosts: of `forward_to`.
        server_name: what they are asked for (SNI) and have to be, in the place of their host.
    """

    hosts: Annotated[ListOf[Pattern], Field(min_length=1)]
    server_name: ServerName | None = None

    def findings(self) -> Iterator[Finding]:
        """Yields what has no effect, and a name that too many would be believed under."""
        yield from super().findings()
        if self.server_name is not None and any(each.wildcard for each in self.hosts):
            message = "one server_name for hosts with a wildcard: each could pose as all others"
            yield Finding(message, ("server_name",), "name the hosts one by one", on_key=True)


class UpstreamTimeout(Specification):
    """How long some of the upstreams are waited for.

    Attributes:
        hosts: of `forward_to`.
        answer: seconds until the head of an answer, in the place of `serve.timeout.read`.
    """

    hosts: Annotated[ListOf[Pattern], Field(min_length=1)]
    answer: Patience


Entry = TypeVar("Entry", UpstreamTls, UpstreamTimeout)


class Upstreams(Specification):
    """How upstreams are reached."""

    tls: ListOf[UpstreamTls] = ()
    """The first entry with the host counts; without one it has to be trusted by the system."""
    timeouts: ListOf[UpstreamTimeout] = ()
    """The first entry with the host counts; without one `serve.timeout.read` does."""
    sockets: ListOf[SocketPlace] = ()
    """Unix sockets that rules may forward to, and folders of them."""

    @model_validator(mode="after")
    def _check_order(self) -> "Upstreams":
        refuse([*_in_vain("tls", self.tls), *_in_vain("timeouts", self.timeouts)])
        return self

    def allows(self, socket: UnixSocket) -> bool:
        """Returns whether rules may forward to a socket: it is listed, or its folder is."""
        folder = socket.path[: socket.path.rindex("/") + 1]
        return socket.path in self.sockets or folder in self.sockets

    def tls_of(self, host: str, port: int) -> UpstreamTls | None:
        """Returns what holds for an upstream; None means that nothing is configured.

        Args:
            host: lower-cased; an IPv6 address stands in brackets.
            port: of the upstream.
        """
        return _first(self.tls, host, port)

    def timeout_of(self, host: str, port: int) -> UpstreamTimeout | None:
        """Returns how long an upstream is waited for; None means as long as all others.

        Args:
            host: lower-cased; an IPv6 address stands in brackets.
            port: of the upstream.
        """
        return _first(self.timeouts, host, port)


def _in_vain(key: str, entries: Sequence[Entry]) -> Iterator[Finding]:
    seen: list[UpstreamPattern] = []
    for index, entry in enumerate(entries):
        for number, pattern in enumerate(entry.hosts):
            if any(other.covers(pattern) for other in seen):
                message = "has no effect: a host before it covers it"
                yield Finding(message, (key, index, "hosts", number))
            seen.append(pattern)


def _first(entries: Sequence[Entry], host: str, port: int) -> Entry | None:
    for entry in entries:
        if any(pattern.fits(host, port) for pattern in entry.hosts):
            return entry
    return None
