"""Comments that suppress findings."""

import pytest

from tests.unit.catalogue.lint.landscapes import codes, found_in

HEAD = 'version: "1alpha4"\nrules:\n  - id: a\n    match: {routes: [{path: /a}]}\n    execute:\n'
STEP = "      - contextualizer: opa"
LAST = "      - authorizer: allow\n"
IGNORE = "# edgeauth-lint: ignore[unused-output] the service counts visits"


GOOD = [
    pytest.param(f"{STEP}  {IGNORE}\n", id="on the line"),
    pytest.param(f"      {IGNORE}\n{STEP}\n", id="on the line above"),
    pytest.param(f"      {IGNORE}\n      # counted for invoices\n{STEP}\n", id="above a comment"),
    pytest.param(f"      #edgeauth-lint:ignore[unused-output] counts\n{STEP}\n", id="no blanks"),
    pytest.param(
        f"      {IGNORE.replace('output]', 'output, unused-mechanism]')}\n{STEP}\n", id="two codes"
    ),
]


@pytest.mark.parametrize("text", GOOD)
def test_a_finding_is_suppressed(text: str) -> None:
    assert codes(files=(HEAD + text + LAST,)) == []


BAD = [
    pytest.param(f"# edgeauth-lint: ignore[unused-output]\n{STEP}\n", "reason", id="no reason"),
    pytest.param(f"# edgeauth-lint: ignore[unused-outputs] a\n{STEP}\n", "unknown", id="unknown"),
    pytest.param(f"# edgeauth-lint: ignore[] a\n{STEP}\n", "no code", id="no code"),
    pytest.param(f"# edgeauth-lint: ignore a\n{STEP}\n", "no code", id="no brackets"),
    pytest.param(f"# edgeauth-lint: off\n{STEP}\n", "no code", id="another word"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_a_comment_that_is_none_suppresses_nothing_and_is_found(text: str, words: str) -> None:
    found = found_in(files=(HEAD + text + LAST,))

    assert [each.code.value for each in found] == ["bad-suppression", "unused-output"]
    assert words in found[0].problem.message


def test_a_misspelt_code_is_recognised() -> None:
    text = f"# edgeauth-lint: ignore[unused-outputs] a\n{STEP}\n"

    found = found_in(files=(HEAD + text + LAST,))

    assert found[0].problem.suggestion == 'did you mean "unused-output"?'


FAR = [
    pytest.param(f"      {IGNORE}\n\n{STEP}\n", id="a line between"),
    pytest.param(f"{STEP}\n      {IGNORE}\n", id="below"),
]


@pytest.mark.parametrize("text", FAR)
def test_a_comment_counts_for_its_own_line_and_the_next_one(text: str) -> None:
    assert sorted(codes(files=(HEAD + text + LAST,))) == ["unused-output", "unused-suppression"]


def test_a_suppression_of_another_kind_leaves_the_finding() -> None:
    text = f"# edgeauth-lint: ignore[http-endpoint] a\n{STEP}\n"

    assert sorted(codes(files=(HEAD + text + LAST,))) == ["unused-output", "unused-suppression"]


@pytest.mark.parametrize(
    "value", [f'"{IGNORE}"', f"|\n            {IGNORE}"], ids=["in quotes", "in a block"]
)
def test_a_text_is_no_comment(value: str) -> None:
    step = f"{STEP}\n        config:\n          payload: {value}\n"

    assert codes(files=(HEAD + step + LAST,)) == ["unused-output"]
