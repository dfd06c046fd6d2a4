"""The services of the example in one event loop, with an edge that only signs contracts.

Each service listens on a real socket and is called over HTTP, as the edge would call it.
"""

import time
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import jwt
import pytest
from aiohttp import ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

KEY_ID = "key-of-the-edge"
TOKENS = {name: name * 8 for name in ("articles", "subscription", "pdp", "operator")}

ALICE = "0f4a6554-9069-483d-bc8b-86c6943f22f2"
BOB = "5c9a6b0e-2f2b-4f0d-9f63-0d0c1c7a7b52"
CAROL = "c3f0a6d4-7a1e-4c55-8a57-3f6f2e1d9b10"


class Edge:
    """Signs contracts and publishes the key."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.key_sets_asked_for = 0
        self.key_set: object = {"keys": [public_jwk(self.key, KEY_ID)]}
        self.app = web.Application()
        self.app.router.add_get("/.well-known/jwks", self._answer)

    def claims(self, subject: str, **others: object) -> dict[str, object]:
        now = int(time.time())
        times = {"iat": now, "nbf": now, "exp": now + 300, "jti": str(uuid.uuid4())}
        return {"iss": "edgeauth", "aud": "blog-services", "sub": subject, **times, **others}

    def sign(self, claims: Mapping[str, object], **header: object) -> str:
        return jwt.encode(dict(claims), self.key, "ES256", headers={"kid": KEY_ID, **header})

    def contract(self, subject: str, **others: object) -> str:
        return self.sign(self.claims(subject, **others))

    def reading(self, subject: str, article: str, representation: str) -> str:
        """Returns a contract as the read-article rule makes it."""
        decision = {"requested_article": article, "allowed_representation": representation}
        return self.contract(subject, **decision)

    async def _answer(self, _request: web.Request) -> web.Response:
        self.key_sets_asked_for += 1
        return web.json_response(self.key_set)


def public_jwk(key: ec.EllipticCurvePrivateKey, key_id: str, **others: str) -> dict[str, object]:
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": key_id, "alg": "ES256", "use": "sig", **others}


@dataclass
class Landscape:
    """Running services, and somebody who calls them."""

    edge: Edge
    servers: dict[str, TestServer]
    session: ClientSession

    async def call(
        self,
        service: str,
        path: str,
        contract: str | None = None,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **body: object,
    ) -> tuple[int, object, Mapping[str, str]]:
        """Returns status, body (decoded if it is JSON) and headers."""
        authorization = {"Authorization": f"Bearer {contract}"} if contract else {}
        async with self.session.request(
            method,
            self.servers[service].make_url(path),
            headers={**authorization, **(headers or {})},
            allow_redirects=False,
            **body,
        ) as response:
            is_json = response.content_type == "application/json"
            content = await response.json() if is_json else await response.text()
            return response.status, content, response.headers


@asynccontextmanager
async def landscape(
    monkeypatch: pytest.MonkeyPatch, builders: Mapping[str, Callable[[], web.Application]]
) -> AsyncIterator[Landscape]:
    """Runs the services, in the order in which they stand there."""
    edge = Edge()
    for name, token in TOKENS.items():
        monkeypatch.setenv(f"{name.upper()}_SERVICE_TOKEN", token.ljust(32, "."))
    async with AsyncExitStack() as stack:
        servers: dict[str, TestServer] = {}
        for name, build in {"management": lambda: edge.app, **builders}.items():
            server = await stack.enter_async_context(TestServer(build()))
            monkeypatch.setenv(f"{name.upper()}_HOST", f"{server.host}:{server.port}")
            servers[name] = server
        jar = DummyCookieJar()
        session = await stack.enter_async_context(ClientSession(cookie_jar=jar))
        yield Landscape(edge, servers, session)


def service_header(service: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKENS[service].ljust(32, '.')}"}
