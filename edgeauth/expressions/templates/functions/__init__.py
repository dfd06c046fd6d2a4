"""The functions of templates: one table, by family, from which the documentation is made.

None reads files, the environment or the network, and none changes its arguments. Those that read
the clock or chance are marked as not pure.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from edgeauth.expressions.templates.functions import (
    arithmetic,
    builtins,
    chance,
    dates,
    defaults,
    dictionaries,
    encodings,
    lists,
    places,
    reflection,
    regular,
    strings,
    versions,
    words,
)
from edgeauth.expressions.templates.functions.table import Function

FAMILIES: Final[Mapping[str, tuple[Function, ...]]] = MappingProxyType(
    {
        "template": builtins.FUNCTIONS,
        "strings": strings.FUNCTIONS,
        "words": words.FUNCTIONS,
        "lists": lists.FUNCTIONS,
        "dictionaries": dictionaries.FUNCTIONS,
        "defaults": defaults.FUNCTIONS,
        "arithmetic": arithmetic.FUNCTIONS,
        "encodings": encodings.FUNCTIONS,
        "regular expressions": regular.FUNCTIONS,
        "paths and URLs": places.FUNCTIONS,
        "dates": dates.FUNCTIONS,
        "versions": versions.FUNCTIONS,
        "chance": chance.FUNCTIONS,
        "types": reflection.FUNCTIONS,
    }
)
"""Every function by family; `and` and `or` are part of the language."""

FUNCTIONS: Final[Mapping[str, Function]] = MappingProxyType(
    {function.name: function for family in FAMILIES.values() for function in family}
)
"""Every function by name."""
