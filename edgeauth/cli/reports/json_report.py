"""The JSON form: for scripts. Its shape is documented in `docs/validate.md` and only grows."""

import json
from collections.abc import Iterable

from edgeauth.cli.reports.entry import Entry

VERSION = 1
"""Changes when a program that reads the report would have to change."""


def render(entries: Iterable[Entry]) -> str:
    """Returns one JSON object with everything that was found."""
    found = [_object(entry) for entry in entries]
    return json.dumps({"version": VERSION, "problems": found}, indent=2)


def _object(entry: Entry) -> dict[str, object]:
    problem = entry.problem
    placed = problem.line > 0
    return {
        "level": entry.level.value,
        "code": entry.code,
        "file": problem.file,
        "line": problem.line if placed else None,
        "column": problem.column if placed else None,
        "end_column": problem.end_column or None,
        "message": problem.message,
        "expected": problem.expected,
        "suggestion": problem.suggestion,
        "why": entry.why,
        "mend": entry.mend,
    }
