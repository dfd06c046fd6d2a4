"""How static types relate: what may stand where, and what two types have in common."""

from collections.abc import Iterable
from typing import Final

from edgeauth.expressions.types import DYN, INT, ListType, MapType, ObjectType, Type

NUMBERS: Final = frozenset({"int", "uint", "double"})
ORDERED: Final = frozenset(
    {"bool", "string", "bytes", "google.protobuf.Timestamp", "google.protobuf.Duration"}
)


def fits(actual: Type, wanted: Type) -> bool:
    """Returns whether a value of type `actual` may stand where `wanted` is; `dyn` fits all."""
    if actual.name == wanted.name or actual.name == "dyn" or wanted.name == "dyn":
        return True
    if isinstance(actual, ListType) and isinstance(wanted, ListType):
        return fits(actual.element, wanted.element)
    if isinstance(actual, MapType) and isinstance(wanted, MapType):
        return fits(actual.key, wanted.key) and fits(actual.value, wanted.value)
    return False


def is_certain(actual: Type, wanted: Type) -> bool:
    """Returns whether every value of type `actual` is one of `wanted`: nothing is left to test."""
    if wanted.name == "dyn" or actual.name == wanted.name:
        return True
    if isinstance(actual, ListType) and isinstance(wanted, ListType):
        return is_certain(actual.element, wanted.element)
    if isinstance(actual, MapType) and isinstance(wanted, MapType):
        return is_certain(actual.key, wanted.key) and is_certain(actual.value, wanted.value)
    return False


def are_comparable(left: Type, right: Type) -> bool:
    """Returns whether `left == right` makes sense: the types can be one, and are no objects."""
    if isinstance(left, ObjectType) or isinstance(right, ObjectType):
        return False
    return fits(left, right)


def common(types: Iterable[Type]) -> Type:
    """Returns the type that all have, else `dyn`."""
    first, *others = [*types] or [DYN]
    return first if all(other.name == first.name for other in others) else DYN


def key_of(source: Type) -> Type:
    """Returns the type of what the first of two variables names: an index, or a key."""
    if isinstance(source, ListType):
        return INT
    return source.key if isinstance(source, MapType) else DYN


def value_of(source: Type) -> Type:
    """Returns the type of what the second of two variables names."""
    if isinstance(source, ListType):
        return source.element
    return source.value if isinstance(source, MapType) else DYN


def element_of(source: Type) -> Type:
    """Returns the type of what a macro with one variable goes through: elements, or keys."""
    if isinstance(source, ListType):
        return source.element
    return source.key if isinstance(source, MapType) else DYN


def may_contain(element: Type, container: Type) -> bool:
    """Returns whether `element in container` makes sense."""
    if container.name in ("dyn", "networks"):
        return True
    if isinstance(container, ListType | MapType):
        return fits(element, element_of(container))
    return False


def are_ordered(left: Type, right: Type) -> bool:
    """Returns whether `left < right` makes sense."""
    if left.name == "dyn" or right.name == "dyn":
        return all(kind.name in NUMBERS | ORDERED | {"dyn"} for kind in (left, right))
    if left.name in NUMBERS:
        return right.name in NUMBERS
    return left.name in ORDERED and left.name == right.name
