"""Answers of servers that mean ill, or nothing."""

import asyncio
import gzip
import socket
import ssl

import pytest
from aiohttp import web

from edgeauth.model.errors import Reason
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.endpoints.connections import Connections
from edgeauth.services.endpoints.exchange import Unanswered, exchange
from edgeauth.services.event_loop import Loop
from tests.fakes.driving import run, settle
from tests.fakes.endpoint_keys import FakeEndpointKeys
from tests.fakes.http_servers import sending, serving
from tests.fakes.resets import ResetBeforeHandshake, neighbours
from tests.unit.services.endpoints.made import adapter, call

OK = b"HTTP/1.1 200 OK\r\n"
LIMITS = {"timeout": "400ms", "response_limit": "2KB"}
CHUNK = b"400\r\n" + b"a" * 1024 + b"\r\n"
BOMB = gzip.compress(b"\0" * 10_000_000)


@pytest.mark.parametrize(
    ("pieces", "more"),
    [
        ((OK + b"Content-Length: 5\r\n\r\nab",), {}),
        ((OK + b"Content-Length: 3000\r\n\r\n" + b"a" * 3_000,), {}),
        ((OK + b"Content-Length: 99999999999\r\n\r\n" + b"a" * 9_000,), {"stay": True}),
        ((OK + b"Content-Length: x\r\n\r\nab",), {}),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",), {}),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab",), {}),
        ((OK + b"Transfer-Encoding: chunked\r\n\r\n", *[CHUNK] * 9), {}),
        ((OK + b"\r\n", *[b"a" * 1_000] * 9), {}),
        ((OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n",), {}),
        ((OK + b"X: a\r\n" * 50_000 + b"\r\n",), {}),
        ((b"HTTP/1.1 200 " + b"a" * 100_000 + b"\r\n\r\n",), {}),
        ((b"SSH-2.0-x\r\n",), {}),
        ((b"\x16\x03\x01\x00\x02",), {}),
        ((), {}),
        ((OK,), {}),
        ((OK, *[b"X: a\r\n"] * 90), {"pause": 0.02}),
        ((OK + b"Content-Length: 90\r\n\r\n", *[b"a"] * 90), {"pause": 0.02}),
        ((b"HTTP/1.1 100 Continue\r\n\r\n",) * 90, {"pause": 0.02}),
        ((OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB,), {}),
        ((OK + b"Content-Encoding: identity, gzip\r\nContent-Length: 1\r\n\r\na",), {}),
        ((OK + b"Content-Encoding: x-new\r\nContent-Length: 1\r\n\r\na",), {}),
    ],
    ids=[
        "too-short", "too-long", "endless-length", "no-number", "chunk-cut", "chunk-nonsense",
        "attack-188-endless-chunks", "attack-188-endless-body", "huge-field", "huge-head",
        "huge-reason", "other-protocol", "tls-to-plain", "nothing", "half-a-head",
        "attack-127-drip-in-head", "attack-127-drip-in-body", "informational-without-end",
        "attack-127-gzip-bomb", "gzip-inside", "unknown-coding",
    ],
)  # fmt: skip
def test_what_is_no_bounded_answer_in_time_is_a_communication_fault(pieces, more):
    async def check():
        async with sending(*pieces, **more) as there, adapter() as made:
            fault = await made.fault_of(call(f"{there}/secret-path?key=s3cret", **LIMITS))
            assert fault.reason is Reason.COMMUNICATION
            assert not fault.final
            assert "secret" not in fault.detail
            assert "s3cret" not in fault.detail

    run(check())


@pytest.mark.parametrize("new_loop", [Loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def test_an_endpoint_that_resets_before_the_handshake_closes_nothing_of_others(new_loop):
    async def check(listening):
        context = ResetBeforeHandshake(ssl.PROTOCOL_TLS_CLIENT, listening)
        question = call(f"https://127.0.0.1:{listening.getsockname()[1]}/")
        connections = Connections(ClientContexts(FakeEndpointKeys()))
        session = connections.session(question.settings)
        for _ in range(3):
            async with neighbours():
                with pytest.raises(Unanswered) as kept:
                    await exchange(
                        session, context, question, asyncio.get_running_loop().time() + 5
                    )
                await settle()
                del kept
        await connections.close()

    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        asyncio.Runner(loop_factory=new_loop) as runner,
    ):
        runner.run(check(listening))


def test_octets_behind_an_answer_are_not_the_next_one():
    async def check():
        stray = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
        answer = OK + b"Content-Length: 2\r\n\r\nab" + stray
        async with sending(answer, stay=True) as there, adapter() as made:
            for _ in range(3):
                assert (await made.send(call(there, **LIMITS))).body == b"ab"

    run(check())


def test_a_call_ends_when_nobody_waits_for_it_any_more():
    async def check():
        arrived, gone = asyncio.Event(), asyncio.Event()

        async def hang(_):
            arrived.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                gone.set()
                raise

        async with serving(hang) as there, adapter() as made:
            task = asyncio.create_task(made.send(call(there, timeout="1m")))
            await arrived.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(5):
                await gone.wait()

    run(check())


def test_headers_of_an_answer_are_told_in_order():
    async def say(_):
        response = web.Response(body=b"x", headers={"ETag": ' "1" '})
        response.headers.add("X-A", "1")
        response.headers.add("x-a", "2")
        return response

    async def check():
        async with serving(say) as there, adapter() as made:
            answer = await made.send(call(there))
            assert answer.header("x-a") == "1, 2"
            assert answer.header("etag") == '"1"'
            assert answer.header("x-b") is None
            assert [value for name, value in answer.headers if name == "x-a"] == ["1", "2"]

    run(check())


@pytest.mark.parametrize(
    ("location", "status"),
    [
        ("https://evil.test/", 302), ("//evil.test/", 302), ("http://localhost:1/", 307),
        ("file:///etc/passwd", 302), ("http://[", 302), ("/a b", 302), ("/\xe4", 302),
        ("/loop", 302), ("/loop", 303), ("", 302),
    ],
    ids=ascii,
)  # fmt: skip
def test_attacks_122_and_185_a_redirect_leads_nowhere_else_and_not_for_ever(location, status):
    async def lead(_):
        return web.Response(status=status, headers={"Location": location})

    async def check():
        async with serving(lead) as there, adapter() as made:
            fault = await made.fault_of(call(f"{there}/start", follow_redirects=True))
            assert fault.reason is Reason.COMMUNICATION
            assert "evil" not in fault.detail

    run(check())


@pytest.mark.parametrize(
    ("status", "expected"),
    [(301, "POST b"), (302, "POST b"), (307, "POST b"), (308, "POST b"), (303, "GET ")],
)
def test_a_redirect_within_the_host_is_followed_where_that_is_configured(status, expected):
    async def lead(asked):
        if asked.path == "/start":
            return web.Response(status=status, headers={"Location": "end?x=1"})
        assert asked.raw_path == "/end?x=1"
        assert asked.headers["Authorization"] == "Basic YTpi"
        return web.Response(text=f"{asked.method} {await asked.text()}")

    async def check():
        config = {"auth": {"type": "basic_auth", "config": {"user": "a", "password": "b"}}}
        async with serving(lead) as there, adapter() as made:
            question = call(f"{there}/start", method="POST", body=b"b", **config)
            assert (await made.send(question)).status == status
            question = call(
                f"{there}/start", method="POST", body=b"b", follow_redirects=True, **config
            )
            assert (await made.send(question)).body.decode() == expected

    run(check())
