"""Findings for people: the place, what is there, why it matters, how to mend it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from textwrap import fill
from typing import Final

from edgeauth.cli.reports.entry import Entry, Level
from edgeauth.config.errors import render_problems

_WIDTH: Final = 98


def render(entries: Sequence[Entry], *, colour: bool) -> str:
    """Returns all findings, and how many there are.

    Args:
        entries: in the order of files and lines.
        colour: whether the text goes to a terminal that shows colours.
    """
    told = set[str]()
    shown: list[str] = []
    for entry in entries:
        message = f"{entry.level.value}: {entry.problem.message} [{entry.code}]"
        lines = [render_problems([replace(entry.problem, message=message)], colour=colour)]
        if entry.code not in told:
            told.add(entry.code)
            lines += [_indented("why: ", entry.why), _indented("mend:", entry.mend)]
        shown.append("\n".join(lines) + "\n")
    return "\n".join([*shown, _counted(entries)])


def _indented(word: str, text: str) -> str:
    return fill(text, _WIDTH, initial_indent=f"      {word} ", subsequent_indent=" " * 12)


def _counted(entries: Sequence[Entry]) -> str:
    counts = Counter(entry.level for entry in entries)
    if not counts:
        return "nothing to complain about"
    parts = [
        f"{counts[level]} {level.value}{'s' if counts[level] != 1 else ''}"
        for level in (Level.WARNING, Level.NOTE)
        if counts[level]
    ]
    return ", ".join(parts)
