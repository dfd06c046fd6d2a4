"""What a client may cost before it is turned away."""

from dataclasses import dataclass
from math import inf

from edgeauth.config.models.serve import Serve


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one listener; every default protects.

    Attributes:
        head_octets: request target and fields together, beyond that 431; and what comes between
            two pieces of content (chunk extensions, trailers), beyond that 400.
        head_fields: number of fields; beyond that 431.
        target_octets: request target; beyond that 414.
        content_octets: content that is held because a step reads it; beyond that 413.
        trailer_fields: fields after a chunked body, which are dropped, and together are no longer
            than a head; beyond that 400.
        read_timeout: seconds for a complete head, and between two pieces of content. Content that
            a step reads has so many seconds, and one more for each 64 KiB. 0 means none.
        write_timeout: seconds in which a client has to read most of what waits for it, once that
            is more than the transport buffers (64 KiB); 0 means none.
        idle_timeout: seconds between two requests of a connection; 0 means none.
        connect_timeout: seconds for a connection to an upstream.
        connections: open client connections; further ones are closed at once.
        upstream_connections: connections to each upstream, beyond which requests wait; 0 means any
            number.
        connections_per_address: of them from one address; trusted peers have no such limit.
        requests_in_flight: requests begun and not answered; further ones are answered 503.
        requests_per_connection: the last one is answered with `Connection: close`.
        body_octets: content of any request; beyond that 413. `inf` means no limit.
        idle_upstreams: idle connections kept for each upstream.
        idle_upstreams_in_all: idle connections kept for all upstreams together; 0 means any number.
    """

    head_octets: int = 8192
    head_fields: int = 100
    target_octets: int = 8000
    content_octets: int = 1_048_576
    trailer_fields: int = 16
    read_timeout: float = 5.0
    write_timeout: float = 10.0
    idle_timeout: float = 120.0
    connect_timeout: float = 10.0
    connections: int = 16_384
    upstream_connections: int = 0
    connections_per_address: int = 4096
    requests_in_flight: int = 4096
    requests_per_connection: int = 10_000
    body_octets: float = inf
    idle_upstreams: int = 100
    idle_upstreams_in_all: int = 100


def limits_of(serve: Serve) -> Limits:
    """Returns the limits that a configuration sets."""
    limits = serve.limits
    return Limits(
        # The reference reads so much beyond its limit before it refuses; so do we.
        head_octets=serve.buffer_limit.read + 4096,
        content_octets=serve.buffer_limit.body,
        connections=limits.connections,
        connections_per_address=limits.connections_per_address,
        requests_in_flight=limits.requests_in_flight,
        requests_per_connection=limits.requests_per_connection,
        body_octets=inf if limits.body is None else limits.body,
        read_timeout=serve.timeout.read,
        write_timeout=serve.timeout.write,
        idle_timeout=serve.timeout.idle or serve.timeout.read,
        upstream_connections=serve.connections_limit.max_per_host,
        idle_upstreams=serve.connections_limit.max_idle_per_host,
        idle_upstreams_in_all=serve.connections_limit.max_idle,
    )
