"""The extension library for regular expressions: RE2, in linear time, constant patterns.

Source:
    github.com/google/cel-go/ext, regex.
"""

from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.regular import Pattern, compile_pattern
from edgeauth.expressions.cel.values import NONE, OPTIONAL, Optional
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.types import INT, STRING, list_of


def _compile_for_extraction(text: str) -> Pattern:
    pattern = compile_pattern(text)
    if pattern.groups > 1:
        raise EvaluationError("the regular expression has more than one group")
    return pattern


def _extract(text: str, pattern: Pattern) -> Optional:
    for found in pattern.matches(text):
        content = found[pattern.groups]
        return Optional((content.decode(),)) if content or not pattern.groups else NONE
    return NONE


def _extract_all(text: str, pattern: Pattern) -> list[str]:
    contents = (found[pattern.groups] for found in pattern.matches(text))
    return [content.decode() for content in contents if content or not pattern.groups]


def _replace(text: str, pattern: Pattern, replacement: str, count: int = -1) -> str:
    return pattern.replace(text, replacement, count)


LIBRARY: Final = (
    Overload(
        "regex.extract",
        (STRING, STRING),
        OPTIONAL,
        _extract,
        "The group of the first match, or the match if the pattern has no group; none if neither.",
        prepare=_compile_for_extraction,
    ),
    Overload(
        "regex.extractAll",
        (STRING, STRING),
        list_of(STRING),
        _extract_all,
        "The groups of all matches, or the matches if the pattern has no group.",
        prepare=_compile_for_extraction,
    ),
    Overload(
        "regex.replace",
        (STRING, STRING, STRING),
        STRING,
        _replace,
        r"The text with all matches replaced; `\1` stands for the first group.",
        prepare=compile_pattern,
    ),
    Overload(
        "regex.replace",
        (STRING, STRING, STRING, INT),
        STRING,
        _replace,
        "The text with so many matches replaced; with all if the number is negative.",
        prepare=compile_pattern,
    ),
)
