import pytest

from edgeauth.mechanisms.authorizers import remote
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from edgeauth.ports.mechanisms import Owner
from edgeauth.ports.services import EndpointAnswer
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import identified, matched, subject
from tests.fakes.services import World

URL = "https://pdp.test/decide"
CONFIG = {
    "endpoint": {"url": URL, "headers": {"Content-Type": "application/json"}},
    "payload": '{"user": {{ quote .Subject.ID }}, "action": {{ quote .Values.action }}}',
    "values": {"action": "read"},
}


def asked(config=None, answer=None, world=None, known=None):
    world = world or World()
    world.endpoints.answers[URL] = answer or json_answer(b'{"allow": true, "level": 3}')
    authorizer = world.build(remote.TYPE, CONFIG | (config or {}))
    return run(authorizer.authorize(known or identified()))


def condition(text, message=""):
    return {"expressions": [{"expression": text, "message": message}]}


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({"endpoint": None}, ["endpoint"]),
        ({"endpoint": "http://pdp.test"}, ["endpoint.url"]),
        ({"endpoint": "https://pdp.test/{{ .Request.Method }}"}, ["endpoint.url"]),
        ({"endpoint": URL, "payload": None}, [""]),
        ({"payload": "{{ .Payload.a }}"}, ["payload"]),
        (condition("Request.Method == 'GET'"), ["expressions.0.expression"]),
        (condition("Payload.level"), ["expressions.0.expression"]),
        (
            {"forward_response_headers_to_upstream": ["Content-Length", "Host"]},
            [f"forward_response_headers_to_upstream.{number}" for number in (0, 1)],
        ),
        ({"expressions": []}, ["expressions"]),
        ({"cache_ttl": "-1s"}, ["cache_ttl"]),
        ({"expression": "true"}, ["expression"]),
    ],
    ids=[
        "nobody-asked",
        "no-tls",
        "request-in-url",
        "nothing-asked",
        "answer-in-question",
        "request-in-condition",
        "no-boolean",
        "framing",
        "no-condition",
        "negative",
        "unknown-key",
    ],
)
def test_a_wrong_configuration_is_refused(config, places):
    given = {key: each for key, each in (CONFIG | config).items() if each is not None}

    assert [place for place, _ in mistakes(remote.TYPE, given)] == places


def test_headers_of_the_endpoint_are_question_enough():
    endpoint = {"url": URL, "headers": {"X-User": "{{ .Subject.ID }}"}}

    assert not mistakes(remote.TYPE, {"endpoint": endpoint})


def test_everything_but_the_endpoint_may_be_set_in_a_rule():
    assert remote.TYPE.overridable == {
        "payload": Override.REPLACE,
        "expressions": Override.REPLACE,
        "forward_response_headers_to_upstream": Override.REPLACE,
        "cache_ttl": Override.REPLACE,
        "values": Override.MERGE,
    }


@pytest.mark.parametrize(
    "status",
    [
        100,
        pytest.param(301, id="attack-083-redirect"),
        pytest.param(307, id="attack-083-redirect-with-content"),
        *(400, 401, 403, 404, 500, 503),
    ],
)
def test_any_status_but_2xx_is_a_no(status):
    outcome = asked(answer=json_answer(b'{"allow": true}', status))

    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.AUTHORIZATION


@pytest.mark.parametrize(
    "fault",
    [Fault(Reason.COMMUNICATION, "down"), Fault(Reason.INTERNAL, "TLS", final=True)],
    ids=["unreachable", "attack-156-tls"],
)
def test_no_answer_is_a_fault(fault):
    with pytest.raises(Fault) as caught:
        asked(answer=fault)

    assert caught.value.reason is fault.reason


@pytest.mark.parametrize(
    "text",
    [
        "Payload.allow == false",
        "Payload.level > 3.0",
        "Payload.level == 3 && Payload.allow == 'true'",
    ],
)
def test_a_false_condition_refuses_and_tells_the_operator_why(text):
    outcome = asked(condition(text, "not enough"))

    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.detail) == (Reason.AUTHORIZATION, "not enough")


@pytest.mark.parametrize("text", ["Payload.missing == true", "Payload.allow.deeper == 1"])
def test_attack_169_a_condition_without_a_value_is_an_internal_fault(text):
    with pytest.raises(Fault) as caught:
        asked(condition(text))

    assert caught.value.reason is Reason.INTERNAL


