"""The functions that every condition has: sizes, texts, types.

Source:
    CEL language definition, section "List of Standard Definitions".
"""

import operator
from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.regular import Pattern, compile_pattern
from edgeauth.expressions.cel.values import LIST, MAP, type_of
from edgeauth.expressions.types import BOOL, BYTES, DYN, INT, STRING, TYPE


def _same(value: object) -> object:
    return value


def _matches(text: str, pattern: Pattern) -> bool:
    return pattern.test(text)


_SIZES: Final = (
    (STRING, "The number of characters (Unicode code points)."),
    (BYTES, "The number of octets."),
    (LIST, "The number of elements."),
    (MAP, "The number of keys."),
)
_MATCH: Final = "Whether the text holds a match of the regular expression (RE2, a constant)."

LIBRARY: Final = (
    *(Overload("size", (kind,), INT, len, text) for kind, text in _SIZES),
    *(Overload("size", (kind,), INT, len, text, method=True) for kind, text in _SIZES),
    Overload(
        "contains",
        (STRING, STRING),
        BOOL,
        operator.contains,
        "Whether the other text stands somewhere in this one.",
        method=True,
    ),
    Overload(
        "startsWith",
        (STRING, STRING),
        BOOL,
        str.startswith,
        "Whether this text begins with the other.",
        method=True,
    ),
    Overload(
        "endsWith",
        (STRING, STRING),
        BOOL,
        str.endswith,
        "Whether this text ends with the other.",
        method=True,
    ),
    Overload(
        "matches", (STRING, STRING), BOOL, _matches, _MATCH, method=True, prepare=compile_pattern
    ),
    Overload("matches", (STRING, STRING), BOOL, _matches, _MATCH, prepare=compile_pattern),
    Overload("type", (DYN,), TYPE, type_of, "The type of a value."),
    Overload("dyn", (DYN,), DYN, _same, "The same value, with its type left to the evaluation."),
)
