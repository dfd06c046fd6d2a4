"""Templates answer as Go with sprig answered; null stands for its refusal or error.

How the answers are recorded is in the README beside this file. `make test` needs no Go.
"""

import json
import re
from pathlib import Path

import pytest

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.templates.functions import FUNCTIONS
from tests.unit.expressions.templates.scopes import rendered

FOLDER = Path(__file__).parent
ANSWERS = {
    text: answer
    for cases in json.loads((FOLDER / "answers.json").read_text("utf-8")).values()
    for text, answer in cases
}
DIFFERENCES = {
    text: ours
    for cases in json.loads((FOLDER / "differences.json").read_text("utf-8")).values()
    for text, ours in cases
}
EXPECTED = ANSWERS | DIFFERENCES


def outcome(text: str) -> str | None:
    try:
        return rendered(text)
    except (ExpressionError, EvaluationError):
        return None


@pytest.mark.parametrize("text", [text for text, answer in EXPECTED.items() if answer is None])
def test_what_is_refused_is_refused(text):
    assert outcome(text) is None


@pytest.mark.parametrize(
    ("text", "answer"), [pair for pair in EXPECTED.items() if pair[1] is not None]
)
def test_a_template_renders_as_go_renders_it(text, answer):
    assert rendered(text) == answer


def test_every_case_is_recorded_and_every_difference_is_one():
    given = json.loads((FOLDER / "cases.json").read_text("utf-8"))["texts"]
    texts = [text for cases in given.values() for text in cases]

    assert len(texts) >= 600
    assert ANSWERS.keys() == set(texts)
    assert len(set(texts)) == len(texts)
    assert [text for text, ours in DIFFERENCES.items() if ANSWERS[text] == ours] == []


def test_every_function_has_a_case():
    called = {name for text in EXPECTED for name in re.findall(r"[A-Za-z_0-9]+", text)}

    assert sorted(FUNCTIONS.keys() - called) == []
