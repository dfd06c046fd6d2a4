"""Caches of processes that share a Redis, as the configuration builds them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from secrets import token_hex

from pydantic import TypeAdapter

from edgeauth.config.models.cache import Cache
from edgeauth.contract.endpoint_keys import StoredEndpointKeys
from edgeauth.contract.signers import Signers
from edgeauth.ports.facts import CacheCounters, Learned
from edgeauth.ports.services import Clock
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.caching import Caching
from edgeauth.services.client_tls import ClientContexts
from tests.fakes.cache_contract import KNOWN, Known
from tests.fakes.clock import FakeClock
from tests.fakes.driving import settle
from tests.fakes.redis_servers import MASTER, PASSWORD, Guard, Guarded, Sentinels, Server

PLAIN = {"tls": {"disabled": True}}
# Nothing waits that long, but a machine that runs other tests may be slow.
PATIENT = {"timeout": {"read": "5s", "write": "5s", "connect": "5s"}}


def single(server: Server, **more: object) -> dict[str, object]:
    return {
        "type": "redis",
        "config": {"address": f"127.0.0.1:{server.port}", **PLAIN, **PATIENT, **more},
    }


def guarded(server: Guarded, **more: object) -> dict[str, object]:
    credentials = {"username": "edge", "password": "right-password"}
    return single(
        server.server,
        **{"tls": {"ca_file": str(server.authority)}, "credentials": credentials, **more},
    )


def behind(sentinels: Sentinels, **more: object) -> dict[str, object]:
    nodes = [f"127.0.0.1:{port}" for port in sentinels.ports]
    config = {"nodes": nodes, "master": MASTER, **PLAIN, **PATIENT, **more}
    return {"type": "redis-sentinel", "config": config}


def clustered(nodes: list[Server], **more: object) -> dict[str, object]:
    config = {"nodes": [f"127.0.0.1:{nodes[0].port}"], **PLAIN, **PATIENT, **more}
    return {"type": "redis-cluster", "config": config}


def identified(guard: Guard) -> dict[str, object]:
    """Returns what is shown to servers that are guarded."""
    return {
        "tls": {"ca_file": str(guard.authority), "key_store": {"path": str(guard.identity)}},
        "credentials": {"username": "edge", "password": PASSWORD},
    }


class Deployment:
    """Processes with the same configuration and the same key.

    Args:
        settings: the `cache` section, without a key.
        clock: of all processes.
    """

    def __init__(self, settings: Mapping[str, object], clock: Clock | None = None) -> None:
        self.clock = clock or FakeClock()
        self._settings = settings
        self._key = token_hex(16)
        self.secrets = HeldSecrets()

    @asynccontextmanager
    async def process(self, **more: object) -> AsyncIterator[Caching]:
        """Yields the cache of one process, which has tried to connect; None takes a key away."""
        wanted = {"encryption_key": self._key, **self._settings["config"], **more}
        config = {name: value for name, value in wanted.items() if value is not None}
        decoded = TypeAdapter(Cache).validate_python({**self._settings, "config": config})
        keys = StoredEndpointKeys(Signers(self.clock, self.secrets), self.secrets, self.clock)
        caching = Caching(decoded, self.clock, ClientContexts(keys), self.secrets)
        await caching.start()
        try:
            yield caching
        finally:
            await caching.close()
            await settle()


async def until(condition: Callable[[], object]) -> None:
    """Waits until a condition is true; the test ends by its time limit otherwise."""
    while not condition():
        await asyncio.sleep(0.01)


def counters_of(caching: Caching) -> CacheCounters:
    """Returns the counters of Redis."""
    return list(caching.counters.values())[-1]


async def written(caching: Caching, count: int = 1) -> None:
    """Waits until that many facts are in Redis."""
    await until(lambda: counters_of(caching).stored >= count)


async def fail() -> Learned[Known]:
    """Stands for work that must not be done: the fact is known already."""
    raise AssertionError("it was asked again")


async def kept_by(caching: Caching, key: bytes = b"key") -> object:
    """Returns what a process keeps of Redis, once it does."""
    while caching.facts.find(key) is None:
        await caching.facts.learn(key, KNOWN, fail)
        # The news of what was written last may still be on its way.
        await asyncio.sleep(0.01)
    return caching.facts.find(key)
