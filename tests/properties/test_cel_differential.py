"""The conditions beside two other engines: both fail, or both have the same value.

The other engines are no dependencies; `make oracles` puts them into `.oracles`. How many
expressions are compared is said by `CEL_EXAMPLES` and, for the slow cel-python, by
`CEL_PYTHON_EXAMPLES`; `make fuzz` sets both, and shows how often it met each listed defect of
cel-python. What cel-expr-python answered to four thousand expressions is recorded in
`tests/oracle/cel/` and compared in every run.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.cel.engine import FOLDER, other_engine
from tests.oracle.cel.grammar import EXPRESSIONS, REFUSED, Formula, ours
from tests.oracle.cel.parting import DEFECTS, Comparison, defects_of, refuses

if not FOLDER.is_dir():
    pytest.skip("make oracles", allow_module_level=True)

EXAMPLES = int(os.environ.get("CEL_EXAMPLES", "3000"))
PYTHON_EXAMPLES = int(os.environ.get("CEL_PYTHON_EXAMPLES", "300"))
theirs = other_engine()
cel_python = Comparison()


@given(EXPRESSIONS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_say_the_same(text: str) -> None:
    mine, other = ours(text), theirs(text)

    if REFUSED in (mine, other):
        return  # each refuses more at load than the other in some places
    assert mine == other, text


def test_cel_python_differs_by_its_listed_defects_only() -> None:
    met: Counter[str] = Counter()

    @given(EXPRESSIONS)
    @settings(max_examples=PYTHON_EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def compare(formula: Formula) -> None:
        if refuses(formula):
            return
        parting = cel_python.parting(formula)
        names = defects_of(parting) if parting else ["the same"]
        assert len(names) == 1, f"{parting}: {names or 'not listed'}"
        met[names[0]] += 1

    compare()
    print(f"{met.total()} expressions compared with cel-python")
    for name, count in met.most_common():
        print(f"{count:8} {name}")


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect["name"])
def test_every_listed_defect_of_cel_python_is_still_there(defect: dict) -> None:
    assert defects_of(cel_python.parting(_formula(defect["example"]))) == [defect["name"]]


def _formula(example: list | str) -> Formula:
    if isinstance(example, str):
        return Formula(example)
    return Formula(example[0], *map(_formula, example[1:]))
