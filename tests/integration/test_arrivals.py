"""From a connection to its first request, over sockets and in both event loops."""

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Coroutine
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import HealthCheck, given, settings, strategies as st

from edgeauth.config.models.tls import Tls
from edgeauth.listeners.server import TrustedProxies
from edgeauth.listeners.tls import TlsContexts
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.listener_status import Refused
from tests.fakes.driving import settle
from tests.fakes.handshakes import NOW, Authority
from tests.fakes.resets import ResetBeforeHandshake, neighbours, reset
from tests.integration.arrivals import GET, LOCAL, LOOPS, PATIENCE, arriving

V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n"
V2 = (
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0f"
    + bytes([192, 0, 2, 8, 198, 51, 100, 1])
    + struct.pack("!HH", 4711, 443)
    + b"\x04\x00\x00"
)
V2_LOCAL = b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00"


@pytest.fixture(params=LOOPS, ids=["uvloop", "asyncio"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[None, None, None]], None]:
    def runner(scenario: Coroutine[None, None, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(scenario)

    return runner


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def serving(authority: Authority, **more: object) -> Callable[[], ssl.SSLContext]:
    shop = authority.issue("shop.test")
    made = Tls.model_validate({"key_store": {"path": str(shop.path)}, **more})
    contexts = TlsContexts(made, NOW.timestamp(), HeldSecrets())
    return lambda: contexts.front


Run = Callable[[Coroutine[None, None, None]], None]


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


# Accepting.


def test_connections_that_come_together_do_not_wait_for_one_another(run: Run) -> None:
    """While others are busy every turn of the loop is long, and each would wait for all before."""

    async def scenario() -> None:
        async with arriving() as arrived:
            # In this very thread, so that they wait before the loop has its next turn.
            crowd = [socket.create_connection(("127.0.0.1", arrived.port)) for _ in range(60)]
            turns = 0
            while arrived.status.occupancy().connections < len(crowd):
                await asyncio.sleep(0)
                turns += 1
            assert turns < len(crowd) / 2
            for each in crowd:
                each.close()

    run(scenario())


def test_clients_of_a_unix_socket_that_listens_are_served_and_have_no_address(
    run: Run, tmp_path: Path
) -> None:
    async def scenario() -> None:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(tmp_path / "edge.sock"))
            listening.listen()
            async with arriving(proxies=LOCAL, sockets=[listening]):
                reader, writer = await asyncio.open_unix_connection(tmp_path / "edge.sock")
                writer.write(GET)
                async with asyncio.timeout(PATIENCE):
                    assert body(await reader.read()) == b"@"
                writer.close()

    run(scenario())


def test_who_resets_the_connection_behind_a_request_does_not_hide_whose_it_was(run: Run) -> None:
    """By then the system has forgotten it, and what is forwarded may do its work all the same."""

    async def scenario() -> None:
        async with arriving(proxies=LOCAL) as arrived:
            client = socket.create_connection(("127.0.0.1", arrived.port))
            client.sendall(V2_LOCAL[:8])
            await settle()
            client.sendall(V2_LOCAL[8:] + GET)
            reset(client)
            async with asyncio.timeout(PATIENCE):
                while not arrived.requests:
                    await asyncio.sleep(0.005)
            assert [each.client_addresses for each in arrived.requests] == [("127.0.0.1",)]

    run(scenario())


# TLS.


@pytest.mark.parametrize(
    "garbage",
    [b"\x16\x03\x01garbage of no length", b"\x80\x2e\x01\0\x02", b"\0", b"SSH-2.0-x\r\n"[::-1]],
    ids=repr,
)
def test_garbage_instead_of_a_handshake_ends_the_connection(
    run: Run, authority: Authority, garbage: bytes
) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority)) as arrived:
            answer = await arrived.send(garbage + b"x" * 100)
            assert not answer.startswith(b"HTTP")
            assert await arrived.refused(Refused.HANDSHAKE)
            assert arrived.requests == []

    run(scenario())


def test_plain_http_on_the_port_of_tls_is_answered_400(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority)) as arrived:
            answer = await arrived.send(GET)
            assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
            assert await arrived.refused(Refused.PLAIN_HTTP)
            assert arrived.requests == []

    run(scenario())


@pytest.mark.parametrize(
    "begin", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "a beginning"]
)
def test_attack_073_a_handshake_takes_so_long_and_no_longer(
    run: Run, authority: Authority, begin: bytes
) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority), handshake_timeout=0.1) as arrived:
            assert await arrived.send(begin) == b""
            assert await arrived.refused(Refused.TIMEOUT)

    run(scenario())


