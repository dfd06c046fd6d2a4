"""The listeners: `serve` for requests, `management` for health and keys."""

from collections.abc import Iterator
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.cors import Cors
from edgeauth.config.models.tls import Tls
from edgeauth.config.scalars import (
    ByteSize,
    Count,
    Duration,
    HttpStatus,
    ListOf,
    Network,
    Patience,
    Port,
)
from edgeauth.config.specification import Specification


class Timeout(Specification):
    """How long a listener waits, in seconds; 0 means for ever."""

    read: Duration = 5.0
    """For a whole request."""
    write: Duration = 10.0
    """For a response to be taken."""
    idle: Duration = 120.0
    """For the next request on a connection; 0 means as long as `read`."""


class ManagementBufferLimit(Specification):
    """How much is held of one connection for operators, in octets."""

    read: ByteSize = 4096
    """Of what is said before it is answered (what is longer is answered 431)."""
    write: ByteSize = 4096
    """Without effect, as for `serve`."""


class BufferLimit(Specification):
    """How much is held of one connection, in octets."""

    read: ByteSize = 4096
    """Of the header section of a request (what is longer is answered 431)."""
    body: ByteSize = 1_048_576
    """Of the content of a request that a step reads (what is longer is answered 413)."""
    write: ByteSize = 4096
    """Without effect: the reference buffers answers to Envoy by gRPC, which is not spoken here."""


class ConnectionsLimit(Specification):
    """The pool of connections to upstreams."""

    max_per_host: Count = 0
    """Connections to each upstream, beyond which requests wait; 0 means any number."""
    max_idle: Count = 100
    """Idle connections that are kept for all upstreams together; 0 means any number."""
    max_idle_per_host: Count = 100
    """Idle connections that are kept for each upstream."""


AtLeastOne: TypeAlias = Annotated[int, Field(ge=1)]
EndWithCredentials: TypeAlias = Literal["upgrades", "streams", "all"]


class ServeLimits(Specification):
    """What clients may cost one worker before they are turned away."""

    connections: AtLeastOne = 16_384
    """Open connections of clients; further ones are closed at once."""
    connections_per_address: AtLeastOne = 4096
    """Of them from one address (IPv6: one /64 network), trusted proxies excepted."""
    requests_in_flight: AtLeastOne = 4096
    """Requests that are not answered yet; further ones are answered 503."""
    requests_per_connection: AtLeastOne = 10_000
    """The last of them is answered with `Connection: close`."""
    target: ByteSize = 8000
    """Of the target of a request (what is longer is answered 414)."""
    fields: AtLeastOne = 100
    """Of the head of a request (more are answered 431)."""
    request_time: Duration | None = None
    """From the head of a request to the end of its answer; None means no limit."""
    end_with_credentials: EndWithCredentials = "streams"
    """What does not outlive the credentials that it was permitted by."""
    body: ByteSize | None = None
    """Of the content of any request (what is longer is answered 413); None means no limit."""
    minimum_upload_rate: ByteSize = 240
    """Octets a second in which content has to come, measured over `timeout.read`."""
    minimum_download_rate: ByteSize = 240
    """Octets a second in which answers have to be taken, measured over `timeout.write`."""
    content_in: ListOf[Literal["GET", "HEAD", "DELETE"]] = ()
    """Methods whose requests may have content although it has no meaning; others get 400."""


class Status(Specification):
    """The status that one kind of outcome is answered with."""

    code: HttpStatus


class Responses(Specification):
    """Statuses in place of the usual ones; none of a refusal may be taken for a permit."""

    accepted: Status = Status(code=200)
    precondition_error: Status = Status(code=400)
    authentication_error: Status = Status(code=401)
    authorization_error: Status = Status(code=403)
    communication_error: Status = Status(code=502)
    internal_error: Status = Status(code=500)
    no_rule_error: Status = Status(code=404)

    @model_validator(mode="after")
    def _check_refusals(self) -> "Responses":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        for name in type(self).model_fields:
            code = getattr(self, name).code
            # Attack 84: whoever asks for decisions goes by the status alone.
            if name != "accepted" and (200 <= code <= 299 or code == self.accepted.code):
                message = "a refusal would be answered as if it were a permit"
                changed = name if name in self.model_fields_set else "accepted"
                yield Finding(message, (changed, "code"), "expected a status of its own")


