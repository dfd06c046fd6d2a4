"""What pydantic found, in plain words and pointing at a character."""

from collections.abc import Callable, Iterable, Iterator
from re import findall
from typing import NamedTuple, TypeAlias

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from edgeauth.config.annotations import known_keys, models_at
from edgeauth.config.errors import Problem, did_you_mean, nearest, problem_at, quoted
from edgeauth.config.findings import Finding
from edgeauth.config.nodes import Mapping, Node, Scalar, Sequence

_SHAPES: dict[str, str] = {
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

Path: TypeAlias = tuple[str | int, ...]


class Place(NamedTuple):
    """Where an error is, once its location has been followed through the tree.

    Attributes:
        path: the parts of the location that lead somewhere.
        labels: the others: branches of unions, and the key that is missing.
        node: what stands there.
        key: the key of the node; None for the root and for entries of a list.
    """

    path: Path
    labels: Path
    node: Node
    key: Scalar | None

    @property
    def shown(self) -> Node:
        """What to point at: the value, or its key when the value is empty."""
        return self.key if self.key is not None and self.node.begin == self.node.end else self.node

    @property
    def subject(self) -> str:
        """How a message calls the place: `"port"`, `entry 2 of "hosts"`."""
        words = ""
        for part in reversed(self.path):
            if isinstance(part, str):
                return words + quoted(part)
            words += f"entry {part + 1} of "
        return words + "the document"


def follow(node: Node, location: Path) -> Place:
    """Returns the place that a location leads to, as far as the tree goes."""
    path: list[str | int] = []
    labels: list[str | int] = []
    key: Scalar | None = None
    for part in location:
        if isinstance(node, Mapping) and isinstance(part, str) and part in node.entries:
            key, node = node.key(part), node.entries[part]
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            key, node = None, node.items[part]
        else:
            labels.append(part)
            continue
        path.append(part)
    return Place(tuple(path), tuple(labels), node, key)


def explain(model: type[BaseModel], root: Node, errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Returns the problems that validation errors amount to.

    Args:
        model: what was decoded.
        root: the node that it was decoded from.
        errors: as pydantic lists them.
    """
    grouped = _by_union(root, errors).items()
    chosen = [error for site, branches in grouped for error in _chosen(root, site, branches)]
    meant = {
        (*error["loc"][:-1], _nearest(model, error["loc"]))
        for error in chosen
        if error["type"] == "extra_forbidden"
    }
    problems: list[Problem] = []
    for error in chosen:
        if not _follows_from_another(root, error, meant):
            problems.extend(_explain_one(model, root, error))
    return problems


def _nearest(model: type[BaseModel], location: Path) -> str:
    known = known_keys(models_at(model, location[:-1]))
    return nearest(str(location[-1]), known)


def _follows_from_another(root: Node, error: ErrorDetails, meant: set[Path]) -> bool:
    """Tells a misspelt key's missing twin, and a list that is short of its bad entries only."""
    if error["type"] == "missing":
        return error["loc"] in meant
    node = follow(root, error["loc"]).node
    length = len(node.items) if isinstance(node, Sequence) else 0
    return error["type"] == "too_short" and length >= error["ctx"]["min_length"]


Branches: TypeAlias = dict[str | int, list[ErrorDetails]]


def _by_union(root: Node, errors: Iterable[ErrorDetails]) -> dict[Path, Branches]:
    """Groups errors by the union they happened in and by its branches, else by their place."""
    groups: dict[Path, Branches] = {}
    for error in errors:
        location = error["loc"]
        own = location[:-1] if error["type"] in ("missing", "extra_forbidden") else location
        labels = follow(root, own).labels
        site = location[: location.index(labels[0])] if labels else (*location, error["type"])
        groups.setdefault(site, {}).setdefault(labels[0] if labels else "", []).append(error)
    return groups


def _chosen(root: Node, site: Path, branches: Branches) -> list[ErrorDetails]:
    """Picks the branch that was most likely meant: of the right kind, with the fewest errors."""
    if len(branches) == 1:
        return next(iter(branches.values()))
    fitting = [
        errors
        for errors in branches.values()
        if not any(
            error["type"] in _SHAPES and follow(root, error["loc"]).path == site for error in errors
        )
    ]
    if fitting:
        return min(fitting, key=len)
    shapes = dict.fromkeys(
        _SHAPES[error["type"]]
        for errors in branches.values()
        for error in errors
        if error["type"] in _SHAPES
    )
    first = next(iter(branches.values()))[0]
    either = ErrorDetails(type="shape", loc=site, msg=" or ".join(shapes), input=None)
    return [either] if shapes else [first]


def _explain_one(model: type[BaseModel], root: Node, error: ErrorDetails) -> Iterator[Problem]:
    kind, location = error["type"], error["loc"]
    if kind == "extra_forbidden":
        yield _unknown_key(model, root, location)
    elif kind == "findings":
        for finding in error["ctx"]["findings"]:
            yield _found(follow(root, location), finding)
    elif kind == "missing":
        place = follow(root, location[:-1])
        yield problem_at(place.node, f"missing key {quoted(str(location[-1]))}")
    elif kind in _SHAPES or kind == "shape":
        keys = known_keys(models_at(model, location))
        yield _wrong_shape(follow(root, location), _SHAPES.get(kind, error["msg"]), keys)
    else:
        yield _words(kind)(follow(root, location), error)


def _unknown_key(model: type[BaseModel], root: Node, location: Path) -> Problem:
    place = follow(root, location[:-1])
    name = str(location[-1])
    node = place.node.key(name) if isinstance(place.node, Mapping) else place.node
    models = models_at(model, location[:-1])
    for one in models:
        reason = getattr(one, "refused", {}).get(name)
        if reason is not None:
            return problem_at(node, f"{quoted(name)} is {reason}")
    known = known_keys(models)
    return problem_at(
        node,
        f"unknown key {quoted(name)}",
        suggestion=did_you_mean(name, known),
        expected=f"known keys: {', '.join(known)}",
    )


def _found(place: Place, finding: Finding) -> Problem:
    deeper = follow(place.node, finding.path)
    node = deeper.key if finding.on_key and deeper.key is not None else deeper.shown
    return problem_at(node, finding.message, suggestion=finding.hint, offset=finding.offset)


def _wrong_shape(place: Place, wanted: str, keys: list[str]) -> Problem:
    advice = ""
    if wanted == "a map" and keys:
        advice = f"expected a map with some of the keys {', '.join(keys)}"
    elif wanted == "a list":
        advice = "expected a list: a dash and a blank begin each entry"
    elif wanted == "text" and isinstance(place.node, Scalar) and place.node.value is not None:
        advice = "put it in quotes"
    elif isinstance(place.node, Scalar) and place.node.style in ("'", '"'):
        advice = f"expected {wanted}; remove the quotes"
    return problem_at(
        place.shown, f"{place.subject} is {_kind(place.node)}, not {wanted}", expected=advice
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
    value = place.node.value if isinstance(place.node, Scalar) else None
    name = place.key.text if place.key is not None else "value"
    if not isinstance(value, str):
        message = f"{place.subject} is {_kind(place.node)}, not text"
        return problem_at(place.shown, message, expected=f"expected one of {', '.join(known)}")
    return problem_at(
        place.shown,
        f"unknown {name} {quoted(value)}",
        suggestion=did_you_mean(value, known),
        expected=f"expected one of {', '.join(known)}",
    )


def _too_short(place: Place, error: ErrorDetails) -> Problem:
    least = error["ctx"]["min_length"]
    noun = "character" if error["type"].startswith("string") else "entry"
    nouns = noun if least == 1 else {"character": "characters", "entry": "entries"}[noun]
    empty = isinstance(place.node, Sequence) and not place.node.items
    empty = empty or (isinstance(place.node, Scalar) and not place.node.text)
    message = f"{place.subject} is {'empty' if empty else 'too short'}"
    return problem_at(place.shown, message, expected=f"expected at least {least} {nouns}")


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
    return problem_at(place.shown, str(context["message"]), suggestion=hint, offset=offset)


def _value_error(place: Place, error: ErrorDetails) -> Problem:
    return problem_at(place.shown, f"wrong value for {place.subject}: {error['ctx']['error']}")


def _other(place: Place, error: ErrorDetails) -> Problem:
    message = error["msg"][:1].lower() + error["msg"][1:]
    return problem_at(place.shown, f"wrong value for {place.subject}: {message}")


_EXPLANATIONS: dict[str, Callable[[Place, ErrorDetails], Problem]] = {
    "literal_error": _one_of,
    "enum": _one_of,
    "too_short": _too_short,
    "string_too_short": _too_short,
    "greater_than_equal": _out_of_range,
    "greater_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "expected": _expected,
    "expression": _expression,
    "value_error": _value_error,
}


def _words(kind: str) -> Callable[[Place, ErrorDetails], Problem]:
    return _EXPLANATIONS.get(kind, _other)
