"""What a template may cost: each limit ends in an error, never in a slow or a large answer."""

from typing import Final

MAX_TEXT: Final = 64 * 1024
"""Characters of a template's text."""

MAX_NESTING: Final = 64
"""Levels of blocks and parentheses in a text, of `template` calls, and of data that is printed."""

MAX_OUTPUT: Final = 1024 * 1024
"""Characters that one rendering, or one function call, may produce."""

MAX_ITEMS: Final = 100_000
"""Elements of a list that a function makes, and values that are visited to print or compare one."""

BUDGET: Final = 4 * 1024 * 1024
"""Units of work of one rendering: characters written or made, plus the fixed costs below."""

STEP_COST: Final = 32
"""Units for one action or function call, and for one turn of a loop."""
