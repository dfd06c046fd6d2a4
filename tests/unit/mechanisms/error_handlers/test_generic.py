import json

import pytest

from edgeauth.mechanisms.error_handlers import generic
from edgeauth.model.decision import Refusal, Response
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World

REFUSAL = Refusal(Reason.AUTHENTICATION, "no", challenges=(b'Basic realm="a"',))


def answer(config, refusal=REFUSAL, **request):
    handler = World().build(generic.TYPE, config)
    return run_straight(handler.respond(refusal, matched(**request)))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, [("code", "missing")]),
        ({"code": 0}, [("code", "expected")]),
        ({"code": 101}, [("code", "expected")]),
        ({"code": 600}, [("code", "expected")]),
        ({"code": 400, "headers": {"A": "b"}}, [("headers", "tuple_type")]),
        ({"code": 400, "headers": [{"A": "b", "C": "d"}]}, [("headers.0", "expected")]),
        ({"code": 400, "headers": [{}]}, [("headers.0", "expected")]),
        ({"code": 400, "headers": [{"A": ""}]}, [("headers.0.A", "expected")]),
        (
            {"code": 400, "headers": [{"Content-Length": "0"}]},
            [("headers.0.Content-Length.[key]", "expected")],
        ),
        ({"code": 400, "body": "{{ .Subject.ID }}"}, [("body", "expression")]),
        ({"code": 400, "values": {"a": "{{ .Values.a }}"}}, [("values.a", "expression")]),
        ({"code": 400, "body": "a", "problem_details": {}}, [("", "findings")]),
        ({"code": 204, "body": "a"}, [("", "findings")]),
        ({"code": 302, "headers": [{"location": "login"}]}, [("", "findings")]),
        ({"code": 302, "headers": [{"Location": "//evil.test"}]}, [("", "findings")]),
        (
            {"code": 400, "problem_details": {"status": "a"}},
            [("problem_details.status", "extra_forbidden")],
        ),
    ],
    ids=[
        "no-code",
        "zero",
        "interim",
        "too-large",
        "headers-as-a-map",
        "two-in-one-entry",
        "none-in-an-entry",
        "empty-value",
        "framing",
        "unavailable-variable",
        "values-in-values",
        "body-and-problem",
        "content-where-there-is-none",
        "location-that-leads-nowhere",
        "attack-137-location-without-a-scheme",
        "status-of-its-own",
    ],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(generic.TYPE, config) == found


def test_a_rule_may_set_everything():
    assert generic.TYPE.overridable == {
        "code": Override.REPLACE,
        "headers": Override.REPLACE,
        "body": Override.REPLACE,
        "problem_details": Override.REPLACE,
        "values": Override.MERGE,
    }


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nb", "a\x00"], ids=ascii)
def test_a_header_value_that_is_no_line_is_an_internal_fault(value):
    config = {"code": 400, "headers": [{"X-A": '{{ .Request.Header "X-B" }}'}]}

    with pytest.raises(Fault) as caught:
        answer(config, headers={"X-B": value})

    assert caught.value.reason is Reason.INTERNAL


@pytest.mark.parametrize(
    ("location", "value"),
    [
        ('{{ .Request.Header "X-B" }}', "https://evil.test/"),
        ('/{{ .Request.Header "X-B" }}', "/evil.test"),
        ('https://login.test/?rt={{ .Request.Header "X-B" }}', "a&admin=1"),
        ("https://login.test/{{ .Values.b }}", "../admin"),
        ("{{ .Values.b }}", "https://evil.test/"),
    ],
)
def test_attack_137_a_value_does_not_say_where_a_location_leads(location, value):
    config = {
        "code": 302,
        "headers": [{"Location": location}],
        "values": {"b": '{{ .Request.Header "X-B" }}'},
    }

    with pytest.raises(Fault) as caught:
        answer(config, headers={"X-B": value})

    assert caught.value.reason is Reason.INTERNAL


def test_a_location_may_come_from_the_values_that_the_rule_wrote():
    config = {
        "code": 302,
        "headers": [{"Location": "{{ .Values.login }}?rt={{ .Request.URL | urlenc }}"}],
        "values": {"login": "https://login.test/a/b"},
    }

    fields = dict(answer(config, path="/a").fields)

    assert fields[b"location"] == b"https://login.test/a/b?rt=https%3A%2F%2Fshop.test%2Fa"


def test_a_plain_status_has_no_content_and_is_not_cached():
    response = answer({"code": 418})

    assert response == Response(418, ((b"cache-control", b"no-store"),))


def test_headers_come_in_order_and_may_repeat():
    config = {
        "code": 302,
        "headers": [
            {"Location": "https://login.test/?rt={{ .Request.URL | urlenc }}"},
            {"X-A": "1"},
            {"X-A": "{{ .Values.a }}"},
            {"Cache-Control": "max-age=1"},
        ],
        "values": {"a": "{{ .Request.Method }}"},
    }

    response = answer(config, path="/a", query="b=c&d")

    assert response.status == 302
    assert response.fields == (
        (b"location", b"https://login.test/?rt=https%3A%2F%2Fshop.test%2Fa%3Fb%3Dc%26d"),
        (b"x-a", b"1"),
        (b"x-a", b"GET"),
        (b"cache-control", b"max-age=1"),
    )


def test_a_body_is_plain_text_that_no_browser_runs():
    response = answer({"code": 403, "body": "no, {{ .Request.URL.Path }}"}, path="/a")

    assert response.body == b"no, /a"
    assert dict(response.fields)[b"content-type"] == b"text/plain; charset=utf-8"
    assert dict(response.fields)[b"x-content-type-options"] == b"nosniff"


def test_a_configured_media_type_counts():
    config = {"code": 403, "headers": [{"Content-Type": "text/html"}], "body": "<p>no</p>"}

    assert dict(answer(config).fields)[b"content-type"] == b"text/html"


def test_a_problem_document_is_json_whatever_the_request_holds():
    config = {
        "code": 403,
        "problem_details": {"type": "https://shop.test/no", "detail": "{{ .Request.URL.Path }}"},
    }

    response = answer(config, path='/","status":200,"')

    assert dict(response.fields)[b"content-type"] == b"application/problem+json"
    assert json.loads(response.body) == {
        "status": 403,
        "type": "https://shop.test/no",
        "detail": '/","status":200,"',
    }


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"code": 401}, [b'Basic realm="a"']),
        ({"code": 401, "headers": [{"WWW-Authenticate": "Own"}]}, [b"Own"]),
        ({"code": 403}, []),
    ],
    ids=["kept", "configured", "not-401"],
)
def test_challenges_are_kept_where_the_answer_is_401(config, expected):
    fields = answer(config).fields

    assert [value for name, value in fields if name == b"www-authenticate"] == expected


@pytest.mark.parametrize(("code", "told"), [(403, True), (401, False), (404, False)])
def test_challenges_of_another_status_are_kept_where_the_answer_has_it(code, told):
    nonce = (b"dpop-nonce", b"abc")
    refusal = Refusal(
        Reason.AUTHENTICATION, "no", challenges=(b"Bearer",), status=403, fields=(nonce,)
    )

    fields = answer({"code": code}, refusal).fields

    assert ((b"www-authenticate", b"Bearer") in fields, nonce in fields) == (told, told)
