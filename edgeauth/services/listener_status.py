"""How a listener does: what it shows, and whom it has turned away before their first request."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from edgeauth.services.telemetry.certificates import CertificateEnd
from edgeauth.services.telemetry.durations import RequestDurations


class Refused(Enum):
    """Why a connection has ended before its first request."""

    HANDSHAKE = "handshake"
    """TLS: no common version, no or a wrong certificate of the client, garbage."""
    PLAIN_HTTP = "plain_http"
    """HTTP where TLS was expected."""
    PROXY_HEADER = "proxy_header"
    """A trusted proxy did not say whose connection it is, or nobody could understand it."""
    TIMEOUT = "timeout"
    """All that took too long."""
    CLOSED = "closed"
    """The peer has left."""
    OVERLOAD = "overload"
    """There are too many that have not got so far."""


class Limited(Enum):
    """Which limit was reached; the values are the last words of settings where there are some."""

    CONNECTIONS = "connections"
    CONNECTIONS_PER_ADDRESS = "connections_per_address"
    REQUESTS_IN_FLIGHT = "requests_in_flight"
    REQUESTS_PER_CONNECTION = "requests_per_connection"
    REQUEST_TIME = "request_time"
    END_WITH_CREDENTIALS = "end_with_credentials"
    BODY = "body"
    HELD_BODY = "held_body"
    """Content that a step reads."""
    UPLOAD = "upload"
    """Content did not come quickly enough."""
    DOWNLOAD = "download"
    """An answer was not taken quickly enough."""
    HEAD = "head"
    TARGET = "target"
    TRAILERS = "trailers"
    """Trailer fields, and what else stands around content."""
    HEAD_TIME = "head_time"
    IDLE_TIME = "idle_time"


class Occupancy(NamedTuple):
    """What a listener is busy with at one moment."""

    connections: int = 0
    """Open ones of clients."""
    requests: int = 0
    """Not answered yet."""
    idle_upstreams: int = 0
    """Connections to upstreams that are kept for the next request."""
    busy_upstreams: int = 0
    """Those that a request is under way on."""
    waiting: int = 0
    """Requests that wait for one of them."""

    def plus(self, other: "Occupancy") -> "Occupancy":
        """Returns both together."""
        return Occupancy(*(one + another for one, another in zip(self, other, strict=True)))


class UpstreamFailure(Enum):
    """Why an upstream did not answer a request."""

    NAME = "name"
    """Its name has no address."""
    CONNECTION = "connection"
    """Nobody takes connections there."""
    TLS = "tls"
    """Whoever answered did not prove to be the upstream, or wanted another proof from us."""
    PROXY = "proxy"
    """The proxy on the way does not let us through."""
    TIMEOUT = "timeout"
    """No connection or no answer in time."""
    ANSWER = "answer"
    """The connection ended, or what came was no answer."""
    OVERLOAD = "overload"
    """It has as many requests as it may have."""


@dataclass(slots=True)
class ListenerStatus:
    """The present state of one listener.

    Attributes:
        name: `serve` or `management`.
        certificates: what it shows, with who vouches for it; empty without TLS.
        refused: how many connections ended before their first request, and why.
        renewals: how often the files of TLS were read and put in force.
        failures: how often something was wrong with them, and the old ones stayed.
        last_renewal: when that was last, or the start; seconds since the epoch.
        limited: how often a limit was reached.
        failed: how often upstreams have failed, and why.
        occupancy: returns what it is busy with now.
        lag: seconds by which its sweeps have come late, all together: something else did not let
            the event loop go on.
        requests: how long they took; None while nobody wants to know, which costs nothing.
    """

    name: str
    certificates: tuple[CertificateEnd, ...] = ()
    refused: Counter[Refused] = field(default_factory=Counter)
    renewals: int = 0
    failures: int = 0
    last_renewal: float = 0.0
    limited: Counter[Limited] = field(default_factory=Counter)
    failed: Counter[UpstreamFailure] = field(default_factory=Counter)
    occupancy: Callable[[], Occupancy] = Occupancy
    lag: float = 0.0
    requests: RequestDurations | None = None
