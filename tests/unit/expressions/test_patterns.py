import pytest

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.patterns import MAX_PATTERN, compile_short


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("(", "not a regular expression", id="unfinished"),
        pytest.param("(?=a)", "not a regular expression", id="look-ahead"),
        pytest.param(r"(a)\1", "not a regular expression", id="back reference"),
        pytest.param("\ud800", "not a regular expression", id="half a character"),
        pytest.param("a" * (MAX_PATTERN + 1), "too long", id="too long"),
    ],
)
def test_what_is_no_short_pattern_of_re2_is_refused_without_a_word_on_the_log(
    text: str, message: str, capfd: pytest.CaptureFixture[str]
):
    with pytest.raises(EvaluationError, match=message):
        compile_short(text)

    assert capfd.readouterr().err == ""


def test_a_pattern_that_would_take_more_memory_than_is_given_is_refused():
    assert compile_short(r"\pL{1,200}")

    with pytest.raises(EvaluationError, match="not a regular expression"):
        compile_short(r"\pL{1,200}", max_memory=1 << 16)


def test_attack_168_what_takes_others_for_ever_takes_this_as_long_as_the_text():
    """With a search that goes back the first of them would outlast the universe."""
    text = "a" * 100_000

    assert compile_short("(a+)+$").search(text + "b") is None
    assert compile_short("(a|aa)+$").search(text + "b") is None
    assert compile_short("(.*)*x").search(text) is None


def test_the_longest_pattern_is_compiled():
    assert compile_short("a" * MAX_PATTERN).search("a" * MAX_PATTERN) is not None
