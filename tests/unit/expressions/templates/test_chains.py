"""What members of data are, whose shape is known only when a request is there."""

from types import MappingProxyType

import pytest

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.templates import compile_template

NAMES = {"Outputs": VARIABLES["Outputs"]}
OUTPUTS = {
    "step": {
        "nil": None,
        "text": "abc",
        "list": ["a", "b"],
        "map": {"a": {"b": "found"}},
        "view": MappingProxyType({"a": {"b": "found"}}),
    }
}


def rendered(chain: str) -> str:
    return compile_template(f"{{{{ {chain} }}}}", NAMES).render({"Outputs": OUTPUTS})


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        (".Outputs.step.nil.a", 'nil has no member "a"'),
        (".Outputs.step.text.a", 'a string has no member "a"'),
        (".Outputs.step.list.a", 'a []interface {} has no member "a"'),
        (".Outputs.step.map.a.b.c", 'a string has no member "c"'),
    ],
)
def test_what_is_no_map_has_no_members(chain, message):
    with pytest.raises(EvaluationError) as caught:
        rendered(chain)

    assert caught.value.detail == message


@pytest.mark.parametrize(
    ("chain", "text"),
    [
        (".Outputs.other", "<no value>"),
        (".Outputs.other.a.b", "<no value>"),
        (".Outputs.step.map.other.b", "<no value>"),
        (".Outputs.step.nil", "<no value>"),
        (".Outputs.step.map.a.b", "found"),
        (".Outputs.step.view.a.b", "found"),
        (".Outputs.step.list", "[a b]"),
    ],
)
def test_what_a_map_does_not_have_is_nil(chain, text):
    assert rendered(chain) == text
