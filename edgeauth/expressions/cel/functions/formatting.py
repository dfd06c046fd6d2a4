"""`format`: texts with verbs, filled in from a list.

Source:
    github.com/google/cel-go/ext, strings, format; the cases of cel-spec `string_ext`.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from edgeauth.expressions.cel.functions.conversions import string_from_double
from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.values import MAX_CHARACTERS, MAX_ELEMENTS, TypeValue, from_key
from edgeauth.expressions.errors import EvaluationError

_VERB: Final = re.compile(r"%(?:%|(?:\.([0-9]{1,4}))?(.)?)", re.DOTALL)
_MAX_PRECISION: Final = 1000
_MAX_DEPTH: Final = 64
_SPECIAL: Final = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def fill(text: str, values: list[object]) -> str:
    """Returns the text with each verb replaced by the next value.

    Raises:
        EvaluationError: a verb is unknown, does not fit its value, or has none.
    """
    parts: list[str] = []
    position = used = size = 0
    for verb in _VERB.finditer(text):
        parts.append(text[position : verb.start()])
        position = verb.end()
        if verb.group() == "%%":
            parts.append("%")
            continue
        if used >= len(values):
            raise EvaluationError("format: fewer values than verbs")
        parts.append(_verb(verb[2] or "", verb[1], values[used]))
        used += 1
        size += len(parts[-1])
        if size > MAX_CHARACTERS:
            raise EvaluationError("format: the result is too long")
    return "".join((*parts, text[position:]))


def _verb(verb: str, precision: str | None, value: object) -> str:
    if verb == "s":
        return _Writer().text(value, 0)
    if verb in ("f", "e"):
        return _decimal(verb, 6 if precision is None else int(precision), value)
    special = _special(value)
    if verb == "d" and special:
        return special
    if verb == "d" and isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    if verb in ("b", "o") and isinstance(value, int) and (verb == "b" or type(value) is not bool):
        return f"{int(value):{verb}}"
    if verb in ("x", "X"):
        return _hexadecimal(verb, value)
    raise EvaluationError("format: the verb is unknown or does not take this type")


def _special(value: object) -> str:
    return _SPECIAL.get(str(value), "") if isinstance(value, float) else ""


def _decimal(verb: str, precision: int, value: object) -> str:
    if precision > _MAX_PRECISION:
        raise EvaluationError("format: the precision is too large")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvaluationError("format: the verb does not take this type")
    return _special(value) or f"{value:.{precision}{verb}}"


def _hexadecimal(verb: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{int(value):{verb}}"
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    if not isinstance(value, bytes):
        raise EvaluationError("format: the verb does not take this type")
    return value.hex() if verb == "x" else value.hex().upper()


class _Writer:
    """One `%s`, with a limit: shared parts of lists and maps can be exponentially many."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_ELEMENTS

    def text(self, value: object, depth: int) -> str:
        self.left -= 1
        if depth > _MAX_DEPTH or self.left < 0:
            raise EvaluationError("format: the value is too large")
        if isinstance(value, list | tuple):
            return f"[{_joined(self.text(item, depth + 1) for item in value)}]"
        if isinstance(value, Mapping):
            entries = sorted(
                f"{self.text(from_key(key), depth + 1)}: {self.text(item, depth + 1)}"
                for key, item in value.items()
            )
            return f"{{{_joined(entries)}}}"
        return _scalar(value)


def _joined(parts: Iterable[str]) -> str:
    found: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + 2
        if size > MAX_CHARACTERS:
            raise EvaluationError("format: the result is too long")
        found.append(part)
    return ", ".join(found)


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _special(value) or string_from_double(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Timestamp | Duration):
        return value.text()
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, str):
        return value
    raise EvaluationError("format: the verb does not take this type")
