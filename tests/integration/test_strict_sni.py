"""Connections that are made for one host and ask for another (attack 29), with real TLS."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest

from edgeauth.config.models.tls import Tls
from edgeauth.listeners.server import TrustedProxies
from edgeauth.listeners.tls import TlsContexts
from edgeauth.secret_sources.sources import HeldSecrets
from tests.fakes.handshakes import NOW, Authority, Identity
from tests.integration.arrivals import LOOPS, NOBODY, PATIENCE, Arrived, arriving

HERE = TrustedProxies((ip_network("127.0.0.1"),))
NewLoop = Callable[[], asyncio.AbstractEventLoop]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def settings(authority: Authority, **more: object) -> Tls:
    shop, blog = authority.issue("shop.test", "127.0.0.1"), authority.issue("blog.test")
    return Tls.model_validate(
        {
            "key_store": {"path": str(shop.path)},
            "certificates": [{"key_store": {"path": str(blog.path)}}],
            **more,
        }
    )


def asking(authority: Authority) -> dict[str, object]:
    return {"client_certificates": {"mode": "optional", "trust_store": str(authority.path)}}


@asynccontextmanager
async def serving(tls: Tls, trusted: TrustedProxies = NOBODY) -> AsyncIterator[Arrived]:
    front = TlsContexts(tls, NOW.timestamp(), HeldSecrets()).front
    async with arriving(lambda: front, trusted=trusted, strict_sni=tls.is_strict) as arrived:
        yield arrived


async def ask(port: int, client: ssl.SSLContext, name: str | None, *hosts: str) -> list[int]:
    """Returns the statuses of the answers to requests over one connection."""
    client.check_hostname = name is not None
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=client, server_hostname=name or ""
        )
        for host in hosts:
            writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        writer.write(b"GET / HTTP/1.0\r\nHost: %b\r\n\r\n" % (hosts[-1].encode()))
        answered = await reader.read()
        writer.close()
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answered)]


@pytest.mark.parametrize("new_loop", LOOPS, ids=["uvloop", "asyncio"])
@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("blog.test", "shop.test"),
        ("shop.test", "blog.test"),
        ("shop.test", "shop.test.evil.test"),
        ("shop.test", "a.shop.test"),
        ("shop.test", "127.0.0.1"),
        (None, "shop.test"),
        (None, "127.1"),
    ],
)
def test_attack_029_a_request_for_another_host_is_misdirected_before_it_is_decided(
    authority: Authority, new_loop: NewLoop, name: str | None, host: str
) -> None:
    async def scenario() -> None:
        async with serving(settings(authority, **asking(authority))) as arrived:
            assert await ask(arrived.port, authority.client(), name, host) == [421]
            assert arrived.requests == []

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scenario())


@pytest.mark.parametrize("latest", [ssl.TLSVersion.TLSv1_2, None], ids=["1.2", "1.3"])
def test_attack_029_the_second_request_of_a_connection_is_misdirected_as_well(
    authority: Authority, latest: ssl.TLSVersion | None
) -> None:
    shown: Identity = authority.issue("client")

    async def scenario() -> None:
        tls = settings(authority, **asking(authority), min_version="TLS1.2")
        async with serving(tls) as arrived:
            client = authority.client(shown, latest)
            hosts = ("shop.test", "Shop.TEST.:443", "blog.test", "shop.test")
            assert await ask(arrived.port, client, "shop.test", *hosts) == [403, 403, 421]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("shop.test", "shop.test:8443"),
        ("BLOG.test", "blog.test"),
        (None, "127.0.0.1:8443"),
        (None, "[::1]"),
    ],
)
def test_the_host_that_the_connection_was_made_for_is_served(
    authority: Authority, name: str | None, host: str
) -> None:
    async def scenario() -> None:
        async with serving(settings(authority, strict_sni=True)) as arrived:
            assert await ask(arrived.port, authority.client(), name, host) == [403, 403]

    asyncio.run(scenario())


def test_a_trusted_proxy_speaks_for_hosts_that_it_did_not_connect_to(authority: Authority) -> None:
    async def scenario() -> None:
        async with serving(settings(authority, strict_sni=True), HERE) as arrived:
            answered = await ask(arrived.port, authority.client(), "shop.test", "blog.test")
            assert answered == [403, 403]

    asyncio.run(scenario())


def test_it_is_on_where_clients_show_certificates_to_several_hosts_unless_it_is_switched_off(
    authority: Authority,
) -> None:
    several, asked = settings(authority), asking(authority)

    assert settings(authority, **asked).is_strict
    assert settings(authority, strict_sni=True).is_strict
    assert not several.is_strict
    assert not settings(authority, **asked, certificates=[]).is_strict
    assert not settings(authority, **asked, strict_sni=False).is_strict


def test_other_hosts_are_served_where_nobody_demands_more(authority: Authority) -> None:
    async def scenario() -> None:
        async with serving(settings(authority)) as arrived:
            answered = await ask(arrived.port, authority.client(), "shop.test", "blog.test")
            assert answered == [403, 403]

    asyncio.run(scenario())
