"""What can be told at load: members that do not exist, arguments that can never fit."""

from collections.abc import Iterable

from edgeauth.config.spelling import did_you_mean
from edgeauth.expressions.errors import ExpressionError
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.kinds import TIME, VERSION
from edgeauth.expressions.templates.syntax import Literal, Name, Nil, Operand
from edgeauth.expressions.types import (
    BOOL,
    DOUBLE,
    DYN,
    INT,
    STRING,
    ListType,
    MapType,
    ObjectType,
    Type,
)

TYPES: dict[Kind, Type] = {
    Kind.STRING: STRING,
    Kind.INT: INT,
    Kind.FLOAT: DOUBLE,
    Kind.BOOL: BOOL,
    Kind.ANY: DYN,
    Kind.MAP: DYN,
    Kind.TIME: TIME,
    Kind.VERSION: VERSION,
}
"""The static type of what a function gives."""


def hint(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Returns what may have been meant by an unknown name, or what there is."""
    names = [prefix + candidate for candidate in sorted(known)]
    close = did_you_mean(prefix + name, names)
    if close or len(names) > 12:
        return close
    return f"there is {', '.join(names)}" if names else ""


def unknown_member(kind: Type, name: Name) -> ExpressionError:
    """Returns the refusal of a member that a type does not have."""
    if isinstance(kind, ObjectType):
        known = [*kind.fields, *kind.methods]
        return ExpressionError(
            f'{kind.name} has no member "{name.text}"', name.offset, hint(name.text, known, ".")
        )
    return ExpressionError(f'a {kind.name} has no member "{name.text}"', name.offset)


def check_count(function: Function, count: int, offset: int) -> None:
    """Checks that a function may be called with so many arguments.

    Raises:
        ExpressionError: it may not.
    """
    if not function.accepts(count):
        raise ExpressionError(
            f'function "{function.name}" does not take {count}', offset, f"takes {function.takes()}"
        )


def check_literal(operand: Operand, kind: Kind, place: str) -> None:
    """Checks that a constant can stand for a parameter.

    Raises:
        ExpressionError: a constant that Go would not convert.
    """
    if isinstance(operand, Nil):
        fits = kind in (Kind.ANY, Kind.MAP)
    elif isinstance(operand, Literal):
        fits = _literal_fits(operand, kind)
    else:
        return
    if not fits:
        raise ExpressionError(f"wrong constant for {place}", operand.offset, f"a {kind.value}")


def _literal_fits(literal: Literal, kind: Kind) -> bool:
    value = literal.value
    if kind is Kind.ANY:
        return True
    if kind is Kind.STRING:
        return isinstance(value, str)
    if kind is Kind.BOOL:
        return isinstance(value, bool)
    if kind is Kind.INT:
        return literal.whole is not None and -(2**63) <= literal.whole < 2**63
    return kind is Kind.FLOAT and isinstance(value, (int, float)) and not isinstance(value, bool)


def check_type(known: Type, kind: Kind, offset: int, place: str) -> bool:
    """Checks a static type against a parameter.

    Returns:
        Whether the value needs no check at run time.

    Raises:
        ExpressionError: the value can never fit.
    """
    if kind is Kind.ANY or (kind is not Kind.MAP and known is TYPES[kind]):
        return True
    if known.name == "dyn" or known.name == "scope":
        return False
    if kind is Kind.MAP and isinstance(known, MapType):
        return False
    raise ExpressionError(f"wrong type for {place}", offset, f"a {kind.value}, not {known.name}")


def element_type(kind: Type) -> Type:
    """Returns what is known of the elements of a value."""
    if isinstance(kind, ListType):
        return kind.element
    return optional(kind.value) if isinstance(kind, MapType) else DYN


def optional(kind: Type) -> Type:
    """Returns what is known of a value that may also be missing."""
    return kind if isinstance(kind, (ListType, MapType)) else DYN
