import pytest

from edgeauth.mechanisms.contextualizers import map as map_
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.declare import Override
from tests.fakes.driving import run_straight
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import identified
from tests.fakes.services import World


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, [("items", "missing")]),
        ({"items": {}}, [("items", "too_short")]),
        ({"items": {"a": 1}}, [("items.a", "expected")]),
        ({"items": {"a": "{{"}}, [("items.a", "expression")]),
        ({"items": {"a": "b"}, "extra": 1}, [("extra", "extra_forbidden")]),
    ],
    ids=["absent", "empty", "number", "bad-template", "unknown-key"],
)
def test_a_wrong_configuration_is_refused(config, found):
    assert mistakes(map_.TYPE, config) == found


def test_a_rule_may_set_values_only():
    assert map_.TYPE.overridable == {"values": Override.MERGE}


def test_an_item_that_can_not_be_rendered_is_an_internal_fault():
    config = {"items": {"a": '{{ fail "no" }}{{ .Subject.ID }}'}}

    with pytest.raises(Fault) as caught:
        run_straight(World().build(map_.TYPE, config).contextualize(identified()))

    assert caught.value.reason is Reason.INTERNAL


def test_items_are_rendered_to_texts_by_name():
    config = {
        "items": {"who": "{{ .Subject.ID }}", "what": "{{ .Values.verb }} {{ .Outputs.a.b }}"},
        "values": {"verb": "{{ .Request.Method }}"},
    }
    known = identified(outputs={"a": {"b": 1}})

    output = run_straight(World().build(map_.TYPE, config).contextualize(known))

    assert output == {"who": "alice", "what": "GET 1"}
