"""Whether a token was granted the scopes that a rule demands (RFC 6749 section 3.3).

Trust: the token's scopes are the issuer's word, the demanded ones are configuration.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.json import Json


class ScopeMatching(Enum):
    """How a granted scope satisfies a demanded one (`matching_strategy`)."""

    EXACT = "exact"
    HIERARCHIC = "hierarchic"
    """`a.b` satisfies `a.b` and whatever is below it, `a.b.c`."""
    WILDCARD = "wildcard"
    """`*` in a granted scope stands for one segment, at its end for one or more."""


class ScopeRequirement(NamedTuple):
    """Scopes that are demanded, all of them."""

    values: tuple[str, ...] = ()
    matching: ScopeMatching = ScopeMatching.EXACT


NO_SCOPES: Final = ScopeRequirement()


def check_scopes(claims: Mapping[str, Json], required: ScopeRequirement) -> Refusal | None:
    """Refuses claims whose scopes do not satisfy every demanded one.

    Scopes are taken from `scp`, or from `scope` where that is absent or an empty list. They are a
    list, or a text that is split at spaces.
    """
    if not required.values:
        return None
    granted = _granted(claims)
    if all(_satisfied(demanded, granted, required.matching) for demanded in required.values):
        return None
    return Refusal(Reason.AUTHENTICATION, "the token lacks a demanded scope")


def _granted(claims: Mapping[str, Json]) -> list[str]:
    value = claims["scp"] if claims.get("scp", []) != [] else claims.get("scope")
    if isinstance(value, str):
        return [name for name in value.split(" ") if name]
    if isinstance(value, list):
        # One entry that is no text makes the list no list of scopes.
        names = [each for each in value if isinstance(each, str)]
        return names if len(names) == len(value) else []
    return []


def _satisfied(demanded: str, granted: list[str], matching: ScopeMatching) -> bool:
    match matching:
        case ScopeMatching.EXACT:
            return demanded in granted
        case ScopeMatching.HIERARCHIC:
            return any(demanded == each or demanded.startswith(each + ".") for each in granted)
        case ScopeMatching.WILDCARD:
            return any(_covers(each.split("."), demanded.split(".")) for each in granted)


def _covers(pattern: list[str], segments: list[str]) -> bool:
    """Returns whether each segment is not empty and is what the pattern says in its place."""
    if not all(segments):
        return False
    longer = len(segments) > len(pattern) and pattern[-1] == "*"
    if len(segments) != len(pattern) and not longer:
        return False
    return all(wanted in ("*", given) for wanted, given in zip(pattern, segments, strict=False))
