"""Access tokens of edgeauth itself, from a server that may say anything."""

import asyncio
from base64 import b64encode
from contextlib import suppress

import pytest
from aiohttp import web

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.endpoint_authentication import HeaderClientCredentials
from edgeauth.ports.services import AccessToken, EndpointAnswer
from edgeauth.services.cache_memory import MemoryCache
from edgeauth.services.endpoints.tokens import ClientCredentialsTokens
from edgeauth.services.no_cache import NoCache
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, run_straight, settle
from tests.fakes.endpoints import FakeEndpoints, json_answer
from tests.fakes.http_servers import serving
from tests.unit.services.endpoints.made import adapter, call

URL = "https://id.test/token"
GOOD = b'{"access_token": "abc", "token_type": "bearer", "expires_in": 60}'


def client(**more):
    config = {"token_url": URL, "client_id": "me", "client_secret": "s3cret", **more}
    return HeaderClientCredentials.model_validate(config, context={"egress_tls": False})


class Issuer:
    def __init__(self, answer=GOOD, cache=None):
        self.clock = FakeClock()
        answered = answer if isinstance(answer, EndpointAnswer | Fault) else json_answer(answer)
        self.endpoints = FakeEndpoints({URL: answered})
        cache = cache or MemoryCache(self.clock, monotonic=self.clock.now)
        self.tokens = ClientCredentialsTokens(self.endpoints, self.clock, cache)

    def token(self, **more):
        return run(self.tokens.token(client(**more)))

    def fault(self):
        with pytest.raises(Fault) as caught:
            self.token()
        assert "s3cret" not in caught.value.detail
        assert "abc" not in caught.value.detail
        return caught.value

    @property
    def asked(self):
        return len(self.endpoints.calls)


@pytest.mark.parametrize("status", [201, 204, 302, 400, 401, 403, 429, 500, 503])
def test_an_error_of_the_server_is_a_communication_fault(status):
    issuer = Issuer(json_answer(b'{"error": "invalid_client", "hint": "abc"}', status))
    assert issuer.fault().reason is Reason.COMMUNICATION


@pytest.mark.parametrize(
    "body",
    [b"", b"abc", b"[]", b"{}", b'{"access_token": "abc"}', b'{"token_type": "Bearer"}',
     b'{"access_token": 1, "token_type": "Bearer"}', b'{"access_token": "", "token_type": "B"}',
     b'{"access_token": "a\\r\\nb", "token_type": "B"}',
     b'{"access_token": "a b", "token_type": "B"}',
     b'{"access_token": "\xc3\xa4", "token_type": "B"}',
     b'{"access_token": "abc", "token_type": ""}',
     b'{"access_token": "abc", "token_type": "B\\r\\nX: y"}',
     b'{"access_token": "abc", "access_token": "d", "token_type": "B"}', b"\xff"],
)  # fmt: skip
def test_an_answer_that_is_no_token_is_an_internal_fault(body):
    assert Issuer(body).fault().reason is Reason.INTERNAL


def test_a_server_that_is_not_to_be_trusted_ends_everything():
    fault = Issuer(Fault(Reason.INTERNAL, "TLS failed", final=True)).fault()
    assert fault.final


@pytest.mark.parametrize(
    ("more", "authorization", "body"),
    [
        ({}, "me:s3cret", b"grant_type=client_credentials"),
        ({"scopes": ["a", "b:c"]}, "me:s3cret", b"grant_type=client_credentials&scope=a+b%3Ac"),
        ({"client_id": "m:e ä", "client_secret": "a+b"}, "m%3Ae+%C3%A4:a%2Bb",
         b"grant_type=client_credentials"),
        ({"auth_method": "request_body"}, None,
         b"grant_type=client_credentials&client_id=me&client_secret=s3cret"),
    ],
    ids=["basic", "scopes", "encoded", "form"],
)  # fmt: skip
def test_the_server_is_asked_as_the_standard_says(more, authorization, body):
    issuer = Issuer()
    issuer.token(**more)
    (asked,) = issuer.endpoints.calls
    assert asked.method == "POST"
    assert asked.body == body
    sent = dict(asked.headers).get("authorization")
    expected = authorization and f"Basic {b64encode(authorization.encode()).decode()}"
    assert sent == expected


@pytest.mark.parametrize(
    ("answer", "more", "kept"),
    [
        (b'{"access_token": "abc", "token_type": "B"}', {}, 0),
        (b'{"access_token": "abc", "token_type": "B"}', {"cache_ttl": "7s"}, 7),
        (GOOD, {}, 55),
        (GOOD, {"cache_ttl": "7s"}, 7),
        (GOOD, {"cache_ttl": "5m"}, 55),
        (GOOD, {"cache_ttl": "0s"}, 0),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": "60"}', {}, 55),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": 3}', {}, 0),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": -60}', {}, 0),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": -1%s}' % (b"0" * 400), {}, 0),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": true}', {}, 0),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": null}', {}, 0),
        (b'{"access_token": "abc", "token_type": "B", "expires_in": "x"}', {}, 0),
    ],
)
def test_a_token_is_used_until_shortly_before_its_end(answer, more, kept):
    issuer = Issuer(answer)
    issuer.token(**more)
    if kept:
        issuer.clock.advance(kept - 0.5)
        assert run_straight(issuer.tokens.token(client(**more))).value == "abc"
        assert issuer.asked == 1
        issuer.clock.advance(1)
    issuer.token(**more)
    assert issuer.asked == 2


def test_without_a_cache_every_call_gets_its_own():
    issuer = Issuer(cache=NoCache())
    issuer.token()
    issuer.token()
    assert issuer.asked == 2


