"""What a refusal tells in words, and what it never tells."""

import json
from xml.etree import ElementTree as ET

import pytest

from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.request import Headers
from edgeauth.wire.answers import Answers

VERBOSE = Answers(verbose=True)
ALICE = Refusal(Reason.AUTHORIZATION, "only <b>alice</b> & friends", source="who", step="may")


def told(refusal: Refusal = ALICE, *accept: bytes) -> tuple[str, str]:
    """Returns media type and content; both are empty where nothing is told."""
    response = VERBOSE.to(refusal, Headers((b"accept", each) for each in accept))
    fields = dict(response.fields)
    assert (fields.get(b"x-content-type-options") == b"nosniff") == bool(response.body)
    return fields.get(b"content-type", b"").decode(), response.body.decode()


@pytest.mark.parametrize(
    "accept",
    [
        pytest.param([b""], id="an empty field (measured 19)"),
        pytest.param([b"", b"text/plain"], id="the first of two fields is empty"),
        pytest.param([b"image/png", b"text/plain"], id="the first of two fields is for others"),
        pytest.param([b"text/plain;charset=utf-8"], id="a parameter (measured 19)"),
        pytest.param([b"image/png"], id="none of ours"),
    ],
)
def test_nothing_acceptable_is_no_body(accept: list[bytes]):
    assert told(ALICE, *accept) == ("", "")


@pytest.mark.parametrize(
    "reason", [Reason.COMMUNICATION, Reason.INTERNAL, Reason.NO_RULE], ids=lambda one: one.value
)
def test_what_stands_behind_the_edge_is_not_told(reason: Reason):
    _, body = told(Refusal(reason, "http://10.0.0.7:8080 did not answer"))

    assert "10.0.0.7" not in body
    assert body.startswith("<p>")


def test_neither_the_chain_nor_the_step_is_told():
    refusal = Refusal(Reason.PRECONDITION, "odd", frozenset({Reason.AUTHENTICATION}), "jwt", "who")

    for accept in (b"text/html", b"text/plain", b"application/json", b"application/xml"):
        _, body = told(refusal, accept)
        assert not any(
            word in body for word in ("odd", "jwt", "precondition", "_error", "argument")
        )


def test_text_is_escaped_measured_18():
    escaped = "only &lt;b&gt;alice&lt;/b&gt; &amp; friends"

    assert told() == ("text/html; charset=utf-8", f"<p>{escaped}</p>")
    kind, xml = told(ALICE, b"application/xml")
    assert kind == "application/xml; charset=utf-8"
    root = ET.fromstring(xml)
    assert (root.findtext("code"), root.findtext("message")) == ("authorizationError", ALICE.detail)


def test_of_several_accept_fields_the_first_counts():
    kind, _ = told(ALICE, b"application/json", b"text/html")

    assert kind == "application/json"


def test_programs_get_code_and_message():
    kind, body = told(ALICE, b"application/json")

    assert kind == "application/json"
    assert json.loads(body) == {"code": "authorizationError", "message": ALICE.detail}


def test_plain_text_is_as_it_was_written():
    assert told(ALICE, b"text/plain") == ("text/plain; charset=utf-8", ALICE.detail)


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (Reason.AUTHENTICATION, "authenticationError"),
        (Reason.COMMUNICATION, "communicationError"),
        (Reason.INTERNAL, "internalError"),
        (Reason.NO_RULE, "noRuleFound"),
        (Reason.PRECONDITION, "argumentError"),
    ],
)
def test_codes_are_those_of_the_reference(reason: Reason, code: str):
    _, body = told(Refusal(reason, ""), b"application/json")

    assert json.loads(body)["code"] == code
    assert json.loads(body)["message"]


@pytest.mark.parametrize("accept", [b"text/html", b"application/json", b"application/xml"])
def test_what_can_not_be_written_is_replaced(accept: bytes):
    refusal = Refusal(Reason.AUTHORIZATION, "a\x00b\x1b[31m\ud800\x85\nc")

    _, body = told(refusal, accept)

    assert "\x00" not in body
    assert "\x1b" not in body
    if accept == b"application/xml":
        assert ET.fromstring(body).findtext("message", "").endswith("\nc")


def test_a_challenge_is_told_beside_the_words():
    refusal = Refusal(Reason.AUTHENTICATION, "no token", challenges=(b"Bearer",))

    response = VERBOSE.to(refusal, Headers())

    assert (b"www-authenticate", b"Bearer") in response.fields
    assert (b"cache-control", b"no-store") in response.fields
    assert response.body == b"<p>no token</p>"


def test_without_the_setting_there_are_no_words():
    assert Answers().to(ALICE, Headers([(b"accept", b"text/html")])).body == b""
