"""What selectors are compiled to: steps through a document, and tests of its elements."""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias

import re2

from edgeauth.expressions.patterns import compile_re2
from edgeauth.model.json import Json


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""What a selector gives when there is nothing at its place; null is something."""

Found: TypeAlias = Json | Missing
Step: TypeAlias = Callable[[Json], Found]
Test: TypeAlias = Callable[[Found], bool]


def _is_list(value: Found) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _elements(value: Json) -> Sequence[Json] | None:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else None


def whole(document: Json) -> Found:
    """Returns the document itself."""
    return document


def member(key: str, index: int | None) -> Step:
    """Returns the step to a member of an object, or to an element of an array."""

    def find(document: Json) -> Found:
        if isinstance(document, Mapping):
            return document.get(key, MISSING)
        elements = None if index is None else _elements(document)
        if elements is None or index is None or index >= len(elements):
            return MISSING
        return elements[index]

    return find


def chained(first: Step, second: Step) -> Step:
    """Returns two steps as one; nothing comes after something missing."""

    def find(document: Json) -> Found:
        found = first(document)
        return MISSING if isinstance(found, Missing) else second(found)

    return find


def count(document: Json) -> Found:
    """Returns how many elements an array has."""
    elements = _elements(document)
    return MISSING if elements is None else len(elements)


def projection(rest: Step) -> Step:
    """Returns what a step finds in each element of an array, without what is missing."""

    def find(document: Json) -> Found:
        elements = _elements(document)
        if elements is None:
            return MISSING
        found = [rest(element) for element in elements]
        return [value for value in found if not isinstance(value, Missing)]

    return find


def first_matching(matches: Step, rest: Step) -> Step:
    """Returns what a step finds in the first element that matches."""

    def find(document: Json) -> Found:
        for element in _elements(document) or ():
            if matches(element):
                return rest(element)
        return MISSING

    return find


def all_matching(matches: Step, rest: Step) -> Step:
    """Returns what a step finds in each element that matches."""
    project = projection(rest)

    def find(document: Json) -> Found:
        elements = _elements(document)
        if elements is None:
            return MISSING
        return project([element for element in elements if matches(element)])

    return find


def tested(step: Step | None, test: Test) -> Step:
    """Returns what tells whether an element matches; without a path scalars are tested."""

    def matches(element: Json) -> Found:
        structured = isinstance(element, Mapping) or _is_list(element)
        if step is None:
            return not structured and test(element)
        return structured and test(step(element))

    return matches


def exists(value: Found) -> bool:
    """Returns whether something was found."""
    return value is not MISSING


_ACCEPTED: Final[Mapping[str, frozenset[int]]] = {
    "=": frozenset({0}),
    "==": frozenset({0}),
    "!=": frozenset({-1, 1}),
    "<": frozenset({-1}),
    "<=": frozenset({-1, 0}),
    ">": frozenset({1}),
    ">=": frozenset({0, 1}),
}


def comparison(sign: str, text: str) -> Test:
    """Returns the test of a value against a constant; null and structures never match.

    A number that is compared with what is no number is unlike it, and neither less nor more.
    """
    accepted = _ACCEPTED[sign]
    number = _number(text)
    truth = {"true": True, "false": False}.get(text)

    def test(value: Found) -> bool:
        if isinstance(value, str):
            return (value > text) - (value < text) in accepted
        if isinstance(value, (bool, int, float)):
            other = truth if isinstance(value, bool) else number
            if other is None:
                return sign == "!="
            return (value > other) - (value < other) in accepted
        return False

    return test


_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


def pattern(text: str, *, negated: bool) -> Test:
    """Returns the test of a string against a pattern with `*` and `?`; other values never match."""
    expression = re.sub(r"\\(.)|(.)", _translated, text, flags=re.DOTALL)
    compiled = compile_re2(f"(?s)^(?:{expression})$")

    def test(value: Found) -> bool:
        if not isinstance(value, str):
            return False
        octets = value.encode("utf-8", "replace")
        return (compiled.search(octets) is None) is negated

    return test


def _translated(match: re.Match[str]) -> str:
    if match[1]:
        return str(re2.escape(match[1]))
    return {"*": ".*", "?": "."}.get(match[2]) or str(re2.escape(match[2]))
