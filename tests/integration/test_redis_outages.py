"""Whatever becomes of Redis, requests pass that do not need it, and none that was used before does.

One process with every mechanism that uses the cache, and a Redis that hangs, refuses, and dies.
"""

import asyncio
import hmac
import json
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import jwt
import pytest

from tests.attacks.edge import request
from tests.fakes.driving import run
from tests.fakes.proofs import jkt, proof
from tests.fakes.redis_servers import NEEDS_REDIS, Server, server
from tests.golden.tokens import key_store, private_key, published_key
from tests.integration.lying import Service, end, lying
from tests.integration.processes import PAUSE, TRIES, Place, stop

pytestmark = [*NEEDS_REDIS, pytest.mark.timeout(120)]

PATIENCE = 20
SECRET = "sixteen or more octets"
ANSWERS = {
    "jwks": {"keys": [published_key("k", "ES256", 7)]},
    "introspection": {"active": True, "sub": "alice"},
    "session": {"sub": "alice"},
    "context": {"allowed": True},
    "remote": {"allowed": True},
    "token": {"access_token": "t", "token_type": "Bearer", "expires_in": 300},
}
ORDINARY = ("jwt", "introspection", "session", "context", "remote", "client", "exchange")
ONCE = ("dpop", "webhook")
BEARER = [{"header": "Authorization", "scheme": "Bearer"}]
STEPS = {
    "context": [{"contextualizer": "context"}, {"authorizer": "allow"}],
    "remote": [{"authorizer": "remote"}],
    "client": [{"authorizer": "allow"}, {"finalizer": "client"}],
    "exchange": [{"authorizer": "allow"}, {"finalizer": "exchange"}],
}


def configuration(place: Place, service: Service, redis: Server) -> dict[str, object]:
    """Returns one mechanism of each kind that uses the cache, and a rule with each."""
    at = f"http://127.0.0.1:{service.port}"
    jwks = {"jwks_endpoint": f"{at}/jwks/right/"}
    client = {"token_url": f"{at}/token/right/", "client_id": "edge", "client_secret": "s3cret"}
    kept = {"cache_ttl": "60s"}
    bound = {"issuers": ["issuer"], "proof_of_possession": {"type": "dpop"}}
    asking = {"payload": "{{ .Subject.ID }}", **kept}
    introspection = {"introspection_endpoint": f"{at}/introspection/right/", **kept}
    session = {
        "identity_info_endpoint": f"{at}/session/right/",
        "authentication_data_source": BEARER,
        "principal": {"id": "sub"},
        **kept,
    }
    webhook = {"signature": {"type": "github"}, "secrets": [{"value": SECRET}]}
    authenticators = {
        "jwt": ("jwt", {**jwks, "assertions": {"issuers": ["issuer"]}}),
        "dpop": ("jwt", {**jwks, "assertions": bound}),
        "introspection": ("oauth2_introspection", introspection),
        "session": ("generic", session),
        "webhook": ("webhook", webhook),
    }
    return {
        "serve": {"host": "127.0.0.1", "port": place.port, "workers": 1},
        "management": {"host": "127.0.0.1", "port": place.management},
        "cache": {
            "type": "redis",
            "config": {
                "address": f"127.0.0.1:{redis.port}",
                "tls": {"disabled": True},
                "encryption_key": "0123456789abcdef0123456789abcdef",
                "client_cache": {"disabled": True},
            },
        },
        "mechanisms": {
            "authenticators": [
                {"id": name, "type": kind, "config": config}
                for name, (kind, config) in authenticators.items()
            ],
            "contextualizers": [
                {
                    "id": "context",
                    "type": "generic",
                    "config": asking | {"endpoint": f"{at}/context/right/"},
                }
            ],
            "authorizers": [
                {"id": "allow", "type": "allow"},
                {
                    "id": "remote",
                    "type": "remote",
                    "config": asking | {"endpoint": f"{at}/remote/right/"},
                },
            ],
            "finalizers": [
                {
                    "id": "contract",
                    "type": "jwt",
                    "config": {"signer": {"key_store": {"path": "signer.pem"}}},
                },
                {"id": "client", "type": "oauth2_client_credentials", "config": client},
                {"id": "exchange", "type": "oauth2_token_exchange", "config": client},
            ],
        },
        "providers": {"file_system": {"src": "rules.yaml"}},
    }


def rules() -> dict[str, object]:
    return {
        "version": "1alpha4",
        "rules": [
            {
                "id": name,
                "match": {"routes": [{"path": f"/{name}"}]},
                "execute": [
                    {"authenticator": name if name not in STEPS else "jwt"},
                    *STEPS.get(name, [{"authorizer": "allow"}]),
                    {"finalizer": "contract"},
                ],
            }
            for name in (*ORDINARY, *ONCE)
        ],
    }


