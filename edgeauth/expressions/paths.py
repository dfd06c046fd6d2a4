r"""Selectors: where in a JSON document something is, in the subset of GJSON paths that rules use.

`realm.roles`, `emails.0`, `emails.#`, `emails.#.value`, `emails.#(primary==true).value`,
`emails.#(value%"*@example.com")#`, `@this`. A dot inside a key is escaped: `https://a\.b/roles`.
Compiled at load; finding is linear in the size of the document.
Trust: documents are hostile; selectors come from the configuration.
"""

import re
from functools import lru_cache
from typing import Final

from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.path_steps import (
    MISSING,
    Found,
    Missing,
    Step,
    Test,
    all_matching,
    chained,
    comparison,
    count,
    exists,
    first_matching,
    member,
    pattern,
    projection,
    tested,
    whole,
)
from edgeauth.model.json import Json

__all__ = ["MISSING", "Found", "Missing", "Selector", "compile_selector"]

MAX_LENGTH: Final = 1024
"""Characters of a selector."""

MAX_NESTING: Final = 8
"""Queries within queries."""

MAX_COMPONENTS: Final = 64
"""Components of a selector, those of its queries included."""


class Selector:
    """A compiled selector.

    Attributes:
        text: what it was compiled from.
    """

    __slots__ = ("_step", "text")

    def __init__(self, text: str, step: Step) -> None:
        self.text = text
        self._step = step

    def find(self, document: Json) -> Found:
        """Returns what is at the selected place, or `MISSING`."""
        return self._step(document)

    def __repr__(self) -> str:
        return f"Selector({self.text!r})"


@lru_cache(maxsize=1024)
def compile_selector(text: str) -> Selector:
    """Compiles a selector.

    Raises:
        ExpressionError: the text is empty, too long, or uses what is not supported: modifiers
            other than `@this`, wildcards in keys, pipes, literals, multipaths.

    Source:
        The documented path syntax of tidwall/gjson.
    """
    if not text:
        raise ExpressionError("empty selector", 0, "@this selects the whole document")
    if len(text) > MAX_LENGTH:
        raise ExpressionError("the selector is too long", MAX_LENGTH, f"at most {MAX_LENGTH}")
    parser = _Parser(text)
    step = parser.path(0)
    if parser.position < len(text):
        raise parser.unexpected()
    return Selector(text, step)


_END_OF_KEY: Final = frozenset(".|*?")
_END_OF_QUERY_KEY: Final = frozenset(".|*?=!<>%() ")
_UNSUPPORTED: Final = {
    "@": "modifiers other than @this are not supported",
    "!": "literals are not supported",
    "{": "multipaths are not supported",
    "[": "multipaths are not supported",
}
_OPERATOR: Final = re.compile(r"==|=|!=|<=|<|>=|>|!%|%")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE: Final = re.compile(r"true|false|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class _Parser:
    """Reads a selector from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.components = 0

    def path(self, depth: int) -> Step:
        """Reads components up to the end, or within a query up to its operator."""
        self.components += 1
        if self.components > MAX_COMPONENTS:
            raise ExpressionError("the selector has too many components", self.position)
        if self._at("#"):
            return self._array(depth)
        step = self._component(depth)
        if not self._at("."):
            return step
        self.position += 1
        return chained(step, self.path(depth))

    def unexpected(self) -> ExpressionError:
        """Returns the refusal of the character at hand."""
        if self.position >= len(self.text):
            return ExpressionError("the selector ends too early", self.position)
        character = self.text[self.position]
        problem = {"|": "pipes are not supported", "*": "wildcards are not supported"}
        problem["?"] = problem["*"]
        message = problem.get(character, "unexpected character")
        return ExpressionError(message, self.position, f"write \\{character} for the character")

    def _at(self, text: str) -> bool:
        return self.text.startswith(text, self.position)

    def _component(self, depth: int) -> Step:
        start = self.position
        if self._at("@this"):
            self.position += len("@this")
            if self.position == len(self.text) or self.text[self.position] in ".)=!<>% ":
                return whole
            self.position = start
        problem = _UNSUPPORTED.get(self.text[start : start + 1])
        if problem is not None:
            raise ExpressionError(problem, start, f"write \\{self.text[start]} for the character")
        key = self._key(_END_OF_QUERY_KEY if depth else _END_OF_KEY)
        if not key:
            raise self.unexpected()
        literal = "\\" in self.text[start : self.position]
        return member(key, None if literal else _index(key))

    def _key(self, ends: frozenset[str]) -> str:
        characters: list[str] = []
        while self.position < len(self.text) and self.text[self.position] not in ends:
            if self._at("\\"):
                self.position += 1
                if self.position == len(self.text):
                    raise ExpressionError("nothing to escape", self.position - 1)
            characters.append(self.text[self.position])
            self.position += 1
        return "".join(characters)

    def _array(self, depth: int) -> Step:
        """Reads `#`, `#(...)` or `#(...)#`, and what follows."""
        self.position += 1
        if not self._at("("):
            return projection(self._rest(depth)) if self._at(".") else count
        start = self.position
        if depth == MAX_NESTING:
            raise ExpressionError("queries are nested too deeply", start)
        self.position += 1
        matches = self._query(depth + 1)
        if not self._at(")"):
            raise ExpressionError("the query is not closed", self.position, "expected )")
        self.position += 1
        every = self._at("#")
        self.position += every
        rest = self._rest(depth) if self._at(".") else whole
        return all_matching(matches, rest) if every else first_matching(matches, rest)

    def _rest(self, depth: int) -> Step:
        self.position += 1
        return self.path(depth)

    def _query(self, depth: int) -> Step:
        self._skip_blanks()
        step: Step | None = None
        if not _OPERATOR.match(self.text, self.position):
            step = self.path(depth)
            self._skip_blanks()
        sign = _OPERATOR.match(self.text, self.position)
        if sign is None:
            return tested(step or whole, exists)
        self.position = sign.end()
        self._skip_blanks()
        test = self._test(sign.group())
        self._skip_blanks()
        return tested(step, test)

    def _test(self, sign: str) -> Test:
        start = self.position
        quoted = _STRING.match(self.text, start)
        bare = _BARE.match(self.text, start)
        if quoted is not None:
            self.position = quoted.end()
            if sign in ("%", "!%"):
                return pattern(quoted[1], negated=sign == "!%")
            return comparison(sign, re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL))
        if bare is None or sign in ("%", "!%"):
            hint = 'a string in double quotes, e.g. "x"'
            raise ExpressionError("a query compares with a constant", start, hint)
        self.position = bare.end()
        return comparison(sign, bare.group())

    def _skip_blanks(self) -> None:
        while self._at(" "):
            self.position += 1


def _index(key: str) -> int | None:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 10 else None
