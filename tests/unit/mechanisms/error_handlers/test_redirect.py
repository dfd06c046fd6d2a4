import pytest

from edgeauth.mechanisms.error_handlers import redirect
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched, request
from tests.fakes.services import World

LOGIN = "https://idp.test/login?rt={{ .Request.URL | urlenc }}"
REFUSAL = Refusal(Reason.AUTHENTICATION, "who?", challenges=(b"Bearer",))


def respond(config, seen=None):
    handler = World().build(redirect.TYPE, config)
    return run_straight(handler.respond(REFUSAL, seen or matched()))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, [("to", "missing")]),
        ({"to": "http://idp.test/"}, [("to", "expected")]),
        ({"to": ""}, [("to", "expected")]),
        ({"to": "login"}, [("to", "expected")]),
        ({"to": "/log in"}, [("to", "expected")]),
        ({"to": "//evil.test/"}, [("to", "expected")]),
        ({"to": "/\\evil.test/"}, [("to", "expected")]),
        ({"to": "/{{ .Subject.ID }}"}, [("to", "expression")]),
        ({"to": '{{ .Request.Header "X-Login" }}'}, [("to", "expected")]),
        ({"to": "https://{{ .Request.URL.Host }}/login"}, [("to", "expected")]),
        ({"to": "https://idp.test{{ .Request.URL.Path }}"}, [("to", "expected")]),
        ({"to": "https://idp.test/{{ .Subject.ID }}"}, [("to", "expression")]),
        ({"to": "https://idp.test/ä"}, [("to", "expected")]),
        ({"to": LOGIN, "code": 200}, [("code", "expected")]),
        ({"to": LOGIN, "code": "302"}, [("code", "int_type")]),
        ({"to": LOGIN, "when": []}, [("when", "extra_forbidden")]),
    ],
    ids=[
        "absent",
        "without-tls",
        "empty",
        "relative",
        "path-with-a-blank",
        "scheme-relative",
        "scheme-relative-in-browsers",
        "unavailable-variable-in-a-path",
        "templated",
        "templated-host",
        "host-that-goes-on",
        "unavailable-variable",
        "no-ascii",
        "no-redirection",
        "text-as-code",
        "unknown-key",
    ],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(redirect.TYPE, config) == found


def test_nothing_of_it_can_be_set_in_a_rule():
    assert not redirect.TYPE.overridable


@pytest.mark.parametrize("value", ["a b", "a\r\nset-cookie: b", "a\x00", "ä", "a\u2028"], ids=ascii)
def test_a_value_that_is_not_escaped_does_not_get_into_the_location(value):
    config = {"to": 'https://idp.test/?x={{ .Request.Header "X-Value" }}'}

    with pytest.raises(Fault) as caught:
        respond(config, matched(headers={"X-Value": value}))

    assert caught.value.reason is Reason.INTERNAL
    assert value not in caught.value.detail


@pytest.mark.parametrize(
    "value",
    ["../admin", "..", "x/%2e%2e/y", "a?next=//evil.test", "a#b", "a\\b", "<no value>", '"'],
)
def test_attack_181_a_value_does_not_leave_its_place_in_the_location(value):
    config = {"to": 'https://idp.test/login/{{ .Request.Header "X-Value" }}'}

    with pytest.raises(Fault) as caught:
        respond(config, matched(headers={"X-Value": value}))

    assert caught.value.reason is Reason.INTERNAL
    assert value not in caught.value.detail


@pytest.mark.parametrize("value", ["", "/evil.test", "\\evil.test", ".."])
def test_a_path_on_this_host_does_not_become_another_host(value):
    config = {"to": '/{{ .Request.Header "X-Value" }}/login'}

    with pytest.raises(Fault) as caught:
        respond(config, matched(headers={"X-Value": value}))

    assert caught.value.reason is Reason.INTERNAL


@pytest.mark.parametrize(
    ("to", "location"),
    [
        ("/login", b"/login"),
        ("/login?rt={{ .Request.URL.Path | urlenc }}", b"/login?rt=%2Farticles%2F1"),
    ],
)
def test_the_login_may_be_on_the_same_host(to, location):
    response = respond({"to": to}, matched(request("/articles/1")))

    assert dict(response.fields)[b"location"] == location


def test_the_client_is_sent_to_the_login_that_knows_the_way_back():
    response = respond({"to": LOGIN}, matched(request("/articles/1", query="a=b&c=d")))

    assert response.status == 302
    assert response.fields == (
        (
            b"location",
            b"https://idp.test/login?rt=https%3A%2F%2Fshop.test%2Farticles%2F1%3Fa%3Db%26c%3Dd",
        ),
        (b"cache-control", b"no-store"),
    )


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_the_configured_code_is_used(code):
    assert respond({"to": LOGIN, "code": code}).status == code
