"""The pages of the documentation, and what is checked in them.

A comment before a fence says what stands in it: `<!-- check: configuration -->`. YAML that is not
checked has to say so: `<!-- check: nothing, because … -->`.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PUBLISHED = [page for page in PAGES if (ROOT / "docs/generated") not in page.parents]

_FENCE = re.compile(
    r"(?:<!-- check: (?P<mark>\w+)(?P<rest>[^>]*?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)


class Snippet(NamedTuple):
    """A fenced piece of a page."""

    page: Path
    line: int
    mark: str
    words: tuple[str, ...]
    language: str
    text: str

    @property
    def id(self) -> str:
        """Returns where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def snippets(mark: str | None = None) -> list[Snippet]:
    """Returns the snippets of all pages, or those with one mark."""
    found = [snippet for page in PUBLISHED for snippet in _of(page)]
    return [snippet for snippet in found if mark is None or snippet.mark == mark]


def _of(page: Path) -> list[Snippet]:
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(
            page,
            text.count("\n", 0, found.start()) + 1,
            found["mark"] or "",
            tuple((found["rest"] or "").split()),
            found["language"],
            found["text"],
        )
        for found in _FENCE.finditer(text)
    ]
