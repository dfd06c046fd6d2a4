"""Regular expressions: RE2 syntax, in linear time."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

import re2

from edgeauth.expressions.errors import EvaluationError, ExpressionError
from edgeauth.expressions.patterns import MAX_PATTERN, compile_short
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.limits import MAX_OUTPUT
from edgeauth.expressions.templates.syntax import Literal, Operand
from edgeauth.expressions.templates.values import Strings

MAX_MATCHES: Final = 10_000
"""Matches of one pattern in one text."""

MAX_SEARCHED: Final = 64 * 1024
"""Characters of a text in which all matches are looked for."""

_REFERENCE: Final = re.compile(r"\$(?:(\$)|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})")
_META: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")


def check_pattern(operand: Operand) -> None:
    """Checks a constant pattern.

    Raises:
        ExpressionError: it is no regular expression.
    """
    if isinstance(operand, Literal) and isinstance(operand.value, str):
        try:
            _compiled(operand.value)
        except EvaluationError as error:
            raise ExpressionError(str(error), operand.offset) from None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re2._Regexp":
    return compile_short(pattern, max_memory=1 << 20)


def _readable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _search(pattern: str, text: str) -> "re2._Match | None":
    return _compiled(pattern).search(_readable(text))


def _all_matches(pattern: str, text: str) -> Iterator["re2._Match"]:
    """Yields the matches from the left, without empty ones that touch the match before."""
    if len(text) > MAX_SEARCHED:
        raise EvaluationError("the text is too long for this regular expression function")
    end = -1
    for count, match in enumerate(_compiled(pattern).finditer(text)):
        if count == MAX_MATCHES:
            raise EvaluationError("the regular expression matches too often")
        if match.start() != match.end() or match.start() != end:
            yield match
        end = match.end()


def _match(pattern: str, text: str) -> bool:
    return _search(pattern, text) is not None


def _find(pattern: str, text: str) -> str:
    match = _search(pattern, text)
    return "" if match is None else str(match.group())


def _find_all(pattern: str, text: str, count: int) -> Strings:
    found = Strings()
    for match in _all_matches(pattern, _readable(text)):
        if len(found) == count:
            break
        found.append(match.group())
    return found


def _split(pattern: str, text: str, count: int) -> Strings:
    text = _readable(text)
    if count == 0:
        return Strings()
    if pattern and not text:
        return Strings([""])
    pieces = Strings()
    start = end = 0
    for match in _all_matches(pattern, text):
        if count > 0 and len(pieces) == count - 1:
            break
        end = match.start()
        if match.end() != 0:
            pieces.append(text[start:end])
        start = match.end()
    if end != len(text):
        pieces.append(text[start:])
    return pieces


def _replaced(pattern: str, text: str, replacement: Callable[["re2._Match"], str]) -> str:
    text = _readable(text)
    parts: list[str] = []
    position = length = 0
    for match in _all_matches(pattern, text):
        parts += (text[position : match.start()], replacement(match))
        length += len(parts[-1])
        if length > MAX_OUTPUT:
            raise EvaluationError("the replaced text is too long")
        position = match.end()
    parts.append(text[position:])
    return "".join(parts)


def _replace_all(pattern: str, text: str, replacement: str) -> str:
    return _replaced(pattern, text, lambda match: _expanded(replacement, match))


def _replace_all_literal(pattern: str, text: str, replacement: str) -> str:
    return _replaced(pattern, text, lambda _match: replacement)


def _expanded(replacement: str, match: "re2._Match") -> str:
    """Fills in `$1`, `$name` and `${name}`; what the pattern does not have is empty."""

    def group(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        if name.isdigit():
            number = int(name) if len(name) < 4 else MAX_PATTERN
            return str(match.group(number) or "") if number <= match.re.groups else ""
        index = match.re.groupindex.get(name)
        return "" if index is None else str(match.group(index) or "")

    return _REFERENCE.sub(group, replacement)


def _quote_meta(text: str) -> str:
    return _META.sub(lambda match: "\\" + match.group(), text)


STRING, INT, BOOL = Kind.STRING, Kind.INT, Kind.BOOL
_TWO, _THREE = (STRING, STRING), (STRING, STRING, STRING)
_COUNTED = (STRING, STRING, INT)
FUNCTIONS = (
    *(Function(n, _TWO, _match, BOOL, pattern=True) for n in ("regexMatch", "mustRegexMatch")),
    *(Function(n, _TWO, _find, STRING, pattern=True) for n in ("regexFind", "mustRegexFind")),
    *(Function(n, _COUNTED, _find_all, pattern=True) for n in ("regexFindAll", "mustRegexFindAll")),
    *(Function(n, _COUNTED, _split, pattern=True) for n in ("regexSplit", "mustRegexSplit")),
    *(
        Function(n, _THREE, _replace_all, STRING, pattern=True)
        for n in ("regexReplaceAll", "mustRegexReplaceAll")
    ),
    *(
        Function(n, _THREE, _replace_all_literal, STRING, pattern=True)
        for n in ("regexReplaceAllLiteral", "mustRegexReplaceAllLiteral")
    ),
    Function("regexQuoteMeta", (STRING,), _quote_meta, STRING),
)
