"""Globs of path conditions, as the reference's library reads them, made linear-time patterns.

`*` stands for any run without a slash, `**` for any run, `?` for one character that is no slash,
`[abc]`, `[a-z]` and `[!a-z]` for one of a class, `{one,two}` for alternatives, which may hold
globs; a backslash takes the next character as it is, in a class as well. The whole value has to
match.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import re2

from edgeauth.expressions.patterns import compile_re2

_LONGEST: Final = 1024
_DEEPEST: Final = 8


class GlobError(ValueError):
    """Raised for a text that is no glob.

    Args:
        message: one sentence in lower case.
        offset: characters from the beginning of the text.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@lru_cache(maxsize=4096)
def compile_glob(
    text: str, separator: str = "/", *, ignore_case: bool = False
) -> Callable[[str], bool]:
    """Returns a test for values that match the whole glob.

    Args:
        text: the glob.
        separator: what stands where this module says "slash": `.` for hosts.
        ignore_case: whether `A` and `a` are the same, as they are in hosts.

    Raises:
        GlobError: points at the character that is wrong.
    """
    if len(text) > _LONGEST:
        raise GlobError("the glob is too long", _LONGEST)
    flags = "(?is)" if ignore_case else "(?s)"
    pattern = compile_re2(rf"{flags}\A(?:{_Translation(text, separator).pattern()})\z")
    return lambda value: pattern.search(value) is not None


class _Translation:
    """Reads a glob from left to right and writes an RE2 pattern."""

    def __init__(self, text: str, separator: str) -> None:
        self._text = text
        self._other = f"[^{separator}]"
        self._at = 0
        self._open: list[int] = []

    def pattern(self) -> str:
        parts: list[str] = []
        while self._at < len(self._text):
            parts.append(self._next())
        if self._open:
            raise GlobError("this brace is never closed", self._open[-1])
        return "".join(parts)

    def _next(self) -> str:
        character = self._text[self._at]
        self._at += 1
        match character:
            case "*":
                return self._star()
            case "?":
                return self._other
            case "[":
                return self._class()
            case "{":
                return self._begin_alternatives()
            case "," if self._open:
                return "|"
            case "}" if self._open:
                self._open.pop()
                return ")"
            case "\\":
                return self._escaped()
            case _:
                return str(re2.escape(character))

    def _star(self) -> str:
        if self._text.startswith("*", self._at):
            self._at += 1
            return ".*"
        return f"{self._other}*"

    def _begin_alternatives(self) -> str:
        if len(self._open) == _DEEPEST:
            raise GlobError("braces are nested too deeply", self._at - 1)
        self._open.append(self._at - 1)
        return "(?:"

    def _escaped(self) -> str:
        if self._at == len(self._text):
            raise GlobError("a backslash at the end escapes nothing", self._at - 1)
        self._at += 1
        return str(re2.escape(self._text[self._at - 1]))

    def _class(self) -> str:
        begin = self._at - 1
        negated = self._text.startswith("!", self._at)
        self._at += negated
        ranges: list[str] = []
        while not self._text.startswith("]", self._at):
            ranges.append(self._range(begin))
        if not ranges:
            raise GlobError("this class is empty", begin)
        self._at += 1
        return f"[{'^' if negated else ''}{''.join(ranges)}]"

    def _range(self, begin: int) -> str:
        """Returns the next range of a class; a single character is the range up to itself."""
        place = self._at
        first = last = self._member(begin)
        # A hyphen before the closing bracket stands for itself.
        if self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at):
            self._at += 1
            last = self._member(begin)
        if first > last:
            raise GlobError("this range is the wrong way round", place)
        return f"{re2.escape(first)}-{re2.escape(last)}"

    def _member(self, begin: int) -> str:
        self._at += self._text.startswith("\\", self._at)
        if self._at >= len(self._text):
            raise GlobError("this class is never closed", begin)
        self._at += 1
        return self._text[self._at - 1]
