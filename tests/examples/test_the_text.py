"""The YAML of the text runs as it stands there; only `forward_to` is added, since we proxy."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
SEEDS = REPOSITORY.parent / "shared" / "seeds"

SNIPPETS = [
    pytest.param("default-rule.yaml", "examples/blog-platform/edgeauth.yaml", id="default rule"),
    pytest.param("wiring-app-rules.yaml", "rules/wiring.yaml", id="wiring app rules"),
    pytest.param("articles-service-rules.yaml", "rules/articles.yaml", id="articles service rules"),
]


def without_forwarding(text: str) -> str:
    """Removes each forward_to with the lines that are indented below it."""
    return re.sub(r"^( +)forward_to:\n(?:\1 +.*\n)+", "", text, flags=re.MULTILINE)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def stands_in(snippet: list[str], text: list[str]) -> bool:
    length = len(snippet)
    return any(text[i : i + length] == snippet for i in range(len(text) - length + 1))


@pytest.mark.parametrize(("snippet", "file"), SNIPPETS)
def test_a_snippet_with_one_line_changed_is_not_found(snippet: str, file: str) -> None:
    changed = lines((DATA / snippet).read_text())
    changed[-2] += "x"

    assert not stands_in(changed, lines(without_forwarding((REPOSITORY / file).read_text())))


@pytest.mark.parametrize(("snippet", "file"), SNIPPETS)
def test_the_example_holds_each_snippet_of_the_text_line_by_line(snippet: str, file: str) -> None:
    expected = lines((DATA / snippet).read_text())

    assert stands_in(expected, lines(without_forwarding((REPOSITORY / file).read_text())))


@pytest.mark.parametrize(("snippet", "_file"), SNIPPETS)
def test_our_copies_of_the_snippets_are_those_of_the_text(snippet: str, _file: str) -> None:
    texts = sorted(SEEDS.glob("*.txt"))
    if not texts:
        pytest.skip("the text itself is not beside this repository; the copies are compared")

    expected = lines((DATA / snippet).read_text())

    assert any(stands_in(expected, lines(text.read_text("utf-8"))) for text in texts)