class Respond(Specification):
    """How outcomes are answered."""

    verbose: bool = False
    """Whether refusals say in words what was wrong."""
    statuses: Responses = Field(default=Responses(), alias="with")


class ProxyProtocol(Specification):
    """Proxies that say at the beginning of a connection whose it is."""

    sources: ListOf[Network] = Field(alias="from")
    """Peers that have to say so, and whose word is taken."""
    timeout: Patience = 5.0
    """For the complete header, in seconds."""

    @model_validator(mode="after")
    def _check_sources(self) -> "ProxyProtocol":
        if not self.sources:
            refuse([Finding('"from" names nobody', ("from",), "expected the addresses of proxies")])
        return self


class Serve(Specification):
    """The listener that requests come to."""

    host: str = ""
    """Empty means all interfaces."""
    port: Port = 4456
    workers: Annotated[int, Field(ge=1, le=512)] | None = None
    """Processes that decide about requests side by side; None means one for each processor."""
    timeout: Timeout = Timeout()
    buffer_limit: BufferLimit = BufferLimit()
    connections_limit: ConnectionsLimit = ConnectionsLimit()
    limits: ServeLimits = ServeLimits()
    tls: Tls | None = None
    proxy_protocol: ProxyProtocol | None = None
    trusted_proxies: ListOf[Network] = ()
    """Peers whose `Forwarded` and `X-Forwarded-*` fields are believed."""
    client_certificate_from: Literal["Client-Cert", "X-Forwarded-Client-Cert"] | None = None
    """The field in which they tell of the client's certificate; None believes none."""
    client_certificate_element: Literal["only", "first", "last"] = "only"
    """Which certificate counts where `X-Forwarded-Client-Cert` tells of several."""
    request_ids: bool = False
    """Whether every request has an `X-Request-Id`: a trusted proxy's, or one that is made."""
    unresolved_paths: Literal["resolve", "refuse"] = "resolve"
    """What becomes of `/a/../b` and `/a//b`."""
    respond: Respond = Respond()
    cors: Cors | None = None
    """Of the proxy; None leaves cross-origin requests to the services."""

    @model_validator(mode="after")
    def _check_proxies(self) -> "Serve":
        if self.client_certificate_from is not None and not self.trusted_proxies:
            message = "client_certificate_from has no effect without trusted_proxies"
            refuse([Finding(message, ("client_certificate_from",), on_key=True)])
        if (
            self.client_certificate_element != "only"
            and self.client_certificate_from != "X-Forwarded-Client-Cert"
        ):
            message = "client_certificate_element is about X-Forwarded-Client-Cert only"
            refuse([Finding(message, ("client_certificate_element",), on_key=True)])
        return self


class ManagementLimits(Specification):
    """What clients may cost each listener for operators before they are turned away."""

    connections: AtLeastOne = 1024
    """Open connections; further ones are closed at once."""
    connections_per_address: AtLeastOne = 256
    """Of them from one address (IPv6: one /64 network)."""


class Management(Specification):
    """The listener for health, readiness and published keys."""

    host: str = ""
    port: Port = 4457
    timeout: Timeout = Timeout()
    buffer_limit: ManagementBufferLimit = ManagementBufferLimit()
    limits: ManagementLimits = ManagementLimits()
    tls: Tls | None = None
    cors: Cors | None = None
    """None lets no page of another origin read health and keys."""

    @model_validator(mode="after")
    def _check_tls(self) -> "Management":
        if self.tls is not None and self.tls.strict_sni is not None:
            message = "strict_sni has no effect here: every host is answered alike"
            refuse([Finding(message, ("tls", "strict_sni"), on_key=True)])
        clients = None if self.tls is None else self.tls.client_certificates
        if clients is not None and clients.forward != "none":
            message = "forward has no effect here: nothing is forwarded"
            refuse([Finding(message, ("tls", "client_certificates", "forward"), on_key=True)])
        return self
