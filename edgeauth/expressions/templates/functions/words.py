"""Functions on words and lines: cases of names, wrapping, shortening. Widths count octets.

A word is a run of capitals, a capital with what follows it, small letters, digits, or anything
else of one sort; hyphens, underscores and blanks connect words.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.strings import SPACES, lower, octet_length, upper
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.limits import MAX_ITEMS, MAX_OUTPUT

_CONNECTORS: Final = re.compile(f"[-_{SPACES}]+")
_WORDS: Final = re.compile("[cd]+|p[pd]*|u+(?=ua)|ua+|u+|a+|n+|o+")
_IDEOGRAPHS: Final = (range(0x3400, 0x4D86), range(0x4E00, 0x9FCD), range(0x20000, 0x2B81E))


def _snake_case(text: str) -> str:
    return _connected(text, "_")


def _kebab_case(text: str) -> str:
    return _connected(text, "-")


def _connected(text: str, connector: str) -> str:
    kinds = "".join(map(_kind, text))
    words = [
        (match.group()[0].replace("d", "c"), text[slice(*match.span())])
        for match in _WORDS.finditer(kinds)
    ]
    parts: list[str] = []
    sorts = "".join(kind for kind, _ in words)
    for (kind, word), separated in zip(words, _separations(sorts), strict=True):
        if kind == "c":
            parts.append(connector * len(word))
        else:
            parts.append(lower(word) if kind == "u" else word)
        parts.append(connector if separated else "")
    return "".join(parts)


def _separations(kinds: str) -> Iterator[bool]:
    """Tells of each word whether a connector comes after it.

    Digits belong to the word before them, or to the small letters after them: then those, and all
    letters and digits up to the next word, are one.
    """
    absorbing = False
    for position, kind in enumerate(kinds):
        following = kinds[position + 1 : position + 2]
        begins = position == 0 or kinds[position - 1] in "cp"
        absorbing = (absorbing and kind in "an") or (
            kind == "n" and (begins or kinds[position + 1 : position + 2] == "a")
        )
        if following in ("", "c", "p") or kind in "cp":
            yield False
        elif absorbing:
            yield following not in "an"
        else:
            yield following != "n" or kinds[position + 2 : position + 3] == "a"


def _kind(character: str) -> str:
    if character in "-_":
        return "d"
    if character in SPACES:
        return "c"
    category = unicodedata.category(character)
    if category == "Lu":
        return "u"
    if category[0] == "L":
        return "o" if any(ord(character) in block for block in _IDEOGRAPHS) else "a"
    return {"P": "p", "N": "n"}.get(category[0], "o")


def _camel_case(text: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _CONNECTORS.finditer(text):
        parts.append(_capitalized(text[end : match.start()]))
        within = match.start() > 0 and match.end() < len(text)
        parts.append(match.group()[: -1 if within else None])
        end = match.end()
    return "".join([*parts, _capitalized(text[end:])])


def _capitalized(word: str) -> str:
    """Returns a word with its first letter large and, if it was, the capitals after it small."""
    end = 0
    while end < len(word) and word[end].isupper():
        end += 1
    return upper(word[:1]) + lower(word[1:end]) + word[max(end, 1) :]


def _wrap(width: int, text: str) -> str:
    return _wrapped(width, "\n", text, cut=False)


def _wrap_with(width: int, separator: str, text: str) -> str:
    return _wrapped(width, separator or "\n", text, cut=True)


def _wrapped(width: int, separator: str, text: str, *, cut: bool) -> str:
    """Breaks lines at the last blank that fits; longer words are cut, or stay as they are."""
    data, width = text.encode("utf-8", "replace"), max(width, 1)
    lines: list[bytes] = []
    start = 0
    while len(data) - start > width:
        if data[start] == 0x20:
            start += 1
            continue
        blank = data.rfind(b" ", start, start + width + 1)
        if blank < 0 and not cut:
            blank = data.find(b" ", start + width)
            if blank < 0:
                break
        end = start + width if blank < 0 else blank
        lines.append(data[start:end])
        start = end if blank < 0 else blank + 1
        if len(lines) > MAX_ITEMS or len(lines) * len(separator) > MAX_OUTPUT:
            raise EvaluationError("wrap: too many lines")
    lines.append(data[start:])
    return separator.join(line.decode("utf-8", "replace") for line in lines)


def _abbreviate(width: int, text: str) -> str:
    return _abbreviated(0, width, text)


def _abbreviated(offset: int, width: int, text: str) -> str:
    """Returns so many octets of a text from about an offset, with dots for what is left out."""
    if width < 4 or (offset > 0 and width < 7):
        return text
    length = octet_length(text)
    if length <= width:
        return text
    data = text.encode("utf-8", "replace")
    kept = width - 3
    offset = min(offset, length - kept)
    if offset <= 4:
        shown = data[:kept] + b"..."
    elif offset + kept < length:
        shown = b"..." + data[offset : offset + kept - 3] + b"..."
    else:
        shown = b"..." + data[length - kept :]
    return shown.decode("utf-8", "replace")


STRING, INT = Kind.STRING, Kind.INT
FUNCTIONS = (
    Function("snakecase", (STRING,), _snake_case, STRING),
    Function("kebabcase", (STRING,), _kebab_case, STRING),
    Function("camelcase", (STRING,), _camel_case, STRING),
    Function("wrap", (INT, STRING), _wrap, STRING),
    Function("wrapWith", (INT, STRING, STRING), _wrap_with, STRING),
    Function("abbrev", (INT, STRING), _abbreviate, STRING),
    Function("abbrevboth", (INT, INT, STRING), _abbreviated, STRING),
)