@pytest.mark.parametrize(
    "more",
    [{"client_id": "other"}, {"client_secret": "other"}, {"scopes": ["a"]},
     {"auth_method": "request_body"}, {"tls": {"ca_file": "x.pem"}}, {"cache_ttl": "1s"},
     {"deny_private_addresses": True}],
    ids=ascii,
)  # fmt: skip
def test_attack_157_another_client_has_another_token(more):
    issuer = Issuer()
    issuer.token()
    issuer.token(**more)
    assert issuer.asked == 2
    issuer.token(header={"name": "X-Token"})  # where it is sent does not matter
    assert issuer.asked == 2


def test_all_who_wait_share_one_call_and_nobody_who_goes_away_ends_it():
    async def check():
        issuer = Issuer()
        issuer.endpoints.gate.clear()
        waiting = [asyncio.create_task(issuer.tokens.token(client())) for _ in range(5)]
        await settle()
        waiting[0].cancel()
        await settle()
        issuer.endpoints.gate.set()
        tokens = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(tokens[0], asyncio.CancelledError)
        assert tokens[1:] == [AccessToken("abc", "Bearer")] * 4
        assert issuer.asked == 1

    run(check())


def test_a_fault_is_that_of_all_who_wait_and_not_remembered():
    async def check():
        issuer = Issuer(json_answer(b"{}", 503))
        both = (issuer.tokens.token(client()) for _ in range(2))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert all(isinstance(each, Fault) for each in outcomes)
        assert issuer.asked == 1
        issuer.endpoints.answers[URL] = json_answer(GOOD)
        assert (await issuer.tokens.token(client())).value == "abc"

    run(check())


@pytest.mark.parametrize(
    ("scheme", "kind", "expected"),
    [(None, "Bearer", "Bearer t"), (None, "MAC", "MAC t"), ("", "Bearer", "t"),
     ("Token", "Bearer", "Token t")],
)  # fmt: skip
def test_a_header_carries_the_token_with_its_scheme(scheme, kind, expected):
    assert AccessToken("t", kind).field_value(scheme) == expected


def test_a_token_is_not_shown():
    assert "abc" not in repr(AccessToken("abc", "Bearer"))


def test_an_endpoint_is_called_with_the_token():
    seen = []

    async def answer(asked):
        seen.append((asked.path, asked.headers.get("Authorization"), asked.headers.get("X-T")))
        if asked.path == "/token":
            return web.Response(body=GOOD, content_type="application/json")
        return web.Response()

    async def check():
        async with serving(answer) as there, adapter() as made:
            config = {"token_url": f"{there}/token", "client_id": "me", "client_secret": "s"}
            for header in ({}, {"header": {"name": "X-T", "scheme": ""}}):
                auth = {"type": "oauth2_client_credentials", "config": config | header}
                assert (await made.send(call(f"{there}/api", auth=auth))).status == 200
            auth = {"type": "oauth2_client_credentials", "config": config | {"client_id": "x"}}
            away = auth["config"] | {"token_url": "http://localhost:1/token"}
            fault = await made.fault_of(call(there, auth=auth | {"config": away}))
            assert fault.reason is Reason.COMMUNICATION

    run(check())
    assert seen == [
        ("/token", "Basic bWU6cw==", None),
        ("/api", "Bearer abc", None),
        ("/api", None, "abc"),
    ]


def test_attack_211_a_server_that_says_nothing_is_waited_for_as_long_as_configured():
    async def silent(_):
        await asyncio.Event().wait()

    async def check():
        async with serving(silent) as there, adapter() as made:
            with pytest.raises(Fault) as caught:
                await made.endpoints.access_tokens.token(client(token_url=there, timeout="50ms"))
            assert caught.value.reason is Reason.COMMUNICATION

    run(check())


def test_attack_188_a_longer_answer_than_configured_is_none():
    async def long(_):
        return web.Response(body=GOOD + b" " * 100)

    async def check():
        async with serving(long) as there, adapter() as made:
            token = made.endpoints.access_tokens.token
            with pytest.raises(Fault) as caught:
                await token(client(token_url=there, response_limit="100B"))
            assert caught.value.reason is Reason.COMMUNICATION
            assert (await token(client(token_url=there, response_limit="1KB"))).value == "abc"

    run(check())


@pytest.mark.parametrize(
    ("more", "failures", "asked"),
    [
        pytest.param({}, 9, 3, id="neither"),
        pytest.param({"retry": {"max_delay": "1ms"}}, 1, 2, id="retry"),
        pytest.param({"circuit_breaker": {"failures": 1}}, 9, 1, id="circuit-breaker"),
    ],
)
def test_a_server_that_fails_is_asked_again_or_left_alone_as_configured(more, failures, asked):
    seen = []

    async def answer(_):
        seen.append(1)
        return web.Response(status=503) if len(seen) <= failures else web.Response(body=GOOD)

    async def check():
        async with serving(answer) as there, adapter() as made:
            token = made.endpoints.access_tokens.token
            for _ in range(3):
                with suppress(Fault):
                    await token(client(token_url=there, **more))

    run(check())
    assert len(seen) == asked


def test_attack_181_a_server_in_the_own_network_is_not_asked_where_that_is_denied():
    async def answer(_):
        raise AssertionError("it is asked")

    async def check():
        async with serving(answer) as there, adapter() as made:
            refusing = client(token_url=there, deny_private_addresses=True)
            with pytest.raises(Fault) as caught:
                await made.endpoints.access_tokens.token(refusing)
            assert caught.value.final

    run(check())
