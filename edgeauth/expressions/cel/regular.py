"""Regular expressions of conditions: RE2, in linear time, compiled at load."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import re2

from edgeauth.expressions.cel.values import MAX_CHARACTERS
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.patterns import compile_short

_DIGITS: Final = frozenset("0123456789")
_SPECIAL: Final = frozenset(r"\.+*?()|[]{}^$")


class Pattern:
    """A compiled regular expression.

    Attributes:
        test: tells whether a text holds a match. Patterns without operators are looked for
            directly, which is twenty times quicker than asking the engine.
        groups: how many groups it has.
    """

    __slots__ = ("_engine", "groups", "test")

    def __init__(self, pattern: str) -> None:
        self._engine = compile_short(pattern)
        self.groups: int = self._engine.groups
        self.test: Callable[[str], bool] = _plain(pattern) or self._search

    def _search(self, text: str) -> bool:
        return self._engine.search(_octets(text)) is not None

    def first(self, text: str) -> str:
        """Returns the first match; empty when there is none."""
        found = self._engine.search(_octets(text))
        return "" if found is None else found.group().decode()

    def every(self, text: str) -> list[str]:
        """Returns all matches that do not overlap, from left to right."""
        return [found.group().decode() for found in self.matches(text)]

    def matches(self, text: str) -> Iterator["re2.Match[bytes]"]:
        """Yields all matches that do not overlap; their groups are octets of UTF-8."""
        octets = _octets(text)
        for found in self._engine.finditer(octets):
            # An empty match may stand between two octets of one character: there is none.
            start = found.start()
            if start == len(octets) or octets[start] & 0xC0 != 0x80:
                yield found

    def replace(self, text: str, replacement: str, count: int) -> str:
        """Returns the text with matches replaced.

        Args:
            text: what is looked at.
            replacement: instead of each match; a backslash and a digit stand for a group.
            count: how many matches; negative for all.
        """
        parts = _template(replacement, self.groups)
        octets = _octets(text)
        found: list[bytes] = []
        position = size = 0
        for match in self.matches(text) if count else ():
            for part in (
                octets[position : match.start()],
                *(match[part] or b"" if isinstance(part, int) else part for part in parts),
            ):
                found.append(part)
                size += len(part)
            position = match.end()
            count -= 1
            if size > MAX_CHARACTERS:
                raise EvaluationError("regex.replace: the result is too long")
            if count == 0:
                break
        return b"".join((*found, octets[position:])).decode()


_REFERENCE: Final = re.compile(r"\\(.?)", re.DOTALL)


def _template(replacement: str, groups: int) -> list[bytes | int]:
    parts: list[bytes | int] = []
    for place, text in enumerate(_REFERENCE.split(replacement)):
        if place % 2 == 0:
            parts.append(_octets(text))
        elif text == "\\":
            parts.append(b"\\")
        elif text in _DIGITS and int(text) <= groups:
            parts.append(int(text))
        else:
            raise EvaluationError("regex.replace: no such group")
    return parts


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
