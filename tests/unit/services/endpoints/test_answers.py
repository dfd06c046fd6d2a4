"""Answers that are used again, and those that are not."""

import pytest
from aiohttp import web

from edgeauth.model.errors import Fault, Reason
from edgeauth.services.endpoints.answers import KEPT_STALE
from tests.fakes.driving import run, run_straight
from tests.fakes.http_servers import serving
from tests.unit.services.endpoints.made import adapter, call

CACHED = {"http_cache": {"enabled": True}}
TTL = {"http_cache": {"enabled": True, "default_ttl": "10s"}}


class Server:
    """Counts, and says what it is told to."""

    def __init__(self, status=200, **headers):
        self.status = status
        self.headers = headers
        self.asked = []

    async def answer(self, asked):
        self.asked.append(asked.headers.copy())
        body = f"{len(self.asked)}"
        if self.status == 304:
            return web.Response(status=304, headers=self.headers)
        return web.Response(status=self.status, text=body, headers=self.headers)


def bodies(server, *steps):
    """Returns what is answered to calls; a number advances the clock, a function acts."""

    async def check():
        found = []
        async with serving(server.answer) as there, adapter() as made:
            for step in steps:
                if isinstance(step, int | float):
                    made.clock.advance(step)
                elif callable(step):
                    step()
                else:
                    question = call(there + step.pop("path", "/"), **step)
                    found.append((await made.send(question)).body.decode())
        return found

    return run(check())


def again(**more):
    return {**CACHED, **more}


@pytest.mark.parametrize(
    ("status", "headers", "config"),
    [
        (200, {"Cache-Control": "max-age=60"}, {}),
        (200, {"Cache-Control": "max-age=60"}, {"http_cache": {"enabled": False}}),
        (200, {}, CACHED),
        (200, {"Cache-Control": "no-store, max-age=60"}, TTL),
        (200, {"Cache-Control": "max-age=60 private"}, TTL),
        (200, {"Vary": "*"}, TTL),
        (200, {"Cache-Control": "no-cache", "ETag": '"1"'}, TTL),
        (200, {"Cache-Control": "max-age=0"}, TTL),
        (404, {"Cache-Control": "max-age=60"}, TTL),
        (500, {"Cache-Control": "max-age=60"}, TTL),
        (204, {"Cache-Control": "max-age=60"}, TTL),
    ],
)
def test_what_is_not_allowed_is_not_used_again(status, headers, config):
    server = Server(status, **headers)
    bodies(server, dict(config), dict(config))
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("headers", "config", "ttl"),
    [
        ({"Cache-Control": "private, max-age=60"}, CACHED, 60),
        ({"Cache-Control": "max-age=60", "Age": "20"}, TTL, 40),
        ({}, TTL, 10),
    ],
)
def test_an_answer_is_used_as_long_as_it_is_fresh(headers, config, ttl):
    server = Server(**headers)
    found = bodies(server, dict(config), ttl - 1, dict(config), 1, dict(config))
    assert found == ["1", "1", "2"]


def test_a_fresh_answer_needs_no_network_and_no_task():
    server = Server(**{"Cache-Control": "max-age=60"})

    async def check():
        async with serving(server.answer) as there, adapter() as made:
            question = call(there, **CACHED)
            await made.send(question)
            return made, question

    made, question = run(check())
    assert run_straight(made.send(question)).body == b"1"


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/other"},
        {"path": "/?a=1"},
        {"method": "HEAD"},
        {"headers": {"Authorization": "Bearer bob"}},
        {"forwarded": {"cookie": "session=bob"}},
        {"headers": {"X-Tenant": "b"}},
        {"body": b"x"},
        {"auth": {"type": "basic_auth", "config": {"user": "a", "password": "b"}}},
    ],
    ids=ascii,
)
def test_attacks_130_and_157_another_question_has_its_own_answer(other):
    server = Server(**{"Cache-Control": "max-age=60"})
    bodies(server, again(), again(**other), again())
    assert len(server.asked) == 2


def test_a_stale_answer_is_used_when_the_server_says_that_it_is_still_current():
    server = Server(**{"Cache-Control": "max-age=60", "ETag": '"v1"', "X-Kept": "yes"})

    def unchanged():
        server.status, server.headers = 304, {"Cache-Control": "max-age=5", "ETag": '"v1"'}

    found = bodies(server, again(), 61, unchanged, again(), 4, again(), 2, again())
    assert found == ["1", "1", "1", "1"]
    assert [each.get("If-None-Match") for each in server.asked] == [None, '"v1"', '"v1"']


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"ETag": '"v1"'}, {"ETag": '"v2"'}),
        ({"ETag": 'W/"v1"'}, {"ETag": 'W/"v2"'}),
        ({"Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}, {"ETag": '"v2"'}),
        (
            {"Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"},
            {"Last-Modified": "Tue, 14 Nov 2023 22:13:21 GMT"},
        ),
    ],
    ids=["strong", "weak", "other-validator", "date"],
)
def test_attack_126_that_another_version_is_current_says_nothing_of_ours(kept, said):
    server = Server(**{"Cache-Control": "max-age=60", **kept})

    def unchanged():
        server.status, server.headers = 304, said

    # Asked without conditions this server says the same, which is no answer to use.
    assert bodies(server, again(), 61, unchanged, again()) == ["1", ""]
    assert len(server.asked) == 3
    assert not {"If-None-Match", "If-Modified-Since"} & server.asked[2].keys()


