"""What pydantic found, each thing once and pointing at a character."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from edgeauth.config.annotations import known_keys, models_at
from edgeauth.config.codes import Code
from edgeauth.config.errors import Problem, problem_at
from edgeauth.config.findings import Finding
from edgeauth.config.followed import Path, Place, follow
from edgeauth.config.nodes import Mapping, Node, Sequence
from edgeauth.config.specification import Moved, Specification
from edgeauth.config.spelling import did_you_mean, nearest, quoted
from edgeauth.config.wording import SHAPES, worded, wrong_shape


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
    name, models = str(location[-1]), models_at(model, location[:-1])
    moved = _moved(models, name)
    return nearest(name, known_keys(models)) if moved is None else moved.key


def _moved(models: Iterable[type[BaseModel]], name: str) -> Moved | None:
    found = (one.moved.get(name) for one in models if issubclass(one, Specification))
    return next((one for one in found if one is not None), None)


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
            error["type"] in SHAPES and follow(root, error["loc"]).path == site for error in errors
        )
    ]
    if fitting:
        return min(fitting, key=len)
    shapes = dict.fromkeys(
        SHAPES[error["type"]]
        for errors in branches.values()
        for error in errors
        if error["type"] in SHAPES
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
        message = f"missing key {quoted(str(location[-1]))}"
        yield problem_at(place.node, message, code=Code.MISSING_KEY)
    elif kind in SHAPES or kind == "shape":
        keys = known_keys(models_at(model, location))
        yield wrong_shape(follow(root, location), SHAPES.get(kind, error["msg"]), keys)
    else:
        yield worded(follow(root, location), error)


def _unknown_key(model: type[BaseModel], root: Node, location: Path) -> Problem:
    place = follow(root, location[:-1])
    name = str(location[-1])
    node = place.node.key(name) if isinstance(place.node, Mapping) else place.node
    models = models_at(model, location[:-1])
    for one in models:
        reason = getattr(one, "refused", {}).get(name)
        if reason is not None:
            return problem_at(node, f"{quoted(name)} is {reason}", code=Code.UNSUPPORTED_KEY)
    moved = _moved(models, name)
    if moved is not None:
        return problem_at(node, f"{quoted(name)} is {moved.words}", code=Code.UNSUPPORTED_KEY)
    known = known_keys(models)
    return problem_at(
        node,
        f"unknown key {quoted(name)}",
        suggestion=did_you_mean(name, known),
        expected=f"known keys: {', '.join(known)}",
        code=Code.UNKNOWN_KEY,
    )


def _found(place: Place, finding: Finding) -> Problem:
    deeper = follow(place.node, finding.path)
    node = deeper.key if finding.on_key and deeper.key is not None else deeper.shown
    return problem_at(
        node,
        finding.message,
        suggestion=finding.hint,
        offset=finding.offset,
        code=finding.code,
    )