@pytest.mark.parametrize("body", [b"{", b'{"a": 1, "a": 2}', b"\xff"], ids=ascii)
def test_an_answer_that_is_not_what_its_type_says_is_an_internal_fault(body):
    with pytest.raises(Fault) as caught:
        asked(answer=json_answer(body))

    assert caught.value.reason is Reason.INTERNAL


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (json_answer(b'{"allow": true}'), {"allow": True}),
        (json_answer(b"null"), None),
        (json_answer(b""), None),
        (EndpointAnswer(204, "", b""), None),
        (EndpointAnswer(200, "text/plain", b"yes"), "yes"),
        (EndpointAnswer(200, "application/x-www-form-urlencoded", b"a=1"), {"a": ["1"]}),
    ],
    ids=["object", "null", "empty", "no-content", "text", "form"],
)
def test_a_yes_keeps_what_the_answer_says(answer, output):
    assert asked(answer=answer).output == output


def test_conditions_see_the_answer_as_payload():
    outcome = asked(condition("Payload.allow == true && Payload.level == 3"))

    assert outcome.output == {"allow": True, "level": 3}


def test_named_headers_of_the_answer_go_on_each_with_its_first_value():
    answer = EndpointAnswer(
        200, "", b"", (("x-level", "3"), ("x-other", "o"), ("x-level", "4"), ("x-empty", ""))
    )
    names = {"forward_response_headers_to_upstream": ["X-Level", "X-Absent"]}

    assert asked(names, answer).edits == (HeaderEdits(((b"x-level", b"3"),)),)


def test_headers_that_may_go_on_are_owned_whether_or_not_they_come():
    names = {"forward_response_headers_to_upstream": ["X-Level", "X-Absent"]}
    authorizer = World().build(remote.TYPE, CONFIG | names)

    assert isinstance(authorizer, Owner)
    assert authorizer.owns() == (b"x-level", b"x-absent")


def test_the_question_is_rendered_from_subject_and_values():
    world = World()

    asked(world=world, known=identified(subject('al"ice')))

    (call,) = world.endpoints.calls
    assert call.body == b'{"user": "al\\"ice", "action": "read"}'


def test_without_a_cache_ttl_it_is_asked_every_time():
    world = World()

    asked(world=world)
    asked(world=world)

    assert len(world.endpoints.calls) == 2


def test_a_remembered_answer_is_judged_anew():
    """Attack 159: facts are remembered, never verdicts."""
    world = World()
    asked({"cache_ttl": "1m"}, world=world)

    outcome = asked({"cache_ttl": "1m"} | condition("Payload.allow == false"), world=world)

    assert isinstance(outcome, Refusal)
    assert len(world.endpoints.calls) == 1


def test_a_remembered_answer_needs_no_waiting_and_ends_in_time():
    world = World()
    world.endpoints.answers[URL] = json_answer(b"{}")
    authorizer = world.build(remote.TYPE, CONFIG | {"cache_ttl": "1m"})
    run(authorizer.authorize(identified()))

    assert run_straight(authorizer.authorize(identified())).output == {}
    world.clock.advance(61)
    run(authorizer.authorize(identified()))
    assert len(world.endpoints.calls) == 2


def test_a_no_is_not_remembered():
    world = World()
    asked({"cache_ttl": "1m"}, json_answer(b"", 403), world)

    assert not isinstance(asked({"cache_ttl": "1m"}, world=world), Refusal)


@pytest.mark.parametrize(
    ("config", "known"),
    [
        ({}, identified(subject("bob"))),
        ({}, identified(subject(attributes={"role": "admin"}))),
        ({"values": {"action": "write"}}, identified()),
        ({"payload": "{{ .Request.Method }}"}, identified()),
        ({"payload": "{{ .Request.Method }}"}, identified(seen=matched(method="PUT"))),
        ({"forward_response_headers_to_upstream": ["X-A"]}, identified()),
        ({"cache_ttl": "2m"}, identified()),
    ],
    ids=["subject", "attributes", "values", "payload", "request", "headers", "ttl"],
)
def test_attack_157_another_question_gets_another_answer(config, known):
    world = World()
    asked({"cache_ttl": "1m"}, world=world)
    asked({"cache_ttl": "1m", "payload": "{{ .Request.Method }}"}, world=world)
    before = len(world.endpoints.calls)

    asked({"cache_ttl": "1m"} | config, world=world, known=known)

    same = config == {"payload": "{{ .Request.Method }}"} and known.matched.request.method == "GET"
    assert len(world.endpoints.calls) == before + (not same)
