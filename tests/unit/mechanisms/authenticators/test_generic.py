import json

import pytest

from edgeauth.mechanisms.authenticators import generic
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from edgeauth.ports.services import EndpointAnswer
from tests.fakes.clock import NOW
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World

URL = "https://sessions.test/whoami"
CONFIG = {
    "identity_info_endpoint": {"url": URL, "headers": {"X-Session": "{{ .AuthenticationData }}"}},
    "authentication_data_source": [{"cookie": "sid"}],
    "principal": {"id": "user.id", "attributes": "user"},
}
USER = {"user": {"id": "alice", "role": "admin"}}


class Sessions(World):
    """A world with a session service in it."""

    def says(self, document: object = USER, status: int = 200) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.endpoints.answers[URL] = json_answer(body, status)


def asked(config=None, world=None, headers=None, answer=USER, status=200):
    world = world or Sessions()
    if answer is not None:
        world.says(answer, status)
    authenticator = world.build(generic.TYPE, CONFIG | (config or {}))
    seen = matched(headers={"Cookie": "sid=secret-session"} if headers is None else headers)
    return run(authenticator.authenticate(seen))


@pytest.mark.parametrize(
    ("config", "places"),
    [
        (
            {"identity_info_endpoint": None, "authentication_data_source": [], "principal": None},
            ["identity_info_endpoint", "authentication_data_source", "principal"],
        ),
        ({"identity_info_endpoint": "http://sessions.test"}, ["identity_info_endpoint.url"]),
        (
            {"identity_info_endpoint": "https://{{ .AuthenticationData }}/"},
            ["identity_info_endpoint.url"],
        ),
        ({"identity_info_endpoint": "https://a/{{ .Subject.ID }}"}, ["identity_info_endpoint.url"]),
        ({"payload": "{{ .Request.Method }}"}, ["payload"]),
        ({"authentication_data_source": [{"cookie": "a", "header": "b"}]}, [
            "authentication_data_source.0"
        ]),
        ({"forward_headers": ["Host"]}, ["forward_headers.0"]),
        ({"session_lifespan": {"active": "a..b"}}, ["session_lifespan.active"]),
        ({"session_lifespan": {"time_format": "YYYY"}}, ["session_lifespan.time_format"]),
        ({"session_lifespan": {"validity_leeway": "2m"}}, ["session_lifespan.validity_leeway"]),
        ({"session_lifespan": {"ends": "a"}}, ["session_lifespan.ends"]),
        ({"cache_ttl": "-1s"}, ["cache_ttl"]),
    ],
    ids=[
        "nothing",
        "no-tls",
        "attack-181-templated-host",
        "unavailable-variable",
        "request-in-payload",
        "two-places-in-one",
        "framing",
        "path",
        "layout",
        "leeway",
        "unknown-key",
        "negative",
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(config, places):
    assert [place for place, _ in mistakes(generic.TYPE, CONFIG | config)] == places


def test_a_rule_may_set_how_long_answers_are_believed_and_nothing_else():
    assert generic.TYPE.overridable == {"cache_ttl": Override.REPLACE}


def test_without_a_credential_nobody_is_asked():
    world = Sessions()

    outcome = asked(world=world, headers={})

    assert isinstance(outcome, Refusal)
    assert outcome.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
    assert not world.endpoints.calls


def test_a_credential_that_is_there_twice_is_refused_unasked():
    world = Sessions()

    outcome = asked(world=world, headers={"Cookie": "sid=a; sid=b"})

    assert isinstance(outcome, Refusal)
    assert outcome.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}
    assert not world.endpoints.calls


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_that_does_not_know_the_credential_refuses(status):
    outcome = asked(answer={}, status=status)

    assert isinstance(outcome, Refusal)
    assert outcome.causes == {Reason.AUTHENTICATION}


@pytest.mark.parametrize("status", [301, 404, 429, 500, 503])
def test_any_other_status_is_a_communication_fault(status):
    with pytest.raises(Fault) as caught:
        asked(status=status)

    assert caught.value.reason is Reason.COMMUNICATION


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"alice",
        b'{"user": {"id": "alice"',
        b'{"user": {"id": "alice"}, "user": {"id": "bob"}}',
        {"user": {}},
        {"user": {"id": ""}},
        {"user": {"id": None}},
        {"user": {"id": ["alice"]}},
        {"user": {"id": True}},
        {"user": {"id": "a\r\nX-Admin: 1"}},
        [],
        {"id": "alice"},
    ],
    ids=[
        "empty",
        "text",
        "cut",
        "same-key-twice",
        "no-id",
        "empty-id",
        "null",
        "list",
        "boolean",
        "line-break",
        "no-object",
        "another-object",
    ],
)
def test_an_answer_without_an_identity_is_an_internal_fault(answer):
    with pytest.raises(Fault) as caught:
        asked(answer=answer)

    assert caught.value.reason is Reason.INTERNAL


def test_no_fault_and_no_refusal_tells_the_credential():
    outcome = asked(status=401)
    with pytest.raises(Fault) as caught:
        asked(status=500)

    assert "secret-session" not in repr(outcome) + repr(caught.value) + str(caught.value)


def test_the_principal_is_what_the_paths_lead_to():
    principal = asked()

    assert (principal.id, principal.attributes) == ("alice", USER["user"])


