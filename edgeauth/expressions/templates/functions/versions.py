"""Functions on semantic versions: `semver` reads one, `semverCompare` tests one.

A constraint is alternatives (`||`) of comparisons that all have to hold (`>=1.2, <2`). A version
with a pre-release part fits only comparisons that have one, too.

Source:
    semver.org, version 2.0.0; the documented constraints of Masterminds/semver 3.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.kinds import VERSION, Version
from edgeauth.expressions.templates.values import Instance

_LARGEST: Final = 2**64 - 1
MAX_LENGTH: Final = 1024
"""Characters of a version, and of a constraint."""

_REST: Final = (
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_VERSION: Final = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?{_REST}")
_PART: Final = r"[0-9]+|[xX*]"
_PATTERN: Final = rf"v?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?{_REST}"
_BLANK: Final = r"[ \t\n\f\r]"
_COMPARISON: Final = re.compile(
    rf"{_BLANK}*(!=|>=|=>|<=|=<|~>|[=<>~^]?){_BLANK}*{_PATTERN}(?={_BLANK}|,|\Z){_BLANK}*(?:,(?!{_BLANK}*\Z))?"
)
_RANGE: Final = re.compile(
    rf"((?:v?[0-9xX*]+)(?:\.[0-9xX*]+)*{_REST}){_BLANK}+-{_BLANK}+(?=[v0-9xX*])"
)


class _Comparison(NamedTuple):
    """One comparison.

    Attributes:
        version: what is compared with; parts that are left open are zero.
        given: how many of its three parts are not open.
    """

    sign: str
    version: Version
    given: int

    def holds(self, version: Version) -> bool:
        if version.prerelease and not self.version.prerelease:
            return self.sign == "!=" and self.given == 3
        return _TESTS[self.sign](version, self)


def read_version(text: str) -> Version:
    """Returns the version that a text names; minor and patch may be left out.

    Raises:
        EvaluationError: it names none.
    """
    found = _VERSION.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        raise EvaluationError("semver: the text is no version")
    major, minor, patch = (_number(part) for part in found.groups("0")[:3])
    prerelease = found[4] or ""
    zeros = any(re.fullmatch("0[0-9]+", part) for part in prerelease.split("."))
    if zeros or max(major, minor, patch) > _LARGEST:
        raise EvaluationError("semver: the text is no version")
    return Version((major, minor, patch), prerelease, found[5] or "", text)


def _number(text: str) -> int:
    return int(text) if len(text) < 21 else _LARGEST + 1


def _exactly(version: Version, other: _Comparison) -> bool:
    if other.given < 3:
        return _near(version, other)
    return version.order == other.version.order


def _unlike(version: Version, other: _Comparison) -> bool:
    given = other.given or 3
    if version.numbers[:given] != other.version.numbers[:given]:
        return True
    if given == 1:
        return False
    return version.order[1:] != other.version.order[1:]


def _more(version: Version, other: _Comparison) -> bool:
    if other.given in (1, 2):
        return version.numbers[: other.given] > other.version.numbers[: other.given]
    return version.order > other.version.order


def _less(version: Version, other: _Comparison) -> bool:
    return version.order < other.version.order


def _least(version: Version, other: _Comparison) -> bool:
    return version.order >= other.version.order


def _most(version: Version, other: _Comparison) -> bool:
    if other.given == 3:
        return version.order <= other.version.order
    given = other.given or 2
    return version.numbers[:given] <= other.version.numbers[:given]


def _near(version: Version, other: _Comparison) -> bool:
    if version.order < other.version.order:
        return False
    if other.given in (0, 3) and other.version.numbers == (0, 0, 0):
        return True
    kept = 1 if other.given == 1 else 2
    return version.numbers[:kept] == other.version.numbers[:kept]


def _compatible(version: Version, other: _Comparison) -> bool:
    """Tells whether nothing changed in the first part that is not zero."""
    if version.order < other.version.order:
        return False
    major, minor, _ = other.version.numbers
    kept = 1 if major or other.given == 1 else 2 if minor or other.given == 2 else 3
    return version.numbers[:kept] == other.version.numbers[:kept]


_TESTS: Final[Mapping[str, Callable[[Version, _Comparison], bool]]] = {
    **dict.fromkeys(("", "="), _exactly),
    **dict.fromkeys((">=", "=>"), _least),
    **dict.fromkeys(("<=", "=<"), _most),
    **dict.fromkeys(("~", "~>"), _near),
    "!=": _unlike,
    ">": _more,
    "<": _less,
    "^": _compatible,
}


def _comparisons(text: str) -> list[_Comparison]:
    found: list[_Comparison] = []
    text = _RANGE.sub(lambda match: f">= {match[1]}, <= ", text)
    position = 0
    while position < len(text) or not found:
        match = _COMPARISON.match(text, position)
        if match is None:
            raise EvaluationError("semverCompare: the constraint is not well-formed")
        found.append(_comparison(match))
        position = match.end()
    return found


def _comparison(match: re.Match[str]) -> _Comparison:
    parts = [match[2], match[3] or "x", match[4] or "x"]
    given = next((count for count, part in enumerate(parts) if part in "xX*"), 3)
    numbers = ".".join([*parts[:given], *["0"] * (3 - given)])
    prerelease = f"-{match[5]}" if match[5] else ""
    return _Comparison(match[1], read_version(numbers + prerelease), given)


def _compare(constraint: str, version: str) -> bool:
    if len(constraint) > MAX_LENGTH:
        raise EvaluationError("semverCompare: the constraint is too long")
    alternatives = [_comparisons(text) for text in constraint.split("||")]
    given = read_version(version)
    return any(all(one.holds(given) for one in together) for together in alternatives)


FUNCTIONS = (
    Function(
        "semver", (Kind.STRING,), lambda text: Instance(VERSION, read_version(text)), Kind.VERSION
    ),
    Function("semverCompare", (Kind.STRING, Kind.STRING), _compare, Kind.BOOL),
)
