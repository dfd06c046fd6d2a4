"""The extension library for texts: positions are code points, from 0 on.

Source:
    github.com/google/cel-go/ext, strings.
"""

from typing import Final

from edgeauth.expressions.cel.functions.formatting import fill
from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.values import LIST, MAX_CHARACTERS, MAX_ELEMENTS
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import INT, STRING, list_of

_STRINGS: Final = list_of(STRING)
# Unicode White_Space, as Go has it; Python would strip the separators U+001C to U+001F, too.
_BLANKS: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_QUOTED: Final = str.maketrans(
    {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
    | {"\\": r"\\", '"': r"\""}
)


def _character(text: str, position: int) -> str:
    if not 0 <= position <= len(text):
        raise EvaluationError("charAt: out of range")
    return text[position : position + 1]


def _index(text: str, part: str, start: int = 0) -> int:
    if not 0 <= start <= len(text):
        raise EvaluationError("indexOf: out of range")
    return text.find(part, start)


def _last_index(text: str, part: str) -> int:
    return text.rfind(part)


def _last_index_before(text: str, part: str, position: int) -> int:
    if not 0 <= position <= len(text):
        raise EvaluationError("lastIndexOf: out of range")
    return text.rfind(part, 0, position + len(part))


def _join(parts: list[str], separator: str = "") -> str:
    if sum(map(len, parts)) + len(separator) * len(parts) > MAX_CHARACTERS:
        raise EvaluationError("join: the result is too long")
    return separator.join(parts)


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator:
        found = text.split(separator, limit - 1 if limit > 0 else -1)
    elif 0 < limit < len(text):
        found = [*text[: limit - 1], text[limit - 1 :]]
    else:
        found = list(text)
    if len(found) > MAX_ELEMENTS:
        raise EvaluationError("split: the result is too long")
    return found


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    count = text.count(old) if limit < 0 else min(text.count(old), limit)
    if len(text) + count * len(new) > MAX_CHARACTERS:
        raise EvaluationError("replace: the result is too long")
    return text.replace(old, new, max(limit, -1))


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= stop <= len(text):
        raise EvaluationError("substring: out of range")
    return text[start:stop]


def _quote(text: str) -> str:
    return f'"{text.translate(_QUOTED)}"'


LIBRARY: Final = (
    Overload("charAt", (STRING, INT), STRING, _character, "One character.", method=True),
    Overload("indexOf", (STRING, STRING), INT, _index, "Where a part begins, or -1.", method=True),
    Overload(
        "indexOf",
        (STRING, STRING, INT),
        INT,
        _index,
        "Where a part begins, from a position on, or -1.",
        method=True,
    ),
    Overload(
        "lastIndexOf",
        (STRING, STRING),
        INT,
        _last_index,
        "Where a part begins for the last time, or -1.",
        method=True,
    ),
    Overload(
        "lastIndexOf",
        (STRING, STRING, INT),
        INT,
        _last_index_before,
        "Where a part begins for the last time, at a position or before it, or -1.",
        method=True,
    ),
    Overload("join", (_STRINGS,), STRING, _join, "All texts as one.", method=True),
    Overload("join", (_STRINGS, STRING), STRING, _join, "All texts with a separator.", method=True),
    Overload(
        "split", (STRING, STRING), _STRINGS, _split, "The parts between separators.", method=True
    ),
    Overload(
        "split",
        (STRING, STRING, INT),
        _STRINGS,
        _split,
        "At most so many parts between separators; all when negative.",
        method=True,
    ),
    Overload(
        "replace",
        (STRING, STRING, STRING),
        STRING,
        _replace,
        "The text with each occurrence replaced.",
        method=True,
    ),
    Overload(
        "replace",
        (STRING, STRING, STRING, INT),
        STRING,
        _replace,
        "The text with so many occurrences replaced; all when negative.",
        method=True,
    ),
    Overload(
        "substring", (STRING, INT), STRING, _substring, "All from a position on.", method=True
    ),
    Overload(
        "substring",
        (STRING, INT, INT),
        STRING,
        _substring,
        "What stands between two positions.",
        method=True,
    ),
    Overload(
        "trim",
        (STRING,),
        STRING,
        lambda text: text.strip(_BLANKS),
        "The text without blanks at its ends.",
        method=True,
    ),
    Overload(
        "lowerAscii",
        (STRING,),
        STRING,
        lambda text: text.translate(_LOWER),
        "The text with `A` to `Z` in lower case.",
        method=True,
    ),
    Overload(
        "upperAscii",
        (STRING,),
        STRING,
        lambda text: text.translate(_UPPER),
        "The text with `a` to `z` in upper case.",
        method=True,
    ),
    Overload(
        "reverse", (STRING,), STRING, lambda text: text[::-1], "The text backwards.", method=True
    ),
    Overload(
        "format",
        (STRING, LIST),
        STRING,
        fill,
        "The text with `%s %d %f %e %b %o %x %X` filled in from a list.",
        method=True,
    ),
    Overload("strings.quote", (STRING,), STRING, _quote, "The text as a literal."),
)