def test_who_leaves_before_the_handshake_is_counted_and_forgotten(
    run: Run, authority: Authority
) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority)) as arrived:
            _, writer = await asyncio.open_connection("127.0.0.1", arrived.port)
            writer.close()
            assert await arrived.refused(Refused.CLOSED)

    run(scenario())


@pytest.mark.parametrize("begun", [False, True], ids=["before", "within"])
def test_who_resets_a_handshake_closes_nothing_of_others(
    run: Run, authority: Authority, begun: bool
) -> None:
    async def scenario() -> None:
        shop = serving(authority)

        def context() -> ssl.SSLContext:
            return shop() if begun else ResetBeforeHandshake(ssl.PROTOCOL_TLS_SERVER, client)

        async with arriving(context) as arrived:
            for times in range(1, 4):
                client = socket.create_connection(("127.0.0.1", arrived.port))
                async with neighbours(), asyncio.timeout(PATIENCE):
                    client.sendall(b"\x16\x03\x01\x02\x00\x01")
                    await settle()
                    if begun:
                        reset(client)
                    while client.fileno() >= 0:
                        await asyncio.sleep(0)
                    await settle()
                assert await arrived.refused(Refused.CLOSED, times)

    run(scenario())


def test_handshakes_are_bounded_in_number(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority), pending=3) as arrived:
            streams = [await asyncio.open_connection("127.0.0.1", arrived.port) for _ in range(5)]
            assert await arrived.refused(Refused.OVERLOAD, 2)
            for _, writer in streams:
                writer.close()

    run(scenario())


def test_handshakes_of_one_address_are_bounded_and_those_of_a_proxy_are_not(
    run: Run, authority: Authority
) -> None:
    async def scenario() -> None:
        for proxies, refused in ((), 2), (LOCAL, 0):
            bounds = {"pending_per_address": 3, "proxies": proxies}
            async with arriving(serving(authority), **bounds) as arrived:
                streams = [
                    await asyncio.open_connection("127.0.0.1", arrived.port) for _ in range(5)
                ]
                assert await arrived.refused(Refused.OVERLOAD, refused) or not refused
                for _, writer in streams:
                    writer.close()
                await arrived.refused(Refused.CLOSED, 5)

    run(scenario())


def test_a_handshake_that_has_begun_gets_an_answer_although_the_listener_ends(
    run: Run, authority: Authority
) -> None:
    begun = threading.Event()

    async def scenario() -> None:
        async with arriving(serving(authority), draining=5.0) as arrived:
            answer = asyncio.create_task(arrived.send(tls=authority.client(), connected=begun))
            await asyncio.to_thread(begun.wait, 10)
        assert body(await answer) == b"127.0.0.1"

    run(scenario())


def test_a_listener_that_ends_does_not_wait_for_handshakes(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority)) as arrived:
            reader, writer = await asyncio.open_connection("127.0.0.1", arrived.port)
            writer.write(b"\x16")
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()

    run(scenario())


