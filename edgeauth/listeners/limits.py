"""What a client may cost before it is turned away."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

from edgeauth.config.models.serve import EndWithCredentials, Management, Serve
from edgeauth.config.models.upstreams import Upstreams
from edgeauth.listeners.origin import Origin
from edgeauth.wire.http1 import WITHOUT_CONTENT

_BEYOND_LIMIT: Final = 4096
"""The reference reads so much beyond its limit before it refuses; so do we."""


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
        write_timeout: seconds after which is looked whether a client takes what waits for it, once
            that is more than the transport buffers (64 KiB); 0 means never.
        idle_timeout: seconds between two requests of a connection; 0 means none.
        connect_timeout: seconds for a connection to an upstream.
        connections: open client connections; further ones are closed at once.
        upstream_connections: connections to each upstream, beyond which requests wait; 0 means any
            number.
        connections_per_address: of them from one address; trusted peers have no such limit.
        requests_in_flight: requests begun and not answered; further ones are answered 503.
        requests_per_connection: the last one is answered with `Connection: close`.
        request_time: seconds from the head of a request to the end of its answer, beyond that 504
            (408 while its content is still to come); 0 means none.
        body_octets: content of any request; beyond that 413. `inf` means no limit.
        upload_rate: octets a second in which content has to come: what came buys time, up to
            `read_timeout`. 0 means that any octet will do.
        download_rate: octets a second in which a client has to read what waits for it, looked at
            every `write_timeout` seconds. 0 means that any octet will do.
        end_with_credentials: what ends at the latest when the credentials do that it was permitted
            by: upgraded connections (`upgrades`), streams of events that were asked for with GET
            as well (`streams`), or every request under way (`all`).
        without_content: methods whose requests must not have content; 400.
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
    request_time: float = 0.0
    body_octets: float = inf
    upload_rate: int = 240
    download_rate: int = 240
    end_with_credentials: EndWithCredentials = "streams"
    without_content: frozenset[bytes] = WITHOUT_CONTENT
    idle_upstreams: int = 100
    idle_upstreams_in_all: int = 100


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """Limits of one listener for operators.

    Attributes:
        request_octets: what is said before it is answered; beyond that 431.
        read_timeout: seconds for a complete head; 0 means none.
        write_timeout: seconds in which a client has to read most of what waits for it; 0 means
            none.
        idle_timeout: seconds between two requests of a connection; 0 means none.
        connections: open connections; further ones are closed at once.
        connections_per_address: of them from one address.
    """

    request_octets: int = 8192
    read_timeout: float = 5.0
    write_timeout: float = 10.0
    idle_timeout: float = 120.0
    connections: int = 1024
    connections_per_address: int = 256


def patience_of(upstreams: Upstreams, usual: float) -> Callable[[Origin], float]:
    """Returns what tells how many seconds an upstream may take until the head of its answer.

    Args:
        upstreams: what is configured of them.
        usual: of those that nothing is said of.
    """

    def patience(origin: Origin) -> float:
        timeout = upstreams.timeout_of(origin.name, origin.port)
        return usual if timeout is None else timeout.answer

    return patience


def operator_limits_of(management: Management) -> OperatorLimits:
    """Returns the limits that a configuration sets."""
    timeout = management.timeout
    return OperatorLimits(
        management.buffer_limit.read + _BEYOND_LIMIT,
        timeout.read,
        timeout.write,
        timeout.idle or timeout.read,
        management.limits.connections,
        management.limits.connections_per_address,
    )


def limits_of(serve: Serve) -> Limits:
    """Returns the limits that a configuration sets."""
    limits = serve.limits
    return Limits(
        head_octets=serve.buffer_limit.read + _BEYOND_LIMIT,
        head_fields=limits.fields,
        target_octets=limits.target,
        content_octets=serve.buffer_limit.body,
        connections=limits.connections,
        connections_per_address=limits.connections_per_address,
        requests_in_flight=limits.requests_in_flight,
        requests_per_connection=limits.requests_per_connection,
        request_time=limits.request_time or 0.0,
        end_with_credentials=limits.end_with_credentials,
        body_octets=inf if limits.body is None else limits.body,
        upload_rate=limits.minimum_upload_rate,
        download_rate=limits.minimum_download_rate,
        without_content=WITHOUT_CONTENT - {each.encode() for each in limits.content_in},
        read_timeout=serve.timeout.read,
        write_timeout=serve.timeout.write,
        idle_timeout=serve.timeout.idle or serve.timeout.read,
        upstream_connections=serve.connections_limit.max_per_host,
        idle_upstreams=serve.connections_limit.max_idle_per_host,
        idle_upstreams_in_all=serve.connections_limit.max_idle,
    )
