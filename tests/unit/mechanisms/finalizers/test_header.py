import pytest

from edgeauth.mechanisms.finalizers import header
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import granted, subject
from tests.fakes.services import World


def edits(headers, who=None):
    finalizer = World().build(header.TYPE, {"headers": headers})
    return run_straight(finalizer.finalize(granted(who)))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, [("headers", "missing")]),
        ({"headers": {}}, [("headers", "too_short")]),
        ({"headers": {"X User": "a"}}, [("headers.X User.[key]", "expected")]),
        ({"headers": {":path": "a"}}, [("headers.:path.[key]", "expected")]),
        ({"headers": {"": "a"}}, [("headers..[key]", "expected")]),
        (
            {"headers": {"Transfer-Encoding": "a"}},
            [("headers.Transfer-Encoding.[key]", "expected")],
        ),
        ({"headers": {"content-length": "0"}}, [("headers.content-length.[key]", "expected")]),
        ({"headers": {"X-User": "a", "x-user": "b"}}, [("headers", "expected")]),
        ({"headers": {"X-User": "{{ .Values.a }}"}}, [("headers.X-User", "expression")]),
        ({"headers": {"X-User": "a"}, "scheme": "b"}, [("scheme", "extra_forbidden")]),
    ],
    ids=[
        "absent",
        "empty",
        "blank-in-name",
        "attack-86-pseudo-header",
        "no-name",
        "framing",
        "length",
        "twice",
        "unavailable-variable",
        "unknown-key",
    ],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(header.TYPE, config) == found


def test_a_rule_replaces_all_headers():
    assert header.TYPE.overridable == {"headers": Override.REPLACE}


@pytest.mark.parametrize("value", ["a\rb", "a\x00b", "a\r\r\nb"], ids=ascii)
def test_a_value_that_is_no_line_is_an_internal_fault(value):
    with pytest.raises(Fault) as caught:
        edits({"X-Name": "{{ .Subject.Attributes.name }}"}, subject(attributes={"name": value}))

    assert caught.value.reason is Reason.INTERNAL


def test_a_line_break_makes_two_values_of_one_header_and_never_two_headers():
    who = subject(attributes={"name": "alice\r\nX-Admin: yes\n\n b "})

    found = edits({"X-Name": "{{ .Subject.Attributes.name }}"}, who)

    assert found.fields == (
        (b"x-name", b"alice"),
        (b"x-name", b"X-Admin: yes"),
        (b"x-name", b"b"),
    )


def test_a_value_that_renders_to_nothing_is_not_set_but_the_name_is_owned():
    finalizer = World().build(header.TYPE, {"headers": {"X-User": "{{ .Subject.ID }}", "X-B": " "}})

    found = run_straight(finalizer.finalize(granted(subject(""))))

    assert found.fields == ()
    assert finalizer.owns() == (b"x-user", b"x-b")


def test_values_see_request_subject_and_outputs():
    config = {
        "headers": {
            "X-User": "{{ .Subject.ID }}",
            "X-Method": "{{ .Request.Method }}",
            "X-Result": "{{ .Outputs.opa }}",
        }
    }
    finalizer = World().build(header.TYPE, config)

    found = run_straight(finalizer.finalize(granted(outputs={"opa": "ü"})))

    assert found.fields == (
        (b"x-user", b"alice"),
        (b"x-method", b"GET"),
        (b"x-result", "ü".encode()),
    )
