from urllib.parse import parse_qs

import pytest

from edgeauth.mechanisms.finalizers import oauth2_token_exchange
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.clock import NOW
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import granted, matched, subject
from tests.fakes.services import World

URL = "https://id.test/token"
CONFIG = {
    "token_url": URL,
    "client_id": "edge",
    "client_secret": "s3cret",
    "audience": ["orders"],
    "resource": ["https://orders.test/api"],
    "scopes": ["orders.read"],
}
ISSUED = "urn:ietf:params:oauth:token-type:access_token"
TOKEN = (
    b'{"access_token": "new", "token_type": "Bearer", "expires_in": 60, "issued_token_type": "%s"}'
    % ISSUED.encode()
)


def world(answer=TOKEN):
    found = World()
    found.endpoints.answers[URL] = json_answer(answer) if isinstance(answer, bytes) else answer
    return found


def asking(token="of-alice", ends=None, **headers):
    if token is not None:
        headers = {"Authorization": f"Bearer {token}", **headers}
    return granted(subject(ends=ends), matched(headers=headers))


def finalized(stage, config=None, of=None):
    finalizer = (of or world()).build(oauth2_token_exchange.TYPE, CONFIG | (config or {}))
    return run(finalizer.finalize(stage)).fields


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({"token_url": "http://id.test/token"}, ["token_url"]),
        ({"subject_token_source": []}, ["subject_token_source"]),
        ({"subject_token_type": "password"}, ["subject_token_type"]),
        ({"resource": ["orders", "https://a/#b"]}, ["resource.0", "resource.1"]),
        ({"audience": [""]}, ["audience.0"]),
        ({"actor_token": "a"}, ["actor_token"]),
    ],
    ids=["no-tls", "no-source", "type", "resource", "audience", "unknown-key"],
)
def test_a_wrong_configuration_is_refused(config, places):
    found = [place for place, _ in mistakes(oauth2_token_exchange.TYPE, CONFIG | config)]
    assert found == places


def test_a_rule_may_name_the_service_but_not_the_client():
    assert oauth2_token_exchange.TYPE.overridable == dict.fromkeys(
        ("scopes", "audience", "resource", "requested_token_type", "cache_ttl", "header"),
        Override.REPLACE,
    )


@pytest.mark.parametrize(
    "stage",
    [asking(None), asking("a b\x00"), granted(seen=matched(query="access_token=a&access_token=b"))],
    ids=["absent", "nonsense", "twice"],
)
def test_a_request_without_a_token_does_not_pass_and_nobody_is_asked(stage):
    here = world()

    with pytest.raises(Fault) as caught:
        finalized(stage, of=here)

    assert caught.value.reason is Reason.INTERNAL
    assert not here.endpoints.calls


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_token_that_can_not_be_exchanged_does_not_pass(status):
    with pytest.raises(Fault) as caught:
        finalized(asking(), of=world(json_answer(b'{"error": "invalid_grant"}', status)))

    assert caught.value.reason is Reason.COMMUNICATION
    assert "of-alice" not in repr(caught.value) + caught.value.detail


def test_the_new_token_takes_the_place_of_the_clients():
    assert finalized(asking()) == ((b"authorization", b"Bearer new"),)


def test_what_is_no_access_token_is_presented_like_one():
    answer = b'{"access_token": "new", "token_type": "N_A"}'

    assert finalized(asking(), of=world(answer)) == ((b"authorization", b"Bearer new"),)


def test_the_server_is_told_what_is_exchanged_for_what():
    here = world()

    finalized(asking(), {"requested_token_type": "jwt"}, here)

    (call,) = here.endpoints.calls
    assert dict(call.headers)["authorization"].startswith("Basic ")
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"],
        "subject_token": ["of-alice"],
        "subject_token_type": [ISSUED],
        "requested_token_type": ["urn:ietf:params:oauth:token-type:jwt"],
        "audience": ["orders"],
        "resource": ["https://orders.test/api"],
        "scope": ["orders.read"],
    }


def test_the_clients_token_may_stand_in_a_cookie():
    config = {"subject_token_source": [{"cookie": "id"}], "subject_token_type": "id_token"}
    here = world()

    finalized(asking(None, Cookie="id=of-alice"), config, here)

    assert parse_qs(here.endpoints.calls[0].body.decode())["subject_token"] == ["of-alice"]


def test_a_token_is_exchanged_once_and_every_other_token_anew():
    here = world()
    finalizer = here.build(oauth2_token_exchange.TYPE, CONFIG)
    run(finalizer.finalize(asking("a")))

    assert run_straight(finalizer.finalize(asking("a"))).fields
    run(finalizer.finalize(asking("b")))
    assert len(here.endpoints.calls) == 2


@pytest.mark.parametrize(
    "config", [{"audience": ["other"]}, {"resource": []}, {"scopes": ["x"]}], ids=str
)
def test_attack_157_another_service_gets_another_token(config):
    here = world()
    finalized(asking(), of=here)

    finalized(asking(), config, here)

    assert len(here.endpoints.calls) == 2


def test_a_new_token_is_not_used_longer_than_the_one_it_was_got_for():
    here = world()
    finalizer = here.build(oauth2_token_exchange.TYPE, CONFIG)
    run(finalizer.finalize(asking(ends=NOW + 20)))

    here.clock.advance(21)

    run(finalizer.finalize(asking(ends=NOW + 20)))
    assert len(here.endpoints.calls) == 2


@pytest.mark.parametrize(
    ("config", "owned"),
    [
        ({"header": {"name": "X-Token"}}, {b"x-token", b"authorization"}),
        ({"subject_token_source": [{"header": "X-Theirs"}]}, {b"authorization", b"x-theirs"}),
        ({"subject_token_source": [{"cookie": "sid"}]}, {b"authorization", b"cookie=sid"}),
        ({"subject_token_source": [{"query_parameter": "t"}]}, {b"authorization"}),
    ],
    ids=[
        "another-header-for-the-new-one",
        "another-header-of-the-client",
        "a-cookie-of-the-client",
        "nothing-that-could-be-taken-away",
    ],
)
def test_what_carries_the_token_of_the_client_goes_no_further(config, owned):
    finalizer = world().build(oauth2_token_exchange.TYPE, CONFIG | config)

    assert set(finalizer.owns()) == owned


def test_no_token_is_in_what_is_shown():
    here = world()
    finalizer = here.build(oauth2_token_exchange.TYPE, CONFIG)
    run(finalizer.finalize(asking()))

    assert "of-alice" not in repr(finalizer.__dict__)


def test_the_exchange_of_rfc_8693_section_2_3_is_made():
    answer = (
        b'{"access_token": "eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9", "expires_in": 60,'
        b' "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",'
        b' "token_type": "Bearer"}'
    )
    using = world(answer)
    config = {"resource": ["https://backend.example.com/api"], "audience": [], "scopes": []}

    fields = finalized(asking("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"), config, using)

    form = parse_qs((using.endpoints.calls[0].body or b"").decode(), strict_parsing=True)
    assert {name: values for name, values in form.items() if not name.startswith("client_")} == {
        "grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"],
        "resource": ["https://backend.example.com/api"],
        "subject_token": ["accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC"],
        "subject_token_type": ["urn:ietf:params:oauth:token-type:access_token"],
    }
    assert fields == ((b"authorization", b"Bearer eyJhbGciOiJFUzI1NiIsImtpZCI6IjllciJ9"),)
