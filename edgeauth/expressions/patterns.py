"""RE2 as every language of a rule uses it: linear time, and silent about what does not compile."""

import re2


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