def test_clients_without_the_right_certificate_come_no_further(
    run: Run, authority: Authority, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = authority.client(Authority(other, "other").issue("stranger"))
    asking = {"client_certificates": {"trust_store": str(authority.path)}}

    async def scenario() -> None:
        async with arriving(serving(authority, **asking)) as arrived:
            assert await arrived.send(tls=stranger) == b""
            assert await arrived.send(tls=authority.client()) == b""
            assert await arrived.refused(Refused.HANDSHAKE, 2)
            assert arrived.requests == []

    run(scenario())


@pytest.mark.parametrize(
    "trusted",
    [
        pytest.param(False, id="of-the-client"),
        pytest.param(True, id="attack-151-of-a-trusted-proxy-and-not-of-its-client"),
    ],
)
def test_the_certificate_of_the_client_is_known_to_its_requests(
    run: Run, authority: Authority, trusted: bool
) -> None:
    orders = authority.issue("orders.test")
    asking = {"client_certificates": {"trust_store": str(authority.path), "mode": "optional"}}
    proxies = TrustedProxies(LOCAL, b"client-cert" if trusted else None)

    async def scenario() -> None:
        async with arriving(
            serving(authority, **asking), trusted=proxies if trusted else TrustedProxies()
        ) as arrived:
            await arrived.send(tls=authority.client(orders))
            await arrived.send(tls=authority.client())
            shown, bare = (each.client_certificate for each in arrived.requests)
            assert bare is None
            if trusted:
                assert shown is None
            else:
                assert shown is not None
                assert shown.fingerprint == orders.certificate.fingerprint(hashes.SHA256())
                assert shown.dns_names == ("orders.test",)

    run(scenario())


# The PROXY protocol.


@pytest.mark.parametrize(
    ("header", "address"),
    [
        pytest.param(V1, b"192.0.2.7", id="v1"),
        pytest.param(V2, b"192.0.2.8", id="v2"),
        pytest.param(b"PROXY UNKNOWN\r\n", b"127.0.0.1", id="v1 unknown"),
        pytest.param(V2_LOCAL, b"127.0.0.1", id="v2 local"),
        pytest.param(b"PROXY TCP6 ::ffff:192.0.2.9 ::1 1 2\r\n", b"192.0.2.9", id="IPv4 in IPv6"),
    ],
)
@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_the_address_that_a_proxy_tells_is_that_of_the_client(
    run: Run, authority: Authority, header: bytes, address: bytes, encrypted: bool
) -> None:
    async def scenario() -> None:
        tls = serving(authority) if encrypted else None
        async with arriving(tls, proxies=LOCAL) as arrived:
            if encrypted:
                answer = await arrived.send(header, tls=authority.client())
            else:
                answer = await arrived.send(header + GET)
            assert body(answer) == address
            assert [each.scheme for each in arrived.requests] == ["https" if encrypted else "http"]

    run(scenario())


def test_forwarding_fields_are_believed_of_the_told_address_not_of_the_proxy(run: Run) -> None:
    forged = (
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.99\r\nConnection: close\r\n\r\n"
    )

    async def scenario() -> None:
        async with arriving(proxies=LOCAL, trusted=TrustedProxies(LOCAL)) as arrived:
            assert body(await arrived.send(V1 + forged)) == b"192.0.2.7"
            assert body(await arrived.send(V2_LOCAL + forged)) == b"192.0.2.99 127.0.0.1"

    run(scenario())


def test_a_client_of_a_unix_socket_is_nobody_in_particular(run: Run) -> None:
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x31\x00\xd8" + b"\0" * 216

    async def scenario() -> None:
        async with arriving(proxies=LOCAL) as arrived:
            assert body(await arrived.send(header + GET)) == b"@"

    run(scenario())


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(GET, id="none"),
        pytest.param(V1 + V1 + GET, id="two"),
        pytest.param(V2[:12] + b"\x11\x11\0\x0c" + b"x" * 12 + GET, id="another version"),
        pytest.param(b"PROXY TCP4 192.0.2.7\r\n" + GET, id="a piece of one"),
        pytest.param(b"PROXY " + b"x" * 200, id="too long"),
    ],
)
def test_a_proxy_that_does_not_say_whose_connection_it_is_gets_none(run: Run, begin: bytes) -> None:
    async def scenario() -> None:
        async with arriving(proxies=LOCAL) as arrived:
            answer = await arrived.send(begin)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
            assert arrived.requests == []

    run(scenario())


def test_a_proxy_that_speaks_tls_at_once_gets_no_connection(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority), proxies=LOCAL) as arrived:
            assert await arrived.send(tls=authority.client()) == b""
            assert await arrived.refused(Refused.PROXY_HEADER)

    run(scenario())


@pytest.mark.parametrize("header", [V1, V2, V2_LOCAL], ids=["v1", "v2", "v2 local"])
@pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
def test_nobody_else_can_say_whose_connection_it_is(
    run: Run, authority: Authority, header: bytes, encrypted: bool
) -> None:
    elsewhere = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))

    async def scenario() -> None:
        tls = serving(authority) if encrypted else None
        async with arriving(tls, proxies=elsewhere) as arrived:
            rest = b"" if encrypted else GET
            answer = await arrived.send(header + rest)
            assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
            assert arrived.requests == []
            if encrypted:
                served = await arrived.send(tls=authority.client())
            else:
                served = await arrived.send(GET)
            assert body(served) == b"127.0.0.1"

    run(scenario())


@pytest.mark.parametrize("begin", [b"", b"PROXY TCP4 ", V2[:14], V2[:20]], ids=repr)
def test_attack_073_a_header_takes_so_long_and_no_longer(run: Run, begin: bytes) -> None:
    async def scenario() -> None:
        async with arriving(proxies=LOCAL, proxy_timeout=0.1) as arrived:
            assert await arrived.send(begin) == b""
            assert await arrived.refused(Refused.TIMEOUT)

    run(scenario())


