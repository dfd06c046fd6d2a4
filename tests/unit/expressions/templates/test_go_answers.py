"""What Go 1.26 with sprig 3 answered for each text; null stands for its refusal or error."""

import pytest

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from tests.unit.expressions.templates.scopes import RECORDED, rendered

_CASES = [tuple(case) for case in RECORDED["cases"]]


@pytest.mark.parametrize("text", [text for text, answer in _CASES if answer is None])
def test_what_go_refuses_is_refused(text):
    with pytest.raises((ExpressionError, EvaluationError)):
        rendered(text)


@pytest.mark.parametrize(
    ("text", "answer"), [(text, answer) for text, answer in _CASES if answer is not None]
)
def test_a_template_renders_as_go_renders_it(text, answer):
    assert rendered(text) == answer
