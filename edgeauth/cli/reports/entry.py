"""One thing to report, whoever found it."""

from dataclasses import dataclass
from enum import StrEnum

from edgeauth.config.codes import MEANINGS
from edgeauth.config.errors import Problem


class Level(StrEnum):
    """How bad it is; the values are those of SARIF."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Entry:
    """A problem, and what is known of its kind.

    Attributes:
        problem: what is wrong and where.
        level: how bad it is.
        code: the name of its kind.
        why: why it matters, in a sentence or a phrase.
        mend: what to do about it; empty when the problem says so itself.
    """

    problem: Problem
    level: Level
    code: str
    why: str
    mend: str = ""


def entry_of(problem: Problem) -> Entry:
    """Returns a problem that makes edgeauth refuse a text."""
    return Entry(problem, Level.ERROR, problem.code.value, MEANINGS[problem.code])


def advice_of(entry: Entry) -> str:
    """Returns what was meant or expected, and what to do, in one line."""
    problem = entry.problem
    return "; ".join(part for part in (problem.suggestion, problem.expected, entry.mend) if part)
