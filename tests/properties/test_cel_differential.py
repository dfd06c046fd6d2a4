"""The conditions beside another engine: both fail, or both have the same value.

The other engine is no dependency; `make oracles` puts it into `.oracles`. How many expressions are
compared is said by `CEL_EXAMPLES`, which `make fuzz` sets to 100 000. What it answered to four
thousand of them is recorded in `tests/oracle/cel/` and compared in every run.
"""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.cel.engine import FOLDER, other_engine
from tests.oracle.cel.grammar import EXPRESSIONS, REFUSED, ours

if not FOLDER.is_dir():
    pytest.skip("make oracles", allow_module_level=True)

EXAMPLES = int(os.environ.get("CEL_EXAMPLES", "3000"))
theirs = other_engine()


@given(EXPRESSIONS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_say_the_same(text: str) -> None:
    mine, other = ours(text), theirs(text)

    if REFUSED in (mine, other):
        return  # each refuses more at load than the other in some places
    assert mine == other, text
