"""The functions that Go's text/template has itself; `and` and `or` are part of the compiler."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.format import NO_VALUE, text_of
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.pieces import Escaped
from edgeauth.expressions.templates.printf import sprintf
from edgeauth.expressions.templates.values import (
    Byte,
    Instance,
    is_integer,
    is_true,
    kind_name,
    type_name,
)
from edgeauth.expressions.types import ObjectType

_ORDERED = frozenset({"string", "float64", "int"})
_HTML = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"}
)
_JS = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "<": "\\u003C",
    ">": "\\u003E",
    "&": "\\u0026",
    "=": "\\u003D",
}


def comparison_kind(value: object) -> str:
    """Returns what decides whether two values compare: all integers are one kind."""
    return "int" if is_integer(value) else kind_name(value)


def equal(first: object, *others: object) -> bool:
    """Returns whether the first value equals any of the others; nil equals only nil."""
    if type(first) is str and len(others) == 1 and type(others[0]) is str:
        return first == others[0]
    kind = comparison_kind(first)
    found = False
    for other in others:
        if kind != comparison_kind(other):
            if first is not None and other is not None:
                raise EvaluationError(
                    f"incompatible types for comparison: {type_name(first)} and {type_name(other)}"
                )
        elif kind in ("map", "slice", "struct"):
            raise EvaluationError(f"values of type {type_name(other)} can not be compared")
        elif first == other:
            found = True
            break
    return found


def _not_equal(first: object, second: object) -> bool:
    return not equal(first, second)


def _less(first: object, second: object) -> bool:
    kind = comparison_kind(first)
    if kind != comparison_kind(second) or kind not in _ORDERED:
        raise EvaluationError(
            f"incompatible types for comparison: {type_name(first)} and {type_name(second)}"
        )
    return first < second  # type: ignore[operator, no-any-return]  # both of one ordered kind


def _less_or_equal(first: object, second: object) -> bool:
    return _less(first, second) or equal(first, second)


def _greater(first: object, second: object) -> bool:
    return not _less_or_equal(first, second)


def _greater_or_equal(first: object, second: object) -> bool:
    return not _less(first, second)


def _not(value: object) -> bool:
    return not is_true(value)


def _length(value: object) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))
    if isinstance(value, (Mapping, Sequence)):
        return len(value)
    raise EvaluationError("len of nil" if value is None else f"len of type {type_name(value)}")


def index(item: object, *keys: object) -> object:
    """Returns the element of a list, map or string, of that the next, and so on."""
    if item is None:
        raise EvaluationError("index of nil")
    for key in keys:
        item = _element(item, key)
    return item


def _element(item: object, key: object) -> object:
    if isinstance(item, Mapping):
        if not isinstance(key, str):
            raise EvaluationError(f"a map is indexed by a string, not by {type_name(key)}")
        return item.get(key)
    if item is None:
        raise EvaluationError("index of nil")
    if isinstance(item, Instance) and isinstance(key, str):
        return _named(item, key)
    if not isinstance(item, Sequence):
        raise EvaluationError(f"can not index an item of type {type_name(item)}")
    if not is_integer(key):
        raise EvaluationError(f"a list is indexed by an integer, not by {type_name(key)}")
    octets = item.encode("utf-8", "replace") if isinstance(item, str) else None
    if not 0 <= key < len(item if octets is None else octets):
        raise EvaluationError("index out of range")
    return item[key] if octets is None else Byte(octets[key])


def _named(item: Instance, name: str) -> object:
    """Returns a member that only some instances have, or nil: a principal of a subject."""
    others = item.type.others
    if others is None:
        raise EvaluationError(f"can not index an item of type {type_name(item)}")
    found = others.find(item.object, name)
    kind = others.type
    return Instance(kind, found) if isinstance(kind, ObjectType) and found is not None else found


def _print(*values: object) -> str:
    parts: list[str] = []
    for position, value in enumerate(values):
        before = values[position - 1] if position else ""
        if position and not isinstance(value, str) and not isinstance(before, str):
            parts.append(" ")
        parts.append(text_of(value))
    return "".join(parts)


def _print_line(*values: object) -> str:
    return " ".join(map(text_of, values)) + "\n"


def _joined(values: tuple[object, ...]) -> str:
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return _print(*(NO_VALUE if value is None else value for value in values))


def _html(*values: object) -> str:
    return _joined(values).translate(_HTML)


def _javascript(*values: object) -> str:
    return "".join(map(_javascript_character, _joined(values)))


def _javascript_character(character: str) -> str:
    if character in _JS:
        return _JS[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}"


def _url_query(*values: object) -> str:
    return query_escaped(_joined(values))


def query_escaped(text: str) -> Escaped:
    """Returns the text as it may stand in a query: a blank is `+`, the rest percent-encoded."""
    return Escaped(quote_plus(text, safe="", errors="replace"))


ANY, STRING, INT = Kind.ANY, Kind.STRING, Kind.INT
FUNCTIONS = (
    Function("eq", (ANY, ANY), equal, Kind.BOOL, more=ANY),
    Function("ne", (ANY, ANY), _not_equal, Kind.BOOL),
    Function("lt", (ANY, ANY), _less, Kind.BOOL),
    Function("le", (ANY, ANY), _less_or_equal, Kind.BOOL),
    Function("gt", (ANY, ANY), _greater, Kind.BOOL),
    Function("ge", (ANY, ANY), _greater_or_equal, Kind.BOOL),
    Function("not", (ANY,), _not, Kind.BOOL),
    Function("len", (ANY,), _length, INT),
    Function("index", (ANY,), index, more=ANY),
    Function("print", (), _print, STRING, more=ANY),
    Function("println", (), _print_line, STRING, more=ANY),
    Function("printf", (STRING,), sprintf, STRING, more=ANY),
    Function("html", (), _html, STRING, more=ANY),
    Function("js", (), _javascript, STRING, more=ANY),
    Function("urlquery", (), _url_query, STRING, more=ANY),
)
