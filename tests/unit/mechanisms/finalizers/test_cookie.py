import pytest

from edgeauth.mechanisms.finalizers import cookie
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import granted, subject
from tests.fakes.services import World


def edits(cookies, who=None):
    finalizer = World().build(cookie.TYPE, {"cookies": cookies})
    return run_straight(finalizer.finalize(granted(who)))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, [("cookies", "missing")]),
        ({"cookies": {}}, [("cookies", "too_short")]),
        ({"cookies": {"a b": "c"}}, [("cookies.a b.[key]", "expected")]),
        ({"cookies": {"a=b": "c"}}, [("cookies.a=b.[key]", "expected")]),
        ({"cookies": {"": "c"}}, [("cookies..[key]", "expected")]),
        ({"cookies": {"a": "{{ .Values.b }}"}}, [("cookies.a", "expression")]),
        ({"cookies": {"a": "b"}, "path": "/"}, [("path", "extra_forbidden")]),
    ],
    ids=["absent", "empty", "blank", "equals", "no-name", "unavailable-variable", "unknown-key"],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(cookie.TYPE, config) == found


def test_a_rule_replaces_all_cookies():
    assert cookie.TYPE.overridable == {"cookies": Override.REPLACE}


@pytest.mark.parametrize(
    "value",
    ["a; admin=1", "a\r\nSet-Cookie: b", 'a"b', "a\\b", "a\x00b", "ü", "a\nb"],
    ids=ascii,
)
def test_a_value_that_would_end_its_cookie_is_an_internal_fault(value):
    with pytest.raises(Fault) as caught:
        edits({"name": "{{ .Subject.Attributes.name }}"}, subject(attributes={"name": value}))

    assert caught.value.reason is Reason.INTERNAL


@pytest.mark.parametrize(
    ("value", "written"),
    [("alice", "alice"), ("Alice Smith", '"Alice Smith"'), ("a,b", '"a,b"'), ("a=b", "a=b")],
)
def test_a_value_with_blanks_or_commas_stands_in_quotes(value, written):
    found = edits({"name": "{{ .Subject.Attributes.name }}"}, subject(attributes={"name": value}))

    assert found.cookies == (("name", written),)
    assert found.fields == ()


def test_a_cookie_that_renders_to_nothing_is_not_set_but_owned():
    finalizer = World().build(cookie.TYPE, {"cookies": {"user": "{{ .Subject.ID }}", "b": " "}})

    found = run_straight(finalizer.finalize(granted(subject(""))))

    assert found.cookies == ()
    assert finalizer.owns() == (b"cookie=user", b"cookie=b")


def test_values_see_request_subject_and_outputs():
    cookies = {"a": "{{ .Subject.ID }}-{{ .Request.Method }}-{{ .Outputs.opa }}"}

    finalizer = World().build(cookie.TYPE, {"cookies": cookies})

    found = run_straight(finalizer.finalize(granted(outputs={"opa": "yes"})))
    assert found.cookies == (("a", "alice-GET-yes"),)
