"""Functions that look at the types of values; the names are Go's."""

from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.values import deep_equal, kind_name, type_name


def _type_is(name: str, value: object) -> bool:
    return type_name(value) == name


def _type_is_like(name: str, value: object) -> bool:
    return type_name(value) in (name, f"*{name}")


def _kind_is(name: str, value: object) -> bool:
    return kind_name(value) == name


ANY, STRING, BOOL = Kind.ANY, Kind.STRING, Kind.BOOL
FUNCTIONS = (
    Function("typeOf", (ANY,), type_name, STRING),
    Function("typeIs", (STRING, ANY), _type_is, BOOL),
    Function("typeIsLike", (STRING, ANY), _type_is_like, BOOL),
    Function("kindOf", (ANY,), kind_name, STRING),
    Function("kindIs", (STRING, ANY), _kind_is, BOOL),
    Function("deepEqual", (ANY, ANY), deep_equal, BOOL),
)