def test_the_question_holds_the_credential_where_the_templates_put_it():
    world = Sessions()
    config = {
        "payload": '{"token": {{ quote .AuthenticationData }}}',
        "forward_headers": ["X-Tenant", "X-Absent"],
        "forward_cookies": ["csrf"],
    }

    asked(config, world, {"Cookie": "sid=s1; csrf=c; other=o", "X-Tenant": "shop"})

    (call,) = world.endpoints.calls
    assert call.method == "POST"
    assert call.body == b'{"token": "s1"}'
    assert dict(call.headers) == {"x-session": "s1", "x-tenant": "shop", "cookie": "csrf=c"}


@pytest.mark.parametrize(
    ("lifespan", "answer", "alive"),
    [
        ({"active": "active"}, {"active": True}, True),
        ({"active": "active"}, {"active": False}, False),
        ({"active": "active"}, {"active": "true"}, False),  # attack 131
        ({"active": "active"}, {"active": 1}, False),
        ({"active": "active"}, {}, False),
        ({"not_after": "exp"}, {"exp": NOW + 1}, True),
        ({"not_after": "exp"}, {"exp": NOW - 9}, True),
        ({"not_after": "exp"}, {"exp": NOW - 10}, False),
        ({"not_after": "exp"}, {"exp": 0}, False),
        ({"not_after": "exp"}, {}, True),
        ({"not_after": "exp", "validity_leeway": "0s"}, {"exp": NOW - 1}, False),
        ({"not_before": "nbf"}, {"nbf": NOW + 10}, True),
        ({"not_before": "nbf"}, {"nbf": NOW + 11}, False),
        ({"issued_at": "iat"}, {"iat": NOW + 11}, False),
        (
            {"not_after": "exp", "time_format": "RFC3339"},
            {"exp": "2100-01-01T00:00:00+02:00"},
            True,
        ),
        (
            {"not_after": "exp", "time_format": "2006-01-02T15:04:05Z07:00"},
            {"exp": "2001-01-01T00:00:00Z"},
            False,
        ),
    ],
)
def test_a_session_passes_only_while_it_is_alive(lifespan, answer, alive):
    outcome = asked({"session_lifespan": lifespan}, answer=USER | answer)

    assert isinstance(outcome, Refusal) is not alive


@pytest.mark.parametrize(
    "value",
    [None, "soon", True, [], {}, "1e3", 10**400],
    ids=["null", "text", "true", "list", "object", "number-in-text", "beyond-doubles"],
)
@pytest.mark.parametrize("layout", [{}, {"time_format": "RFC3339"}], ids=["number", "layout"])
@pytest.mark.parametrize("date", ["not_after", "not_before", "issued_at"])
def test_a_date_that_is_none_is_an_internal_fault(date, layout, value):
    with pytest.raises(Fault) as caught:
        asked({"session_lifespan": {date: "d", **layout}}, answer=USER | {"d": value})

    assert caught.value.reason is Reason.INTERNAL


def test_without_a_cache_ttl_the_service_is_asked_every_time():
    world = Sessions()

    asked(world=world)
    asked(world=world)

    assert len(world.endpoints.calls) == 2


def test_a_remembered_answer_is_believed_for_its_time_without_asking():
    world = Sessions()
    world.says()
    authenticator = world.build(generic.TYPE, CONFIG | {"cache_ttl": "1m"})
    seen = matched(headers={"Cookie": "sid=a"})
    run(authenticator.authenticate(seen))

    assert run_straight(authenticator.authenticate(seen)).id == "alice"
    world.clock.advance(61)
    run(authenticator.authenticate(seen))
    assert len(world.endpoints.calls) == 2


@pytest.mark.parametrize(
    "headers",
    [{"Cookie": "sid=b"}, {"Cookie": "sid=a", "X-Tenant": "other"}],
    ids=["credential", "attack-157-forwarded-header"],
)
def test_another_question_gets_another_answer(headers):
    world = Sessions()
    world.says()
    authenticator = world.build(
        generic.TYPE, CONFIG | {"cache_ttl": "1m", "forward_headers": ["X-Tenant"]}
    )
    run(authenticator.authenticate(matched(headers={"Cookie": "sid=a", "X-Tenant": "shop"})))

    run(authenticator.authenticate(matched(headers=headers)))

    assert len(world.endpoints.calls) == 2


def test_a_credential_that_the_question_does_not_hold_still_makes_another_question():
    world = Sessions()
    world.says()
    config = CONFIG | {"identity_info_endpoint": URL, "cache_ttl": "1m"}
    authenticator = world.build(generic.TYPE, config)

    for session in ("a", "b"):
        run(authenticator.authenticate(matched(headers={"Cookie": f"sid={session}"})))

    assert len(world.endpoints.calls) == 2


def test_a_remembered_session_that_has_ended_is_refused():
    world = Sessions()
    world.says(USER | {"exp": NOW + 30})
    lifespan = {"not_after": "exp", "validity_leeway": "0s"}
    authenticator = world.build(
        generic.TYPE, CONFIG | {"cache_ttl": "10m", "session_lifespan": lifespan}
    )
    seen = matched(headers={"Cookie": "sid=a"})
    run(authenticator.authenticate(seen))

    world.clock.advance(19)
    assert run_straight(authenticator.authenticate(seen)).id == "alice"
    world.clock.advance(12)
    assert isinstance(run(authenticator.authenticate(seen)), Refusal)


def test_a_refusal_is_not_remembered():
    world = Sessions()
    world.endpoints.answers[URL] = EndpointAnswer(401, "", b"")
    authenticator = world.build(generic.TYPE, CONFIG | {"cache_ttl": "10m"})
    seen = matched(headers={"Cookie": "sid=a"})
    assert isinstance(run(authenticator.authenticate(seen)), Refusal)

    world.says()

    assert run(authenticator.authenticate(seen)).id == "alice"