@given(st.sampled_from([V1, V2]), st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_header_may_come_in_any_pieces(header: bytes, data: st.DataObject) -> None:
    whole = header + GET
    cuts = sorted(data.draw(st.sets(st.integers(1, len(header) + 5), max_size=6)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]

    async def scenario() -> None:
        async with arriving(proxies=LOCAL) as arrived:
            assert body(await arrived.send(*pieces)) in {b"192.0.2.7", b"192.0.2.8"}

    asyncio.run(scenario())


@given(st.binary(min_size=1, max_size=200), st.sampled_from([b"", b"PROXY ", V2[:12], V2[:16]]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_garbage_in_place_of_a_header_never_hangs_and_never_becomes_a_request(
    garbage: bytes, begin: bytes
) -> None:
    async def scenario() -> None:
        async with arriving(proxies=LOCAL, proxy_timeout=0.1) as arrived:
            async with asyncio.timeout(5):
                await arrived.send(begin + garbage)
            assert arrived.requests == []

    asyncio.run(scenario())


# Other people's clients.


def openssl(*arguments: str, port: int) -> str:
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments],
        input=GET.decode(),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.stdout + done.stderr


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")


@needs_openssl
def test_openssl_is_refused_tls_1_1_and_served_the_rest(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority, min_version="TLS1.2")) as arrived:
            said = await asyncio.to_thread(openssl, "-tls1_1", port=arrived.port)
            assert "Cipher is (NONE)" in said
            said = await asyncio.to_thread(openssl, "-tls1_2", "-alpn", "h2", port=arrived.port)
            assert "No ALPN negotiated" in said
            assert "ECDHE-ECDSA-AES128-GCM-SHA256" in said
            said = await asyncio.to_thread(
                openssl, "-tls1_3", "-alpn", "h2,http/1.1", port=arrived.port
            )
            assert "ALPN protocol: http/1.1" in said
            assert "subject=CN = shop.test" in said

    run(scenario())


@needs_openssl
def test_openssl_can_not_renegotiate(run: Run, authority: Authority) -> None:
    async def scenario() -> None:
        async with arriving(serving(authority, min_version="TLS1.2")) as arrived:
            said = await asyncio.to_thread(_renegotiate, arrived.port)
            assert "no renegotiation" in said

    run(scenario())


def _renegotiate(port: int) -> str:
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"],
        input="R\n",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
def test_curl_is_served_and_can_tell_addresses_as_a_proxy(run: Run, authority: Authority) -> None:
    def curl(*arguments: str, port: int) -> str:
        done = subprocess.run(
            [
                *("curl", "-sS", "--max-time", "10", "--cacert", str(authority.path)),
                *("--resolve", f"shop.test:{port}:127.0.0.1", *arguments),
                f"https://shop.test:{port}/",
            ],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.stdout + done.stderr

    async def scenario() -> None:
        async with arriving(serving(authority), proxies=LOCAL) as arrived:
            said = await asyncio.to_thread(
                curl, "--haproxy-protocol", "-w", "%{http_version}", port=arrived.port
            )
            assert said == "127.0.0.11.1"
            assert "curl:" in await asyncio.to_thread(curl, port=arrived.port)

    run(scenario())


NGINX = """
daemon off; pid {folder}/pid; error_log stderr error; worker_processes 1;
{module}
events {{ worker_connections 64; }}
stream {{
  server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{behind}; proxy_protocol on; }}
}}
"""
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")


@pytest.mark.slow
@pytest.mark.skipif(not STREAM.exists(), reason="nginx with its stream module is missing")
def test_nginx_passes_tls_through_and_says_whose_it_is(
    authority: Authority, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def scenario() -> None:
        async with arriving(serving(authority), proxies=LOCAL) as arrived:
            text = NGINX.format(
                folder=tmp_path, module=f"load_module {STREAM};", port=port, behind=arrived.port
            )
            (tmp_path / "nginx.conf").write_text(text)
            nginx = await asyncio.create_subprocess_exec(
                "nginx", "-p", str(tmp_path), "-e", "stderr", "-c", str(tmp_path / "nginx.conf")
            )
            try:
                arrived.port = port
                async with asyncio.timeout(20):
                    while not (answer := await _try(arrived.send, authority)):
                        await asyncio.sleep(0.05)
                assert body(answer) == b"127.0.0.1"
            finally:
                nginx.terminate()
                await nginx.wait()

    asyncio.run(scenario())


async def _try(send: Callable[..., Coroutine[None, None, bytes]], authority: Authority) -> bytes:
    try:
        return await send(tls=authority.client())
    except OSError:
        return b""
