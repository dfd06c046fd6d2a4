"""Which members of a variable a condition reads."""

import pytest

from edgeauth.expressions.cel import compile_condition
from edgeauth.expressions.cel.mentions import members_read
from edgeauth.expressions.objects import VARIABLES

SEEN = {name: VARIABLES[name] for name in ("Request", "Subject", "Outputs")}


@pytest.mark.parametrize(
    "text",
    [
        "size(Outputs) > 1",
        "Outputs[Subject.ID] == 1",
        "cel.bind(all, Outputs, all.a == 1)",
        "Subject.ID in Outputs",
        "Outputs.exists(name, name == 'a')",
    ],
)
def test_what_a_condition_reads_may_be_open(text: str) -> None:
    assert members_read(compile_condition(text, SEEN), "Outputs") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('Subject.ID == "Outputs"', set()),
        ('Outputs.a.b == 1 && Outputs["c"].d == true', {"a", "c"}),
        ('has(Outputs.a) || "b" in Outputs', {"a", "b"}),
        ("[1, 2].exists(i, Outputs.a == i)", {"a"}),
        ("Outputs.?a.orValue(1) == 1", {"a"}),
        ("Request.Method == 'GET' ? Outputs.a == 1 : Outputs.b == 1", {"a", "b"}),
    ],
)
def test_the_members_that_a_condition_reads_are_known(text: str, names: set[str]) -> None:
    assert members_read(compile_condition(text, SEEN), "Outputs") == names
