"""Lists of methods: names, `ALL`, and `!NAME` for all but one."""

from collections.abc import Iterator
from functools import lru_cache
from re import compile as pattern
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, WithJsonSchema

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import ListOf

STANDARD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE")

_KNOWN = (*STANDARD, "ALL")
# RFC 9110 section 5.6.2, without the exclamation mark that means "not" in front.
_METHOD = pattern(r"!?[#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch


@lru_cache(maxsize=1024)
def allowed_methods(methods: tuple[str, ...]) -> frozenset[str] | None:
    """Returns the methods that a list lets pass; None means every method.

    Args:
        methods: as a rule lists them; an empty list stands for every method.
    """
    listed = list(methods)
    if not listed:
        return None
    removed = {name[1:] for name in listed if name.startswith("!")}
    named = {name for name in listed if not name.startswith("!")}
    if "ALL" in named:
        named = named - {"ALL"} | set(STANDARD)
    return frozenset(named - removed)


def _checked(methods: tuple[str, ...]) -> tuple[str, ...]:
    refuse(_findings(methods))
    return methods


def _findings(methods: tuple[str, ...]) -> Iterator[Finding]:
    for index, name in enumerate(methods):
        bare = name.removeprefix("!")
        if not _METHOD(name):
            yield Finding("not a method", (index,), "expected a name such as GET, !GET or ALL")
        elif bare not in _KNOWN and bare.upper() in _KNOWN:
            message = "methods are compared with regard to case"
            yield Finding(message, (index,), f'did you mean "{name.upper()}"?')
    if methods and all(name.startswith("!") for name in methods):
        # The reference reads an emptied list as "every method".
        message = "only exclusions: nothing is left to exclude them from"
        yield Finding(message, (0,), 'put "ALL" before them')
    elif methods and not allowed_methods(methods):
        yield Finding("the exclusions leave no method", (0,))


_BARE = "|".join("".join(f"[{letter}{letter.lower()}]" for letter in name) for name in _KNOWN)
_SCHEMA: dict[str, object] = {
    "type": "array",
    "items": {
        "anyOf": [
            {"enum": [*_KNOWN, *(f"!{name}" for name in STANDARD)]},
            {
                "type": "string",
                "pattern": "^!?[#$%&'*+.^_`|~0-9A-Za-z-]+$",
                "not": {"pattern": f"^!?({_BARE})$"},
            },
        ]
    },
    "anyOf": [{"maxItems": 0}, {"contains": {"not": {"pattern": "^!"}}}],
}

Methods: TypeAlias = Annotated[ListOf[str], AfterValidator(_checked), WithJsonSchema(_SCHEMA)]
"""A list that `allowed_methods` gives at least one method for, or an empty one."""