def question(place: Place, name: str) -> bytes:
    """Returns a request that nobody has made before."""
    fresh, now = secrets.token_hex(8), int(time.time())
    host = f"127.0.0.1:{place.port}"
    body = b""
    if name == "webhook":
        body = fresh.encode()
        code = hmac.digest(SECRET.encode(), body, "sha256").hex()
        fields = [f"X-Hub-Signature-256: sha256={code}", f"Content-Length: {len(body)}"]
    else:
        bound = {"cnf": {"jkt": jkt()}} if name == "dpop" else {}
        claims = {"sub": "alice", "iss": "issuer", "exp": now + 600, "jti": fresh, **bound}
        token = jwt.encode(claims, private_key("ES256", 7), "ES256", {"kid": "k"})
        fields = [f"Authorization: {'DPoP' if bound else 'Bearer'} {token}"]
        if bound:
            shown = proof(token, jti=fresh, htu=f"http://{host}/dpop", iat=now)
            fields.append(f"DPoP: {shown}")
    lines = (each.encode() for each in ("Connection: close", *fields))
    method = b"POST" if body else b"GET"
    return request(f"/{name}".encode(), *lines, method=method, host=host.encode(), body=body)


async def status(place: Place, asked: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", place.port)
    try:
        async with asyncio.timeout(PATIENCE):
            writer.write(asked)
            return int((await reader.read()).split(b" ", 2)[1])
    finally:
        await end(writer)


class World:
    """An edge with its Redis, which fails in one way after the other."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.redis = stack.enter_context(server(folder / "redis"))
        self.place = Place(folder, 0)

    def start(self, service: Service) -> None:
        (self.folder / "signer.pem").write_bytes(key_store("ES256"))
        (self.folder / "rules.yaml").write_text(json.dumps(rules()))
        text = json.dumps(configuration(self.place, service, self.redis))
        (self.folder / "edgeauth.yaml").write_text(text)

    async def ordinary(self) -> list[int]:
        """Returns what becomes of requests that do not need Redis, each three times at once."""
        asked = [question(self.place, name) for name in ORDINARY]
        return await asyncio.gather(*(status(self.place, each) for each in asked * 3))

    async def once(self) -> list[list[int]]:
        """Returns what becomes of requests that count once, asked twice one after the other."""
        asked = [question(self.place, name) for name in ONCE]
        return [[await status(self.place, each) for _ in range(2)] for each in asked]

    async def well(self) -> None:
        """Waits until Redis is asked again."""
        for _ in range(TRIES):
            if [codes[0] for codes in await self.once()] == [200, 200]:
                return
            await asyncio.sleep(PAUSE)  # polls a process; nothing tells when it is ready
        raise AssertionError("Redis is not asked again")


def restart(world: World) -> None:
    place = world.folder / "again"
    world.redis = world.stack.enter_context(server(place, port=world.redis.port))


FAULTS: dict[str, tuple[Callable[[World], object], Callable[[World], object]]] = {
    "hangs": (
        lambda world: world.redis.process.send_signal(signal.SIGSTOP),
        lambda world: world.redis.process.send_signal(signal.SIGCONT),
    ),
    "is full": (
        lambda world: world.redis.ask("CONFIG", "SET", "maxmemory", "1"),
        lambda world: world.redis.ask("CONFIG", "SET", "maxmemory", "0"),
    ),
    "is read only": (
        lambda world: world.redis.ask("REPLICAOF", "127.0.0.1", "1"),
        lambda world: world.redis.ask("REPLICAOF", "NO", "ONE"),
    ),
    "forbids writing": (
        lambda world: world.redis.ask("ACL", "SETUSER", "default", "-set"),
        lambda world: world.redis.ask("ACL", "SETUSER", "default", "+set"),
    ),
    "forbids everything": (
        lambda world: world.redis.ask("ACL", "SETUSER", "default", "-get", "-getrange", "-set"),
        lambda world: world.redis.ask("ACL", "SETUSER", "default", "+@all"),
    ),
    "is dead": (lambda world: world.redis.kill(), restart),
}


def test_redis_costs_no_request_but_those_that_count_once(tmp_path: Path) -> None:
    async def scenario() -> dict[str, tuple[list[int], list[list[int]], list[int]]]:
        told = {}
        with ExitStack() as stack:
            world = World(tmp_path, stack)
            async with lying() as service:
                service.documents = {(name, "right"): each for name, each in ANSWERS.items()}
                world.start(service)
                process = stack.enter_context(world.place.running("decision"))
                await world.well()
                for name, (breaks, mends) in FAULTS.items():
                    used = question(world.place, "webhook")
                    assert await status(world.place, used) == 200
                    breaks(world)
                    ordinary, once = await world.ordinary(), await world.once()
                    meanwhile = await status(world.place, used)
                    mends(world)
                    await world.well()
                    told[name] = ordinary, once, [meanwhile, await status(world.place, used)]
                    assert await world.ordinary() == [200] * 3 * len(ORDINARY)
                    assert await world.once() == [[200, 401]] * len(ONCE)
                await asyncio.to_thread(stop, process)
        return told

    told = run(scenario())

    for name, (ordinary, once, used) in told.items():
        assert ordinary == [200] * 3 * len(ORDINARY), name
        assert once == [[502, 502]] * len(ONCE), name
        assert used in ([502, 401], [401, 401]), name
