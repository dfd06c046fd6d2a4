"""Upstreams and endpoints behind an HTTP proxy."""

import ssl

import pytest
import trustme
from aiohttp import web
from structlog.testing import capture_logs

from edgeauth.config.outbound_proxies import OutboundProxies, Proxy
from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.upstream_trust import Trust
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.errors import Fault
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.endpoints import HttpEndpoints
from edgeauth.services.endpoints.connections import Connections
from tests.attacks.edge import EDITS, GET, OWNED, PORTS, Upstream, request, run, running_edge
from tests.fakes.clock import FakeClock
from tests.fakes.endpoint_keys import FakeEndpointKeys
from tests.fakes.http_proxies import HttpProxy, proxying
from tests.fakes.http_servers import serving
from tests.unit.services.endpoints.made import call

LOGIN = "Basic czNjcmV0"
AUTHORITY = trustme.CA()
TOO_EARLY = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


def decide(scheme: str, host: str = "orders.test"):
    async def forward(_request: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", EDITS, Target(host, PORTS[-1], scheme), OWNED)

    return forward


def dialler_through(port: int) -> Dialler:
    proxy = Proxy("127.0.0.1", port, LOGIN)
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return Dialler(
        10.0, lambda origin: Trust(context, origin.host), proxies=OutboundProxies(proxy, proxy)
    )


def tls_of(host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert(host).configure_cert(context)
    return context


def told(scheme: str, status: int, upstream: Upstream, **proxy: object) -> tuple[HttpProxy, str]:
    """Returns the proxy and what the log says, after a request with an answer of a status."""
    seen: list[HttpProxy] = []

    async def scenario() -> None:
        async with (
            proxying(**proxy) as between,
            running_edge(
                upstream,
                decide=decide(scheme),
                dialler=dialler_through(between.port),
                upstream_tls=tls_of("orders.test") if scheme == "https" else None,
            ) as edge,
            edge.client() as client,
        ):
            seen.append(between)
            client.send(GET)
            assert (await client.answer()).status == status

    with capture_logs() as lines:
        run(scenario())
    assert "czNjcmV0" not in str(lines)
    return seen[0], "".join(line["error"] for line in lines)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 407 No\r\n\r\n", "answered 407"),
        (b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "answered 403"),
        (b"HTTP/1.1 502 No\r\n\r\n", "answered 502"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "answered 100"),
        (b"nonsense\r\n\r\n", "gave no answer"),
        (b"HTTP/2 200\r\n\r\n", "gave no answer"),
        (b"HTTP/1.1 200 OK\r\n", "gave no answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 4000, "gave no answer"),
    ],
    ids=lambda each: each[:20] if isinstance(each, bytes) else None,
)
def test_a_proxy_that_makes_no_tunnel_is_a_bad_gateway(answer, reason):
    upstream = Upstream()
    _, error = told("https", 502, upstream, answer=answer)
    assert error == f"the proxy on the way {reason}"
    assert upstream.streams == []


def test_a_proxy_can_not_speak_for_the_upstream():
    upstream = Upstream()
    _, error = told("https", 502, upstream, extra=TOO_EARLY)
    assert error == "the proxy on the way said more than that it has connected"
    assert upstream.requests == []


def test_who_is_at_the_end_of_a_tunnel_has_to_prove_it():
    async def scenario() -> None:
        async with (
            proxying() as between,
            running_edge(
                decide=decide("https"),
                dialler=dialler_through(between.port),
                upstream_tls=tls_of("other.test"),
            ) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            assert (await client.answer()).status == 502

    with capture_logs() as lines:
        run(scenario())
    assert [line["error"] for line in lines] == ["its certificate is for another name"]


def test_a_proxy_that_wants_other_credentials_does_not_ask_the_client_for_them():
    upstream = Upstream()
    refusal = b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno"
    _, error = told("http", 502, upstream, answer=refusal)
    assert error == "the proxy on the way wants other credentials"


def test_nobody_at_the_proxy_is_a_bad_gateway():
    async def scenario() -> None:
        dialler = dialler_through(1)
        async with (
            running_edge(decide=decide("http"), dialler=dialler) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            assert (await client.answer()).status == 502

    with capture_logs() as lines:
        run(scenario())
    error = "the proxy on the way: no connection: ConnectionRefusedError"
    assert [line["error"] for line in lines] == [error]


def test_a_tunnel_leads_to_the_upstream_of_the_rule_and_is_kept():
    upstream = Upstream()
    seen: list[HttpProxy] = []

    async def scenario() -> None:
        async with (
            proxying() as between,
            running_edge(
                upstream,
                decide=decide("https"),
                dialler=dialler_through(between.port),
                upstream_tls=tls_of("orders.test"),
            ) as edge,
            edge.client() as client,
        ):
            seen.append(between)
            for _ in range(2):
                client.send(request(b"/a?b", b"Proxy-Authorization: mine", host=b"evil.test"))
                assert (await client.answer()).status == 200
                edge.door.sweep()

    run(scenario())
    place = f"orders.test:{PORTS[-1]}"
    asked = f"CONNECT {place} HTTP/1.1\r\nhost: {place}\r\nproxy-authorization: {LOGIN}\r\n\r\n"
    assert seen[0].heads == [asked.encode()]
    assert [each.target for each in upstream.requests] == [b"/a?b", b"/a?b"]
    assert not any(each.all(b"proxy-authorization") for each in upstream.requests)


def test_a_plain_request_names_the_upstream_of_the_rule_whatever_host_the_client_says():
    upstream = Upstream()
    seen: list[HttpProxy] = []

    async def scenario() -> None:
        async with (
            proxying() as between,
            running_edge(
                upstream, decide=decide("http"), dialler=dialler_through(between.port)
            ) as edge,
            edge.client() as client,
        ):
            seen.append(between)
            for _ in range(2):
                client.send(request(b"/a?b", b"Proxy-Authorization: mine", host=b"evil.test"))
                assert (await client.answer()).status == 200
                edge.door.sweep()

    run(scenario())
    place = f"orders.test:{PORTS[-1]}".encode()
    for head in seen[0].heads:
        assert head.startswith(b"GET http://%b/a?b HTTP/1.1\r\nhost: %b\r\n" % (place, place))
        assert head.count(b"proxy-authorization: ") == 1
        assert b"proxy-authorization: Basic czNjcmV0\r\n" in head
    assert [each.all(b"x-forwarded-host") for each in upstream.requests] == [[b"evil.test"]] * 2
    assert upstream.faults == []


def test_this_machine_is_asked_directly():
    upstream = Upstream()

    async def scenario() -> None:
        async with (
            proxying() as between,
            running_edge(
                upstream,
                decide=decide("http", "127.0.0.1"),
                dialler=dialler_through(between.port),
            ) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            assert (await client.answer()).status == 200
            assert between.heads == []

    run(scenario())


def endpoints_through(port: int) -> HttpEndpoints:
    clock = FakeClock()
    keys = FakeEndpointKeys()
    proxy = Proxy("127.0.0.1", port, LOGIN)
    connections = Connections(ClientContexts(keys), proxies=OutboundProxies(proxy, proxy))
    return HttpEndpoints(clock, MemoryCache(clock, monotonic=clock.now), keys, connections)


async def hello(asked: web.Request) -> web.Response:
    return web.Response(text=asked.headers.get("Proxy-Authorization", "nothing"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_endpoints_are_asked_through_the_proxy(tmp_path, scheme):
    AUTHORITY.cert_pem.write_to_path(tmp_path / "ca.pem")
    tls = {"tls": {"ca_file": str(tmp_path / "ca.pem")}} if scheme == "https" else {}

    async def scenario() -> None:
        context = tls_of("pdp.test") if scheme == "https" else None
        async with serving(hello, context) as url, proxying() as between:
            endpoints = endpoints_through(between.port)
            there = url.replace("localhost", "pdp.test")
            for _ in range(2):
                assert (await endpoints.send(call(f"{there}/x", **tls))).body == b"nothing"
            await endpoints.close()
            begin = b"CONNECT pdp.test:" if scheme == "https" else b"GET http://pdp.test:"
            assert between.heads[0].startswith(begin)
            assert b"Proxy-Authorization: Basic czNjcmV0\r\n" in between.heads[0]

    run(scenario())


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://pdp.test/", b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"),
        ("https://pdp.test/", b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"),
        ("https://pdp.test/", b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n"),
        ("https://pdp.test/", b"nonsense\r\n\r\n"),
    ],
)
def test_a_proxy_that_refuses_is_a_fault_of_communication(url, answer):
    async def scenario() -> None:
        async with proxying(answer=answer) as between:
            endpoints = endpoints_through(between.port)
            with pytest.raises(Fault) as refused:
                await endpoints.send(call(url))
            await endpoints.close()
            assert not refused.value.final
            assert "czNjcmV0" not in refused.value.detail

    run(scenario())


def test_guarded_calls_never_go_through_a_proxy():
    async def scenario() -> None:
        async with proxying() as between:
            endpoints = endpoints_through(between.port)
            with pytest.raises(Fault):
                await endpoints.send(
                    call("http://192.0.2.1:1/", deny_private_addresses=True, timeout="200ms")
                )
            await endpoints.close()
            assert between.heads == []

    run(scenario())
