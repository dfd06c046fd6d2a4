"""The functions of conditions: one module per library, all of them tables of `Overload`.

`FUNCTIONS` and `METHODS` are all there is; the reference pages are made from them.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from edgeauth.expressions.cel.functions import (
    conversions,
    encoders,
    lists,
    mathematics,
    networking,
    optional,
    reference,
    regex,
    sets,
    standard,
    strings,
    times,
)
from edgeauth.expressions.cel.functions.overload import Overload

LIBRARIES: Final[Mapping[str, tuple[Overload, ...]]] = {
    "standard": standard.LIBRARY,
    "conversions": conversions.LIBRARY,
    "timestamps and durations": times.LIBRARY,
    "strings": strings.LIBRARY,
    "lists": lists.LIBRARY,
    "sets": sets.LIBRARY,
    "math": mathematics.LIBRARY,
    "encoders": encoders.LIBRARY,
    "regex": regex.LIBRARY,
    "optional values": optional.LIBRARY,
    "network addresses": networking.LIBRARY,
    "reference": reference.LIBRARY,
}
"""By the name of the library, in the order of the reference pages."""


def _by_name(rows: Iterable[Overload]) -> Mapping[str, tuple[Overload, ...]]:
    found: dict[str, tuple[Overload, ...]] = {}
    for row in rows:
        found[row.name] = (*found.get(row.name, ()), row)
    return found


_ROWS: Final = tuple(row for library in LIBRARIES.values() for row in library)
FUNCTIONS: Final = _by_name(row for row in _ROWS if not row.method)
"""Functions by name, those of a namespace with it: `size`, `math.abs`."""
METHODS: Final = _by_name(row for row in _ROWS if row.method)
"""Methods by name."""
NAMESPACES: Final = frozenset(name.partition(".")[0] for name in FUNCTIONS if "." in name)
"""What stands before the dot of a function, e.g. `math`."""
