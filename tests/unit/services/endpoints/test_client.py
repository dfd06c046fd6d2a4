"""The suite of the `Endpoints` port: the adapter and the fake pass it alike."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine

import pytest
import trustme
from aiohttp import web

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoint_settings import CallSettings
from edgeauth.ports.endpoints import Call
from edgeauth.ports.services import EndpointAnswer, Endpoints
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.endpoints import HttpEndpoints
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoint_keys import FakeEndpointKeys
from tests.fakes.endpoints import FakeEndpoints

LIMITED = CallSettings.model_validate({"timeout": "500ms", "response_limit": "1KB"})
Check = Callable[[Endpoints, str], Coroutine[object, object, None]]


async def _echo(asked: web.Request) -> web.Response:
    body = await asked.read()
    fields = ";".join(sorted(f"{name.lower()}={value}" for name, value in asked.headers.items()))
    return web.Response(
        body=f"{asked.method} {asked.raw_path} {body.decode()} {fields}".encode(),
        headers={"Content-Type": "text/Plain; charset=utf-8", "Set-Cookie": "planted=1"},
    )


async def _refuse(_: web.Request) -> web.Response:
    return web.Response(status=403, body=b"no")


async def _redirect(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/echo"})


async def _endless(asked: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    answer.enable_chunked_encoding()
    await answer.prepare(asked)
    while True:
        await answer.write(b"x" * 1_000)


async def _silent(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def _packed(_: web.Request) -> web.Response:
    return web.Response(body=b"\x1f\x8b bomb", headers={"Content-Encoding": "gzip"})


def _application() -> web.Application:
    application = web.Application()
    application.add_routes(
        [
            web.route("*", "/echo", _echo),
            web.get("/refuse", _refuse),
            web.get("/redirect", _redirect),
            web.get("/endless", _endless),
            web.get("/silent", _silent),
            web.get("/packed", _packed),
        ]
    )
    return application


def made(**more: object) -> HttpEndpoints:
    clock = FakeClock()
    cache = MemoryCache(clock, monotonic=clock.now)
    return HttpEndpoints(clock, cache, FakeEndpointKeys(), **more)


async def _with_server(check: Check, context: ssl.SSLContext | None = None) -> None:
    runner = web.AppRunner(_application(), shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    endpoints = made()
    try:
        await check(endpoints, f"{'https' if context else 'http'}://localhost:{port}")
    finally:
        await endpoints.close()
        await runner.cleanup()


async def _with_fake(check: Check) -> None:
    there = "http://localhost:1"
    answers = {
        f"{there}/refuse": EndpointAnswer(403, "text/plain", b"no"),
        f"{there}/redirect": EndpointAnswer(302, "", b""),
        f"{there}/endless": Fault(Reason.COMMUNICATION, "too much"),
        f"{there}/silent": Fault(Reason.COMMUNICATION, "not in time"),
        f"{there}/packed": Fault(Reason.COMMUNICATION, "compressed"),
        f"{there}/echo": lambda call: EndpointAnswer(
            200, "text/plain", f"{call.method} /echo {(call.body or b'').decode()}".encode()
        ),
    }
    await check(FakeEndpoints(answers), there)


@pytest.fixture(params=[_with_server, _with_fake], ids=["real", "fake"])
def world(request: pytest.FixtureRequest) -> Callable[[Check], Coroutine[object, object, None]]:
    return request.param


async def _fault_of(endpoints: Endpoints, url: str) -> Fault:
    with pytest.raises(Fault) as caught:
        await endpoints.send(Call("GET", url, settings=LIMITED))
    return caught.value


@pytest.mark.parametrize(
    "path",
    ["/endless", "/silent", "/packed"],
    ids=["attack-188-and-127-too-much", "attack-127-too-slow", "attack-127-compressed"],
)
def test_an_answer_beyond_the_limits_is_none(world, path):
    async def check(endpoints: Endpoints, there: str) -> None:
        fault = await _fault_of(endpoints, there + path)
        assert fault.reason is Reason.COMMUNICATION
        assert not fault.final

    run(world(check))


def test_whoever_can_not_be_reached_is_a_communication_fault(world):
    async def check(endpoints: Endpoints, _there: str) -> None:
        fault = await _fault_of(endpoints, "http://localhost:2/nobody?token=s3cret")
        assert fault.reason is Reason.COMMUNICATION
        assert "s3cret" not in fault.detail

    run(world(check))


def test_attack_185_a_redirect_is_an_answer_and_not_followed(world):
    async def check(endpoints: Endpoints, there: str) -> None:
        assert (await endpoints.send(Call("GET", f"{there}/redirect"))).status == 302

    run(world(check))


def test_an_answer_of_any_status_is_an_answer(world):
    async def check(endpoints: Endpoints, there: str) -> None:
        answer = await endpoints.send(Call("GET", f"{there}/refuse"))
        assert (answer.status, answer.body) == (403, b"no")

    run(world(check))


def test_method_and_body_arrive_and_the_media_type_comes_back_plain(world):
    async def check(endpoints: Endpoints, there: str) -> None:
        answer = await endpoints.send(Call("PUT", f"{there}/echo", (), b"content"))
        assert answer.status == 200
        assert answer.media_type == "text/plain"
        assert answer.body.startswith(b"PUT /echo content")

    run(world(check))


def test_a_call_leaves_the_fast_path_before_anything_else():
    for endpoints in (made(), FakeEndpoints()):
        with pytest.raises(AssertionError, match="suspended"):
            run_straight(endpoints.send(Call("GET", "http://localhost:2/")))


def test_nothing_but_what_was_configured_is_sent():
    async def check(endpoints: Endpoints, there: str) -> None:
        await endpoints.send(Call("GET", f"{there}/echo"))
        answer = await endpoints.send(Call("GET", f"{there}/echo", (("x-a", "1"),)))
        fields = answer.body.decode().split()[-1]
        names = sorted(each.partition("=")[0] for each in fields.split(";"))
        assert names == ["accept", "accept-encoding", "host", "x-a"]  # no cookie, no agent

    run(_with_server(check))


def test_the_url_is_sent_as_it_was_rendered():
    async def check(endpoints: Endpoints, there: str) -> None:
        answer = await endpoints.send(Call("GET", f"{there}/echo?a=%2F%41+b"))
        assert answer.body.startswith(b"GET /echo?a=%2F%41+b ")

    run(_with_server(check))


def test_a_certificate_of_nobody_we_know_ends_everything():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    async def check(endpoints: Endpoints, there: str) -> None:
        fault = await _fault_of(endpoints, f"{there}/echo")
        assert fault.reason is Reason.INTERNAL
        assert fault.final

    run(_with_server(check, context))


def test_a_certificate_of_an_authority_that_the_system_trusts_is_trusted(tmp_path, monkeypatch):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    async def check(endpoints: Endpoints, there: str) -> None:
        assert (await endpoints.send(Call("GET", f"{there}/echo"))).status == 200
        name, port = there.rsplit(":", 1)
        fault = await _fault_of(endpoints, f"https://127.0.0.1:{port}/echo")
        assert fault.final  # the certificate is for localhost
        assert name == "https://localhost"

    run(_with_server(check, context))


def test_environment_variables_do_not_lead_calls_elsewhere(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://localhost:2")

    async def check(endpoints: Endpoints, there: str) -> None:
        assert (await endpoints.send(Call("GET", f"{there}/echo"))).status == 200

    run(_with_server(check))


def test_a_closed_adapter_opens_again():
    async def check(endpoints: HttpEndpoints, there: str) -> None:
        await endpoints.send(Call("GET", f"{there}/echo"))
        await endpoints.close()
        await endpoints.close()
        assert (await endpoints.send(Call("GET", f"{there}/echo"))).status == 200

    run(_with_server(check))
