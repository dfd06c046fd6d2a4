"""What pydantic says of one value, in plain words.

The texts name keys and kinds of values; a value itself is repeated only where it is one of a few
known words, and never a secret.
"""

from collections.abc import Callable
from re import findall

from pydantic_core import ErrorDetails

from edgeauth.config.codes import Code
from edgeauth.config.errors import Problem, problem_at
from edgeauth.config.followed import Place
from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence
from edgeauth.config.spelling import did_you_mean, quoted

SHAPES: dict[str, str] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "none_required": "nothing",
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a map"),
}
"""Types of errors that say: this is not even the right kind of value."""

_OLD_WORDS: dict[str, str] = {
    **dict.fromkeys(("yes", "on", "y", "true"), "write true"),
    **dict.fromkeys(("no", "off", "n", "false"), "write false"),
}
"""What YAML 1.1 took for truth values, and true and false in quotes."""


def wrong_shape(place: Place, wanted: str, keys: list[str]) -> Problem:
    """Returns the problem of a value that is not even of the right kind.

    Args:
        place: where the value is.
        wanted: what it should be: `a list`, `text or a map`.
        keys: of a map that is wanted; may be empty.
    """
    advice = ""
    if wanted == "a map" and keys:
        advice = f"expected a map with some of the keys {', '.join(keys)}"
    elif wanted == "a list":
        advice = "expected a list: a dash and a blank begin each entry"
    elif wanted == "text" and isinstance(place.node, Scalar) and place.node.value is not None:
        advice = "put it in quotes"
    elif wanted == "true or false" and isinstance(place.node, Scalar):
        advice = _OLD_WORDS.get(place.node.text.lower(), "")
    elif isinstance(place.node, Scalar) and place.node.style in ("'", '"'):
        advice = f"expected {wanted}; remove the quotes"
    return problem_at(
        place.shown,
        f"{place.subject} is {_kind(place.node)}, not {wanted}",
        expected=advice,
        code=Code.WRONG_TYPE,
    )


def _kind(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a map"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "empty"
    names = {str: "text", bool: "a truth value", int: "a whole number", float: "a fraction"}
    return names[type(node.value)]


def _one_of(place: Place, error: ErrorDetails) -> Problem:
    # pydantic writes the alternatives as 'a', 'b' or 'c'.
    known = findall(r"'([^']*)'", str(error["ctx"]["expected"]))
    expected = f"expected {'one of ' * (len(known) > 1)}{', '.join(known)}"
    value = place.node.value if isinstance(place.node, Scalar) else None
    name = place.key.text if place.key is not None else "value"
    if not isinstance(value, str):
        message = f"{place.subject} is {_kind(place.node)}, not text"
        return problem_at(place.shown, message, expected=expected, code=Code.WRONG_TYPE)
    return problem_at(
        place.shown,
        f"unknown {name} {quoted(value)}",
        suggestion=did_you_mean(value, known),
        expected=expected,
    )


def _unknown_tag(place: Place, error: ErrorDetails) -> Problem:
    name = str(error["ctx"]["discriminator"]).strip("'")
    entries = place.node.entries if isinstance(place.node, Mapping) else {}
    node = entries.get(name)
    if node is None:
        return problem_at(place.node, f"missing key {quoted(name)}", code=Code.MISSING_KEY)
    known = findall(r"'([^']*)'", str(error["ctx"].get("expected_tags", "")))
    expected = f"expected one of {', '.join(known)}"
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        message = f"{quoted(name)} is {_kind(node)}, not text"
        shown = place.node.key(name) if isinstance(place.node, Mapping) else node
        return problem_at(shown, message, expected=expected, code=Code.WRONG_TYPE)
    return problem_at(
        node,
        f"unknown {name} {quoted(node.value)}",
        suggestion=did_you_mean(node.value, known),
        expected=expected,
    )


def _too_short(place: Place, error: ErrorDetails) -> Problem:
    least = _counted(error, "min_length")
    empty = isinstance(place.node, Sequence) and not place.node.items
    empty = empty or (isinstance(place.node, Scalar) and not place.node.text)
    message = f"{place.subject} is {'empty' if empty else 'too short'}"
    return problem_at(place.shown, message, expected=f"expected at least {least}")


def _too_long(place: Place, error: ErrorDetails) -> Problem:
    message = f"{place.subject} is too long"
    return problem_at(
        place.shown, message, expected=f"expected at most {_counted(error, 'max_length')}"
    )


def _counted(error: ErrorDetails, limit: str) -> str:
    """Returns a limit with what it counts."""
    number = error["ctx"][limit]
    one, several = "entry", "entries"
    if error["type"].startswith("string"):
        one, several = "character", "characters"
    return f"{number} {one if number == 1 else several}"


def _out_of_range(place: Place, error: ErrorDetails) -> Problem:
    limits = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    (name, bound), *_ = error["ctx"].items()
    message = f"{place.subject} is out of range"
    return problem_at(place.shown, message, expected=f"expected {limits.get(name, '')} {bound}")


def _expected(place: Place, error: ErrorDetails) -> Problem:
    message = f"wrong value for {place.subject}"
    return problem_at(place.shown, message, expected=f"expected {error['ctx']['phrase']}")


def _expression(place: Place, error: ErrorDetails) -> Problem:
    context = error["ctx"]
    hint, offset = str(context.get("hint", "")), context.get("offset")
    return problem_at(
        place.shown,
        str(context["message"]),
        suggestion=hint,
        offset=offset,
        code=Code.EXPRESSION,
    )


def _value_error(place: Place, error: ErrorDetails) -> Problem:
    return problem_at(place.shown, f"wrong value for {place.subject}: {error['ctx']['error']}")


def _other(place: Place, error: ErrorDetails) -> Problem:
    message = error["msg"][:1].lower() + error["msg"][1:]
    return problem_at(place.shown, f"wrong value for {place.subject}: {message}")


_WORDS: dict[str, Callable[[Place, ErrorDetails], Problem]] = {
    "literal_error": _one_of,
    "enum": _one_of,
    "union_tag_invalid": _unknown_tag,
    "union_tag_not_found": _unknown_tag,
    "too_short": _too_short,
    "string_too_short": _too_short,
    "too_long": _too_long,
    "string_too_long": _too_long,
    "greater_than_equal": _out_of_range,
    "greater_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "expected": _expected,
    "expression": _expression,
    "value_error": _value_error,
}


def worded(place: Place, error: ErrorDetails) -> Problem:
    """Returns the problem that a validation error amounts to.

    Args:
        place: where the error is.
        error: as pydantic lists it; of a type that says something of one value.
    """
    return _WORDS.get(error["type"], _other)(place, error)
