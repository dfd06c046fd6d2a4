"""How much memory a fact takes, about: what it holds is walked through once, when it is kept.

Right within a factor of two for claims, answers and contracts (a test measures them). What many
facts share is left out: sets, which are configuration, and short names of members, of which the
reader of JSON keeps one each.
"""

from sys import getsizeof
from typing import Final

ENTRY_OCTETS: Final = 400
"""What a cache needs for an entry of its own: the entry, its key, and its places in the queues."""
_NUMBER_OCTETS: Final = 32
_TUPLE_OCTETS: Final = 56
_LONGEST_SHARED_NAME: Final = 32


def size_of(fact: object) -> int:
    """Returns about how many octets a fact takes, with all that it holds.

    Costs a third of a microsecond for each value in it.
    """
    kind = type(fact)
    if kind is str or kind is bytes:
        return getsizeof(fact)
    if kind is float or kind is int:
        return _NUMBER_OCTETS
    if fact is None or kind is bool or kind is frozenset:
        return 0
    if isinstance(fact, dict):
        return getsizeof(fact) + _members(fact)
    octets = _TUPLE_OCTETS
    if isinstance(fact, tuple) or kind is list:
        octets += 8 * len(fact)  # type: ignore[arg-type]  # a list or a tuple
        for item in fact:  # type: ignore[attr-defined]  # the same
            octets += size_of(item)
        return octets
    for name in getattr(kind, "__slots__", ()):
        octets += size_of(getattr(fact, name))
    return octets


def _members(fact: dict[object, object]) -> int:
    octets = 0
    for name, member in fact.items():
        # Most members are texts; asked here, they cost half.
        octets += getsizeof(member) if type(member) is str else size_of(member)
        if type(name) is not str or len(name) > _LONGEST_SHARED_NAME:
            octets += size_of(name)
    return octets
