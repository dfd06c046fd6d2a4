"""The functions of templates: one table, by family, from which the documentation is made.

All are hermetic: none reads the machine, the network or a clock, and none changes its arguments.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edgeauth.expressions.templates.functions import (
    arithmetic,
    builtins,
    defaults,
    dictionaries,
    encodings,
    lists,
    reflection,
    regular,
    strings,
)
from edgeauth.expressions.templates.functions.table import Function

FAMILIES: Final[Mapping[str, tuple[Function, ...]]] = MappingProxyType(
    {
        "template": builtins.FUNCTIONS,
        "strings": strings.FUNCTIONS,
        "lists": lists.FUNCTIONS,
        "dictionaries": dictionaries.FUNCTIONS,
        "defaults": defaults.FUNCTIONS,
        "arithmetic": arithmetic.FUNCTIONS,
        "encodings": encodings.FUNCTIONS,
        "regular expressions": regular.FUNCTIONS,
        "types": reflection.FUNCTIONS,
    }
)
"""Every function by family; `and` and `or` are part of the language."""

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {function.name: function for family in FAMILIES.values() for function in family}
)
"""Every function by name."""