@pytest.mark.parametrize("said", [{}, {"ETag": '"v1"'}, {"ETag": 'W/"v1"'}], ids=ascii)
def test_what_is_current_is_told_by_its_name_or_by_none(said):
    server = Server(**{"Cache-Control": "max-age=60", "ETag": '"v1"'})

    def unchanged():
        server.status, server.headers = 304, said

    assert bodies(server, again(), 61, unchanged, again()) == ["1", "1"]


def test_a_changed_answer_takes_the_place_of_the_stale_one():
    dated = {"Cache-Control": "max-age=60", "Last-Modified": "Tue, 14 Nov 2023 22:13:20 GMT"}
    server = Server(**dated)
    assert bodies(server, again(), 61, again(), again()) == ["1", "2", "2"]
    assert server.asked[1]["If-Modified-Since"] == dated["Last-Modified"]


def test_a_stale_answer_is_never_used_unchecked():
    server = Server(**{"Cache-Control": "max-age=60", "ETag": '"v1"'})

    def break_down():
        server.status = 503

    found = bodies(server, again(), 61, break_down, again())
    assert found == ["1", "2"]


def test_a_stale_answer_is_forgotten_after_a_while():
    server = Server(**{"Cache-Control": "max-age=60", "ETag": '"v1"'})
    bodies(server, again(), 60 + KEPT_STALE, again())
    assert "If-None-Match" not in server.asked[1]


def test_304_to_an_unconditional_question_is_what_it_is():
    server = Server(304)
    assert bodies(server, again(), again()) == ["", ""]


def test_who_demands_the_current_answer_gets_it():
    server = Server(**{"Cache-Control": "max-age=60", "ETag": '"v1"'})
    demanding = again(headers={"Cache-Control": "no-cache"})
    assert bodies(server, again(), demanding, again()) == ["1", "2", "2"]


STALE = {"http_cache": {"enabled": True, "stale_if_error": "60s"}}
KEPT = {"Cache-Control": "max-age=10", "ETag": '"1"'}


class TestStaleIfError:
    """RFC 5861: a stale answer is used while nobody answers, where that is configured."""

    def told(self, after, *, status=503, config=STALE, **headers):
        """Returns what is answered once the endpoint is broken, so long after it was asked."""
        server = Server(**({"Cache-Control": "max-age=10"} | headers))

        def breaks():
            server.status = status

        return bodies(server, dict(config), 10, breaks, after, dict(config))[-1]

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    @pytest.mark.parametrize("headers", [{}, {"ETag": '"1"'}], ids=["plain", "validated"])
    def test_it_is_used_for_as_long_as_is_configured(self, status, headers):
        assert self.told(59.9, status=status, **headers) == "1"
        assert self.told(60, status=status, **headers) == "2"

    @pytest.mark.parametrize(
        "control",
        ["max-age=10, must-revalidate", "max-age=10, stale-if-error=0",
         "max-age=10, stale-if-error=x", "max-age=10, stale-if-error", "max-age=0, no-cache"],
    )  # fmt: skip
    def test_an_answer_that_must_not_be_used_is_not(self, control):
        assert self.told(1, **{"Cache-Control": control}) == "2"

    def test_an_answer_may_say_less_and_not_more(self):
        assert self.told(19, **{"Cache-Control": "max-age=10, stale-if-error=20"}) == "1"
        assert self.told(20, **{"Cache-Control": "max-age=10, stale-if-error=20"}) == "2"
        assert self.told(60, **{"Cache-Control": "max-age=10, stale-if-error=600"}) == "2"

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
    def test_an_endpoint_that_answers_is_taken_at_its_word(self, status):
        assert self.told(1, status=status) == "2"

    def test_it_is_not_used_unless_that_is_configured(self):
        assert self.told(1, config=CACHED, ETag='"1"') == "2"

    def test_who_demands_the_current_answer_does_not_get_it(self):
        headers = {"Cache-Control": "no-cache"}
        server = Server(**KEPT)

        def breaks():
            server.status = 503

        assert bodies(server, dict(STALE), 10, breaks, again(**STALE, headers=headers)) == [
            "1",
            "2",
        ]

    def test_while_a_circuit_is_open_it_is_used_without_a_call(self):
        server = Server(**KEPT)
        config = {**STALE, "circuit_breaker": {"failures": 1}}

        def breaks():
            server.status = 503

        steps = (dict(config), 10, breaks, *(dict(config) for _ in range(5)))
        assert bodies(server, *steps) == ["1"] * 6
        assert len(server.asked) == 2

    @pytest.mark.parametrize("config", [STALE, CACHED], ids=["configured", "not"])
    def test_silence_is_an_error_as_well(self, config):
        server = Server(**KEPT)

        async def check():
            async with adapter() as made:
                async with serving(server.answer) as there:
                    question = call(there + "/", **config)
                    await made.send(question)
                made.clock.advance(10)
                try:
                    return (await made.send(question)).body
                except Fault as fault:
                    return fault.reason

        assert run(check()) == (b"1" if config is STALE else Reason.COMMUNICATION)
