"""The adapter under test, with fakes around it, and calls from configurations."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp.abc import AbstractResolver

from edgeauth.model.errors import Fault
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call, StepEndpoint
from edgeauth.ports.services import EndpointAnswer, EndpointKeys
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.endpoint_status import EndpointStatus
from edgeauth.services.endpoints import HttpEndpoints
from edgeauth.services.endpoints.connections import Connections
from tests.fakes.clock import FakeClock
from tests.fakes.endpoint_keys import FakeEndpointKeys


@dataclass
class Adapter:
    """The adapter with what it stands on."""

    clock: FakeClock = field(default_factory=FakeClock)
    monotonic: FakeClock = field(default_factory=FakeClock)
    keys: EndpointKeys = field(default_factory=FakeEndpointKeys)
    resolver: AbstractResolver | None = None
    status: EndpointStatus = field(default_factory=EndpointStatus)

    def __post_init__(self) -> None:
        self.cache = MemoryCache(self.clock, monotonic=self.clock.now)
        self.endpoints = HttpEndpoints(
            self.clock,
            self.cache,
            self.keys,
            Connections(ClientContexts(self.keys), self.resolver),
            self.monotonic.now,
            self.status,
        )

    async def send(self, call: Call) -> EndpointAnswer:
        return await self.endpoints.send(call)

    async def fault_of(self, call: Call) -> Fault:
        try:
            answer = await self.endpoints.send(call)
        except Fault as fault:
            return fault
        raise AssertionError(f"there was an answer: {answer.status}")


@asynccontextmanager
async def adapter(**more):
    made = Adapter(**more)
    try:
        yield made
    finally:
        await made.endpoints.close()


def settings(**config) -> CallSettings:
    return CallSettings.model_validate(config, context={"egress_tls": False})


def call(url, headers=None, body=None, forwarded=None, method="GET", **config) -> Call:
    """Returns the call of an endpoint that is configured so."""
    document = {"url": url, "method": method, "headers": headers or {}, **config}
    endpoint = StepEndpoint.model_validate(document, context={"egress_tls": False})
    return endpoint.call({}, body, forwarded)
