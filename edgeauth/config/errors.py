"""What is wrong with a configuration: every problem at once, each pointing at a character."""

from collections.abc import Iterable
from dataclasses import dataclass
from re import compile as pattern
from types import TracebackType
from typing import Self

from edgeauth.config.codes import Code
from edgeauth.config.excerpts import MASK, excerpt
from edgeauth.config.nodes import (
    Mapping,
    Node,
    Position,
    Scalar,
    Source,
    Substituted,
    position,
)
from edgeauth.config.places import place_of
from edgeauth.config.spelling import quoted

_LONGEST_MESSAGE = 400
_PASSWORD = pattern(r"(?<=:/)/?[^/@\s\"']*:[^/@\s\"']*(?=@)")
_BOLD, _RED, _CYAN, _OFF = "\033[1m", "\033[1;31m", "\033[36m", "\033[0m"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    Attributes:
        file: the name of the file, or a phrase that names a variable of the environment.
        line: counted from 1; 0 when there is no line to speak of.
        column: counted from 1.
        message: one sentence in lower case without a full stop; holds no secret.
        expected: what could stand there, e.g. `expected a duration such as 10s, 5m`.
        suggestion: what was probably meant, e.g. `did you mean "google"?`.
        source_line: the line as it may be shown, secrets masked; empty when it may not.
        caret: where in `source_line` the mark begins, counted from 0.
        width: how many characters are marked.
        code: the kind of the problem.
        end_column: the column after the last marked character; 0 when that is not told, because
            secrets of the line are hidden.
    """

    file: str
    line: int
    column: int
    message: str
    expected: str = ""
    suggestion: str = ""
    source_line: str = ""
    caret: int = 0
    width: int = 1
    code: Code = Code.WRONG_VALUE
    end_column: int = 0


class ConfigurationError(Exception):
    """Raised for a text that can not be accepted; `str()` of it shows every problem.

    Args:
        problems: at least one; kept once each, in the order of files and lines.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems = tuple(sorted(unique, key=lambda one: (one.file, one.line, one.column)))
        super().__init__(self.problems)

    def __str__(self) -> str:
        return render_problems(self.problems, colour=False)


class Collector:
    """Gathers the problems of several steps; entered as a context, it keeps what one raises."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    @property
    def found(self) -> tuple[Problem, ...]:
        """Returns what was gathered so far."""
        return tuple(self._problems)

    def add(self, problem: Problem) -> None:
        """Keeps a problem."""
        self._problems.append(problem)

    def raise_any(self) -> None:
        """Raises all problems kept so far, if there are any.

        Raises:
            ConfigurationError: holds all of them.
        """
        if self._problems:
            raise ConfigurationError(self._problems)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, ConfigurationError):
            self._problems.extend(error.problems)
            return True
        return False


def problem_at(
    node: Node,
    message: str,
    *,
    expected: str = "",
    suggestion: str = "",
    offset: int | None = None,
    code: Code = Code.WRONG_VALUE,
) -> Problem:
    """Returns a problem that points at a node, or at a character of it.

    Args:
        node: a key or a value.
        message: one sentence in lower case.
        expected: what could stand there.
        suggestion: what was probably meant.
        offset: for a scalar: characters from the beginning of its value.
        code: the kind of the problem.
    """
    if offset is not None and isinstance(node, Scalar):
        place, width = place_of(node, offset), 1
    else:
        place, width = position(node), _width(node)
    if isinstance(node, Substituted):
        message = _as_written(message, node)
    return problem_in(
        node.source,
        place,
        message,
        expected=expected,
        suggestion=suggestion,
        width=width,
        code=code,
    )


def problem_in(  # noqa: PLR0913  (most by keyword)
    source: Source,
    place: Position,
    message: str,
    *,
    expected: str = "",
    suggestion: str = "",
    width: int = 1,
    code: Code = Code.WRONG_VALUE,
) -> Problem:
    """Returns a problem that points at a place of a text."""
    message = _fit(message)
    if not source.quotable:
        return Problem(source.file, 0, 0, message, expected, suggestion, code=code)
    shown = excerpt(source, place.line, place.column)
    marked = max(1, min(width, len(shown.line) - shown.caret))
    hidden = shown.line != source.line(place.line)
    return Problem(
        source.file,
        place.line,
        place.column,
        message,
        expected,
        suggestion,
        shown.line,
        shown.caret,
        marked,
        code,
        0 if hidden else place.column + marked,
    )


def _as_written(message: str, node: Substituted) -> str:
    """Returns a message about a value with variables, which quotes them and not their values."""
    if isinstance(node.value, str):
        message = message.replace(quoted(node.value), quoted(node.text))
    if not node.unset:
        return message
    several = len(node.unset) > 1
    names = ("variables " if several else "variable ") + ", ".join(node.unset)
    return f"{message} (the {names} {'are' if several else 'is'} not set)"


def _fit(message: str) -> str:
    """Returns a message that is not too long, without passwords of URLs in place of names."""
    masked = _PASSWORD.sub(MASK, message)
    return masked if len(masked) <= _LONGEST_MESSAGE else f"{masked[:_LONGEST_MESSAGE]}…"


def _width(node: Node) -> int:
    if isinstance(node, Mapping):
        first = next(map(node.key, node.entries), None)
        begins = first is not None and first.begin == node.begin
        return _width(first) if first is not None and begins else 1
    if not isinstance(node, Scalar) or node.style in ("|", ">"):
        return 1
    # Of a text over several lines the first one is marked: the rest is cut by `problem_in`.
    return node.end - node.begin


def render_problems(problems: Iterable[Problem], colour: bool) -> str:  # noqa: FBT001  (one reading: on or off)
    """Returns all problems as text for people.

    Args:
        problems: shown in the given order.
        colour: whether the text goes to a terminal that shows colours.
    """
    return "\n".join(_render(problem, colour=colour) for problem in problems)


def _render(problem: Problem, *, colour: bool) -> str:
    bold, red, cyan, off = (_BOLD, _RED, _CYAN, _OFF) if colour else ("", "", "", "")
    place = f":{problem.line}:{problem.column}" if problem.line else ""
    head = f"{bold}{problem.file}{place}:{off} {problem.message}"
    advice = " ".join(part for part in (problem.suggestion, problem.expected) if part)
    if not problem.source_line:
        return f"{head}; {advice}" if advice else head
    number = f"{problem.line:>5}"
    marks = " " * problem.caret + red + "^" * problem.width + off
    return (
        f"{head}\n{number} | {problem.source_line}\n"
        f"{'':5} | {marks}{' ' + cyan + advice + off if advice else ''}"
    )
