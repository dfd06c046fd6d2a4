"""Tokens of a certified OpenID provider: discovery, keys, introspection, DPoP, certificates.

`make peers` installs it. Its tokens are got with proofs that our tests make, so both sides of DPoP
are held to somebody else's reading of RFC 9449.
"""

import asyncio
import base64
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from edgeauth.mechanisms.authenticators import jwt, oauth2_introspection
from edgeauth.model.decision import Refusal
from edgeauth.model.identity import Principal
from edgeauth.model.json import Json
from edgeauth.model.request import Request
from edgeauth.ports.services import Services
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.clock import SystemClock
from edgeauth.services.endpoints import HttpEndpoints
from edgeauth.services.issuer_directory import Issuers
from edgeauth.services.replays import MemoryReplayStore
from edgeauth.services.trust_stores import TrustStoreFiles
from edgeauth.services.verification_keys import IssuerKeys
from edgeauth.wire.answers import Answers
from edgeauth.wire.client_certificates import parse_certificate
from tests.fakes.certificates import certificate
from tests.fakes.endpoint_keys import FakeEndpointKeys
from tests.fakes.ports import free_port
from tests.fakes.proofs import proof
from tests.fakes.requests import matched, request
from tests.fakes.signers import FakeSigners
from tests.integration.processes import PATIENCE, Place, ask

PEERS = Path(__file__).parent.parent / "peers"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (PEERS / "node_modules/.set-up").exists(),
        reason="`make peers` has not installed the provider",
    ),
]

RESOURCES = {"jwt": "https://shop.test", "oauth2_introspection": "https://opaque.test"}
"""What tokens are for: the provider makes JWTs for one and introspects those for the other."""


class Provider:
    """The provider, and what its clients ask it for."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.metadata = f"{issuer}/.well-known/openid-configuration"

    def token(self, client: str, kind: str, **headers: str) -> str:
        """Returns an access token of a client, for an authenticator of that type."""
        form = {"grant_type": "client_credentials", "scope": "read", "resource": RESOURCES[kind]}
        credentials = base64.b64encode(f"{client}:secret-of-{client}".encode()).decode()
        asked = urllib.request.Request(
            f"{self.issuer}/token",
            urllib.parse.urlencode(form).encode(),
            {"Authorization": f"Basic {credentials}", **headers},
        )
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return str(json.load(answer)["access_token"])
        except urllib.error.HTTPError as refused:
            raise AssertionError(refused.read()) from None

    def bound_token(self, kind: str) -> str:
        """Returns one that is bound to the key that tests make proofs with."""
        made = proof(
            htm="POST", htu=f"{self.issuer}/token", iat=int(time.time()), ath=None,
            jti=str(time.monotonic()),
        )  # fmt: skip
        return self.token("bound", kind, DPoP=made)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    port = free_port()
    with subprocess.Popen(
        ["node", "oidc-provider.mjs", str(port)],
        cwd=PEERS,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening at")
            yield Provider(f"http://127.0.0.1:{port}")
        finally:
            process.kill()


def asked(kind: str, config: dict[str, object], *requests: Request) -> list[Principal | Refusal]:
    """Returns what an authenticator says of requests, with real connections."""

    async def answers() -> list[Principal | Refusal]:
        clock = SystemClock()
        cache = MemoryCache(clock)
        endpoints = HttpEndpoints(clock, cache, FakeEndpointKeys())
        issuers = Issuers(endpoints, clock.now)
        services = Services(
            clock,
            cache,
            endpoints,
            endpoints.access_tokens,
            issuers,
            IssuerKeys(endpoints, clock, issuers, clock.now),
            TrustStoreFiles(),
            MemoryReplayStore(clock),
            None,
            FakeSigners(),
            Answers(),
        )
        of = {"jwt": jwt.TYPE, "oauth2_introspection": oauth2_introspection.TYPE}[kind]
        built = of.build(
            "it", of.config.model_validate(config, context={"egress_tls": False}), services
        )
        try:
            return [await built.authenticate(matched(each)) for each in requests]
        finally:
            await endpoints.close()

    return asyncio.run(answers())


def config(provider: Provider, kind: str, **more: object) -> dict[str, object]:
    if kind == "jwt":
        return {"metadata_endpoint": provider.metadata, **more}
    auth = {"type": "basic_auth", "config": {"user": "edge", "password": "secret-of-edge"}}
    metadata = {
        "url": provider.metadata,
        "resolved_endpoints": {"introspection_endpoint": {"auth": auth}},
    }
    return {"metadata_endpoint": metadata, "principal": {"id": "client_id"}, **more}


def bearing(token: str, scheme: str = "Bearer", **headers: str) -> Request:
    return request(headers={"Authorization": f"{scheme} {token}", **headers})


def proof_now(token: str, **claims: Json) -> str:
    return proof(token, iat=int(time.time()), **claims)


def client_certificate() -> str:
    """Returns the field in which a proxy tells of a certificate (RFC 9440)."""
    made = certificate(
        ec.generate_private_key(ec.SECP256R1()), "orders", end=datetime.now(UTC) + timedelta(days=1)
    )
    return f":{base64.b64encode(made.public_bytes(Encoding.DER)).decode()}:"


@pytest.mark.parametrize("kind", ["jwt", "oauth2_introspection"])
class TestBothWays:
    def test_a_token_of_the_provider_is_recognised(self, provider: Provider, kind: str) -> None:
        assertions = {"audience": [RESOURCES[kind]], "scopes": ["read"]}
        token = provider.token("caller", kind)

        (found,) = asked(kind, config(provider, kind, assertions=assertions), bearing(token))

        assert isinstance(found, Principal), found
        assert found.id == "caller"

    def test_a_changed_token_is_refused(self, provider: Provider, kind: str) -> None:
        token = provider.token("caller", kind)
        changed = token[:-3] + ("AAA" if not token.endswith("AAA") else "BBB")

        (found,) = asked(kind, config(provider, kind), bearing(changed))

        assert isinstance(found, Refusal)

    def test_a_token_for_another_resource_is_refused(self, provider: Provider, kind: str) -> None:
        assertions = {"audience": ["https://other.test"]}

        (found,) = asked(
            kind,
            config(provider, kind, assertions=assertions),
            bearing(provider.token("caller", kind)),
        )

        assert isinstance(found, Refusal)

    def test_a_bound_token_needs_the_proof_of_its_key(self, provider: Provider, kind: str) -> None:
        token = provider.bound_token(kind)
        made = proof_now(token)

        owner, again, nobody, bearer, other = asked(
            kind,
            config(provider, kind, assertions={"proof_of_possession": {"type": "dpop"}}),
            bearing(token, "DPoP", DPoP=made),
            bearing(token, "DPoP", DPoP=made),
            bearing(token, "DPoP"),
            bearing(token, "Bearer", DPoP=proof_now(token, jti="2")),
            bearing(token, "DPoP", DPoP=proof(token, "ES384", iat=int(time.time()))),
        )

        assert isinstance(owner, Principal), owner
        assert owner.id == "bound"
        assert all(isinstance(each, Refusal) for each in (again, nobody, bearer, other))

    def test_a_token_that_is_bound_to_a_certificate_needs_it(
        self, provider: Provider, kind: str
    ) -> None:
        field = client_certificate()
        shown = base64.b64decode(field[1:-1])
        token = provider.token("certified", kind, **{"Client-Cert": field})
        bare = bearing(token)

        owner, nobody = asked(
            kind,
            config(provider, kind, assertions={"proof_of_possession": {"type": "mtls"}}),
            replace(bare, client_certificate=parse_certificate(shown)),
            bare,
        )

        assert isinstance(owner, Principal), owner
        assert isinstance(nobody, Refusal)


def test_a_signed_answer_of_the_provider_counts(provider: Provider) -> None:
    signed = config(provider, "oauth2_introspection", signed_answers={"audience": ["edge"]})

    found, invented = asked(
        "oauth2_introspection",
        signed,
        bearing(provider.token("caller", "oauth2_introspection")),
        bearing("invented"),
    )

    assert isinstance(found, Principal), found
    assert isinstance(invented, Refusal)


CONFIGURATION = """\
serve:
  host: 127.0.0.1
  port: {port}
  trusted_proxies: [127.0.0.1]
  client_certificate_from: Client-Cert
