"""Certificates of clients, from the handshake to rules and upstreams."""

import asyncio
import base64
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.config.models.tls import Tls
from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.client_certificates import Telling
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.server import Listener, TrustedProxies
from edgeauth.listeners.tls import TlsContexts
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.wire.answers import Answers
from tests.attacks.edge import EDITS, OWNED, Client, Upstream, request, run
from tests.fakes.handshakes import NOW, Authority

NOBODY = TrustedProxies()
HERE = TrustedProxies((ip_network("127.0.0.1"),))
FORGED = (
    b"Client-Cert: :Zm9yZ2Vk:",
    b"Client-Cert-Chain: :Zm9yZ2Vk:",
    b"X-Forwarded-Client-Cert: Hash=" + b"ab" * 32,
    b"X-Client-Cert: forged",
    b"Client.Cert: :Zm9yZ2Vk:",
    b"Client_Cert: :Zm9yZ2Vk:",
    b"Connection: close, client-cert, client-cert-chain",
)


@dataclass
class Proxy:
    """A proxy that permits everything, and what came to it and went on."""

    port: int
    upstream: Upstream
    requests: list[Request] = field(default_factory=list)

    async def ask(self, client: ssl.SSLContext, *fields: bytes) -> int:
        """Returns the status of an answer; 0 when there is none."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        asking = Client(reader, writer)
        try:
            await writer.start_tls(client, server_hostname="shop.test")
            asking.send(request(b"/", *fields))
            return (await asking.answer()).status
        except (OSError, EOFError, AssertionError):
            return 0
        finally:
            asking.close()

    def told(self, name: bytes) -> list[bytes]:
        """Returns the values that the upstream got last under a name."""
        return self.upstream.requests[-1].all(name)


@asynccontextmanager
async def proxying(
    authority: Authority,
    *,
    telling: Telling = "none",
    mode: str = "optional",
    trusted: TrustedProxies = NOBODY,
) -> AsyncIterator[Proxy]:
    shop = authority.issue("shop.test")
    asking = {"mode": mode, "trust_store": str((authority.parent or authority).path)}
    tls = Tls.model_validate({"key_store": {"path": str(shop.path)}, "client_certificates": asking})
    contexts = TlsContexts(tls, NOW.timestamp(), HeldSecrets())
    upstream = Upstream()
    backend = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    proxy = Proxy(0, upstream)
    target = Target("127.0.0.1", backend.sockets[0].getsockname()[1], scheme="http")

    async def decide(asked: Request, _: ContentSource) -> Decision:
        proxy.requests.append(asked)
        return Permit("rule", "alice", EDITS, target, OWNED)

    deadlines, limits = Deadlines(), Limits(read_timeout=2.0)
    listener = Listener(decide, ProxyDoor(Answers(), limits, deadlines), deadlines, limits, trusted)
    reception = Reception(lambda: contexts.front, telling=telling)
    proxy.port = await listener.start("127.0.0.1", 0, reception)
    try:
        yield proxy
    finally:
        await listener.drain(0.1)
        backend.close()
    assert upstream.faults == []


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "intermediate", Authority(tmp_path, "root"))


def item(der: bytes) -> bytes:
    return b":" + base64.b64encode(der) + b":"


def client(authority: Authority, *arguments: str, **more: object) -> ssl.SSLContext:
    shown = authority.issue(*arguments, **more) if arguments else None  # type: ignore[arg-type]
    return (authority.parent or authority).client(shown)


def test_attack_151_a_client_can_not_forge_a_certificate(authority: Authority) -> None:
    async def scenario() -> None:
        async with proxying(authority, telling="chain") as proxy:
            assert await proxy.ask(client(authority), *FORGED) == 200
            assert proxy.requests[0].client_certificate is None
            sent = b"".join(proxy.upstream.streams).lower()
            assert b"cert" not in sent

    run(scenario())


@pytest.mark.parametrize("trusted", [NOBODY, HERE], ids=["a stranger", "a trusted proxy"])
def test_attack_151_who_shows_one_can_not_say_to_have_shown_another(
    authority: Authority, trusted: TrustedProxies
) -> None:
    alice = authority.issue("alice", sans=[x509.DNSName("alice.test")])

    async def scenario() -> None:
        async with proxying(authority, telling="leaf", trusted=trusted) as proxy:
            context = (authority.parent or authority).client(alice)
            assert await proxy.ask(context, *FORGED) == 200
            known = proxy.requests[0].client_certificate
            if trusted is NOBODY:
                assert known is not None
                assert known.der == alice.der
                assert proxy.told(b"client-cert") == [item(alice.der)]
            else:
                assert known is None, "a proxy's own certificate is not that of its client"
                assert proxy.told(b"client-cert") == []
            assert b"Zm9yZ2Vk" not in b"".join(proxy.upstream.streams)
            assert b"Hash=" not in b"".join(proxy.upstream.streams)

    run(scenario())


@pytest.mark.parametrize(
    ("telling", "fields"), [("none", (0, 0)), ("leaf", (1, 0)), ("chain", (1, 1))]
)
def test_what_was_shown_reaches_rules_and_if_wanted_upstreams(
    authority: Authority, telling: Telling, fields: tuple[int, int]
) -> None:
    alice = authority.issue("alice", sans=[x509.UniformResourceIdentifier("spiffe://a/b")])
    assert authority.parent is not None
    above = [authority.certificate, authority.parent.certificate]
    chain = b", ".join(item(each.public_bytes(Encoding.DER)) for each in above)
    context = authority.parent.client(alice)

    async def scenario() -> None:
        async with proxying(authority, telling=telling, mode="required") as proxy:
            assert await proxy.ask(context) == 200
            known = proxy.requests[0].client_certificate
            assert known is not None
            assert known.fingerprint == hashlib.sha256(alice.der).digest()
            assert (known.subject, known.uris) == ("CN=alice", ("spiffe://a/b",))
            assert proxy.told(b"client-cert") == [item(alice.der)] * fields[0]
            assert proxy.told(b"client-cert-chain") == [chain] * fields[1]

    run(scenario())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(x509.DNSName("alice.test\0.evil.test"), id="NUL in a host name"),
        pytest.param(x509.RFC822Name("alice@test\n"), id="line feed in an address"),
        pytest.param(x509.UniformResourceIdentifier("spiffe://a\x7f"), id="DEL in a URI"),
    ],
)
def test_attack_152_names_with_control_bytes_come_no_further(
    authority: Authority, name: x509.GeneralName
) -> None:
    async def scenario() -> None:
        async with proxying(authority) as proxy:
            assert await proxy.ask(client(authority, "alice", sans=[name])) == 0
            assert proxy.requests == []
            assert await proxy.ask(client(authority, "alice")) == 200

    run(scenario())


def test_a_certificate_that_no_upstream_would_take_comes_no_further(authority: Authority) -> None:
    names: list[x509.GeneralName] = [x509.DNSName(f"{'n' * 240}{i:03}.test") for i in range(60)]

    async def scenario() -> None:
        async with proxying(authority, telling="leaf") as proxy:
            assert await proxy.ask(client(authority, "alice", sans=names)) == 0
            assert proxy.requests == []

    run(scenario())
