from urllib.parse import parse_qs

import pytest

from edgeauth.mechanisms.finalizers import oauth2_client_credentials
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run, run_straight
from tests.fakes.endpoints import json_answer
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import granted, subject
from tests.fakes.services import World

URL = "https://id.test/token"
CONFIG = {"token_url": URL, "client_id": "edge", "client_secret": "s3cret"}
TOKEN = b'{"access_token": "abc", "token_type": "bearer", "expires_in": 60}'


def world(answer=TOKEN):
    found = World()
    found.endpoints.answers[URL] = json_answer(answer) if isinstance(answer, bytes) else answer
    return found


def finalized(config=None, of=None, who=None):
    finalizer = (of or world()).build(oauth2_client_credentials.TYPE, CONFIG | (config or {}))
    return run(finalizer.finalize(granted(who))).fields


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ({"token_url": None, "client_id": "", "client_secret": ""}, 3),
        ({"token_url": "http://id.test/token"}, ["token_url"]),
        ({"token_url": "https://id.test/{{ .Subject.ID }}"}, ["token_url"]),
        ({"scopes": ["a b"]}, [""]),
        ({"header": {"name": "Content-Length"}}, ["header.name"]),
        ({"header": {"name": "X-A", "scheme": "a b"}}, ["header.scheme"]),
        ({"grant_type": "password"}, ["grant_type"]),
    ],
    ids=["nothing", "no-tls", "template", "scope", "framing", "scheme", "unknown-key"],
)
def test_a_wrong_configuration_is_refused(config, places):
    found = [place for place, _ in mistakes(oauth2_client_credentials.TYPE, CONFIG | config)]
    assert len(found) == places if isinstance(places, int) else found == places


def test_a_rule_may_ask_for_other_scopes_but_not_as_another_client():
    assert oauth2_client_credentials.TYPE.overridable == {
        "scopes": Override.REPLACE,
        "cache_ttl": Override.REPLACE,
        "header": Override.REPLACE,
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (json_answer(b'{"error": "invalid_client"}', 401), Reason.COMMUNICATION),
        (json_answer(b"", 503), Reason.COMMUNICATION),
        (json_answer(b"abc"), Reason.INTERNAL),
        (Fault(Reason.INTERNAL, "TLS", final=True), Reason.INTERNAL),
    ],
    ids=["refused", "down", "nonsense", "attack-156-tls"],
)
def test_without_a_token_the_request_does_not_pass(answer, reason):
    with pytest.raises(Fault) as caught:
        finalized(of=world(answer))

    assert caught.value.reason is reason
    assert "s3cret" not in caught.value.detail


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (None, (b"authorization", b"Bearer abc")),
        ({"name": "X-Token", "scheme": ""}, (b"x-token", b"abc")),
        ({"name": "X-Token", "scheme": "Own"}, (b"x-token", b"Own abc")),
        ({"name": "X-Token"}, (b"x-token", b"Bearer abc")),
    ],
)
def test_the_token_stands_in_the_configured_header(header, field):
    assert finalized({} if header is None else {"header": header}) == (field,)


def test_the_header_is_owned():
    config = CONFIG | {"header": {"name": "X-Token"}}

    assert world().build(oauth2_client_credentials.TYPE, config).owns() == (b"x-token",)


def test_the_token_is_asked_for_once_whoever_the_subject_is():
    here = world()
    finalizer = here.build(oauth2_client_credentials.TYPE, CONFIG | {"scopes": ["a", "b"]})
    run(finalizer.finalize(granted(subject("alice"))))

    assert run_straight(finalizer.finalize(granted(subject("bob")))).fields
    (call,) = here.endpoints.calls
    assert parse_qs(call.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["a b"]}