management: {{host: 127.0.0.1, port: {management}}}
master_key: {{path: master.key}}
mechanisms:
  authenticators:
    - id: wallet
      type: jwt
      config:
        metadata_endpoint: {{url: "{metadata}"}}
        assertions:
          proof_of_possession:
            - {{type: dpop, config: {{nonce_required: true}}}}
            - {{type: mtls}}
  authorizers: [{{id: allow, type: allow}}]
  finalizers:
    - {{id: tell, type: header, config: {{headers: {{X-User: "{{{{ .Subject.ID }}}}"}}}}}}
default_rule:
  execute: [{{authenticator: wallet}}, {{authorizer: allow}}, {{finalizer: tell}}]
"""


@pytest.fixture
def edge(provider: Provider, tmp_path: Path) -> Iterator[Place]:
    """A decision service that demands bound tokens; what it is asked came from https://shop.test."""
    made = Place(tmp_path, upstream=0)
    (tmp_path / "master.key").write_text(base64.urlsafe_b64encode(b"k" * 33).decode())
    (tmp_path / "edgeauth.yaml").write_text(
        CONFIGURATION.format(port=made.port, management=made.management, metadata=provider.metadata)
    )
    with made.running("decision"):
        yield made


def decided(edge: Place, token: str, scheme: str, **fields: str) -> tuple[int, HTTPMessage]:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.test"}
    credentials = {"Authorization": f"{scheme} {token}"}
    status, answer, _ = ask(edge.port, "/articles/1", forwarded | credentials | fields)
    return status, answer


def test_a_client_gets_a_nonce_and_passes_with_it_once(provider: Provider, edge: Place) -> None:
    token = provider.bound_token("jwt")

    status, answer = decided(edge, token, "DPoP", DPoP=proof_now(token, jti="1"))
    assert status == 401
    assert 'error="use_dpop_nonce"' in answer["WWW-Authenticate"]
    made = proof_now(token, jti="2", nonce=answer["DPoP-Nonce"])

    status, answer = decided(edge, token, "DPoP", DPoP=made)
    assert (status, answer["X-User"]) == (200, "bound")
    status, answer = decided(edge, token, "DPoP", DPoP=made)
    assert (status, answer["X-User"]) == (401, None)
    status, _ = decided(edge, provider.token("caller", "jwt"), "Bearer")
    assert status == 401


def test_the_certificate_is_the_one_that_the_proxy_tells(provider: Provider, edge: Place) -> None:
    shown, other = client_certificate(), client_certificate()
    token = provider.token("certified", "jwt", **{"Client-Cert": shown})

    assert decided(edge, token, "Bearer", **{"Client-Cert": shown})[0] == 200
    assert decided(edge, token, "Bearer", **{"Client-Cert": other})[0] == 401
    assert decided(edge, token, "Bearer", **{"X-Forwarded-Client-Cert": shown})[0] == 401
    assert decided(edge, token, "Bearer", **{"Client-Cert": "nonsense"})[0] == 400
