"""Small pieces of Markdown."""

from collections.abc import Iterable, Sequence

NOTE = "<!-- Made from the code by `make docs`. Do not edit. -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table; bars within cells are escaped."""
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    """Returns text as inline code."""
    return f"`{text}`"


def page(title: str, *paragraphs: str) -> str:
    """Returns a page that says that it was made."""
    return "\n\n".join([f"# {title}", NOTE, *(p.strip("\n") for p in paragraphs if p)]) + "\n"
