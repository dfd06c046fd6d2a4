"""The mistakes that people make, and every word of what they are told.

The cases stand in `mistakes/`: a name, the text, and what is told about it.
"""

from pathlib import Path

import pytest

from edgeauth.config.errors import ConfigurationError
from edgeauth.config.read import read_configuration, read_rule_sets

MISTAKES = Path(__file__).parent / "mistakes"


def cases(file: str) -> list[object]:
    found = []
    for case in (MISTAKES / file).read_text().split("==== ")[1:]:
        name, _, rest = case.partition("\n")
        text, _, told = rest.partition("---- told\n")
        found.append(pytest.param(text, told.removesuffix("\n\n"), id=name))
    return found


@pytest.mark.parametrize(("text", "told"), cases("rules.txt"))
def test_a_mistake_in_a_rule_set_is_shown_where_it_is(text: str, told: str):
    with pytest.raises(ConfigurationError) as refused:
        read_rule_sets(text, "rules.yaml")

    assert str(refused.value) == told


@pytest.mark.parametrize(("text", "told"), cases("configuration.txt"))
def test_a_mistake_in_the_configuration_is_shown_where_it_is(text: str, told: str):
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(text, "edgeauth.yaml", {})

    assert str(refused.value) == told
