"""RE2 as every language of a rule uses it: linear time, and silent about what does not compile.

Trust: patterns of templates may be values of a request.
"""

from typing import Final

import re2

from edgeauth.expressions.errors import EvaluationError

MAX_PATTERN: Final = 1024
"""Longest pattern in an expression, in characters."""


def compile_re2(text: str, max_memory: int | None = None) -> "re2._Regexp":
    """Returns a compiled RE2 pattern.

    Args:
        text: RE2 syntax.
        max_memory: octets that the compiled program may take; RE2's own limit unless given.

    Raises:
        re2.error: it does not compile.
        UnicodeError: it holds half a character.
    """
    options = re2.Options()
    options.log_errors = False  # the caller says it better, and to the right person
    if max_memory is not None:
        options.max_mem = max_memory
    return re2.compile(text, options)


def compile_short(text: str, max_memory: int | None = None) -> "re2._Regexp":
    """Returns a compiled RE2 pattern that stands in an expression.

    Args:
        text: RE2 syntax, at most `MAX_PATTERN` characters.
        max_memory: octets that the compiled program may take; RE2's own limit unless given.

    Raises:
        EvaluationError: it is too long, or does not compile.
    """
    if len(text) > MAX_PATTERN:
        raise EvaluationError("the regular expression is too long")
    try:
        return compile_re2(text, max_memory)
    except (re2.error, UnicodeError):
        raise EvaluationError("not a regular expression (RE2)") from None
