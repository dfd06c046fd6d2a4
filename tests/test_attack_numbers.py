"""Every attack of the list has a test that is called after it, or a reason why it has none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
_NUMBERS = re.compile(r"attacks?[ :_-]+(\d{1,3}(?:(?:_and_|_|, | and )\d{2,3})*)(?!\d)")
_ROW = re.compile(r"\| (\d+) \| ([^|]+) \| ([^|]*)\|")


def called(path: Path) -> Iterator[str]:
    """Yields the names of a module of tests, and the texts that may be ids."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value if "\n" not in node.value else ""


def tried() -> set[int]:
    """Returns the numbers of the attacks that are tried."""
    texts = [text for path in TESTS.rglob("test_*.py") for text in called(path)]
    texts += [path.read_text("utf-8") for path in TESTS.rglob("*.yaml")]
    texts += [path.read_text("utf-8") for path in TESTS.rglob("mistakes/*.txt")]
    found = (numbers for text in texts for numbers in _NUMBERS.findall(text))
    return {int(number) for numbers in found for number in re.findall(r"\d+", numbers)}


def test_what_is_listed_is_tried_or_says_why_not():
    page = (TESTS / "attacks/README.md").read_text("utf-8")
    listed = {int(number): why.strip() for number, _, why in _ROW.findall(page)}
    numbers = tried()

    assert len(listed) > 100
    assert [each for each, why in listed.items() if not why and each not in numbers] == []
    assert [each for each, why in listed.items() if why and each in numbers] == []
