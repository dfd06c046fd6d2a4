"""Objects that functions make: versions and times, with the members that templates read."""

from collections.abc import Callable
from typing import Final, NamedTuple

from edgeauth.expressions.templates.moments import Moment
from edgeauth.expressions.templates.values import Instance, Int64
from edgeauth.expressions.types import INT, STRING, Method, ObjectType


class Version(NamedTuple):
    """A semantic version.

    Attributes:
        numbers: major, minor and patch, each below 2**64.
        prerelease: what came after the hyphen; empty if nothing.
        metadata: what came after the plus sign; it does not count in comparisons.
        original: the text as it was given.
    """

    numbers: tuple[int, int, int]
    prerelease: str
    metadata: str
    original: str

    @property
    def order(self) -> tuple[tuple[int, int, int], bool, tuple[tuple[bool, int, str], ...]]:
        """Returns what orders versions: a pre-release comes before its release."""
        parts = self.prerelease.split(".") if self.prerelease else []
        ranked = tuple((not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts)
        return self.numbers, not self.prerelease, ranked

    def text(self) -> str:
        """Returns the version in full."""
        return (
            ".".join(map(str, self.numbers))
            + (f"-{self.prerelease}" if self.prerelease else "")
            + (f"+{self.metadata}" if self.metadata else "")
        )

    def compare(self, other: Instance) -> int:
        """Returns -1, 0 or 1: whether this version is before, equal to or after another."""
        theirs = other.object.order if isinstance(other.object, Version) else self.order
        return (self.order > theirs) - (self.order < theirs)


def _number(read: Callable[..., int], kind: type[int] = int) -> Method:
    return Method((), INT, lambda value: kind(read(value)))


_VERSION_NAME: Final = "*semver.Version"
VERSION: Final = ObjectType(
    _VERSION_NAME,
    python=Version,
    methods={
        "Major": _number(lambda version: version.numbers[0]),
        "Minor": _number(lambda version: version.numbers[1]),
        "Patch": _number(lambda version: version.numbers[2]),
        "Prerelease": Method((), STRING, lambda version: version.prerelease),
        "Metadata": Method((), STRING, lambda version: version.metadata),
        "Original": Method((), STRING, lambda version: version.original),
        "String": Method((), STRING, Version.text),
        "Compare": Method((ObjectType(_VERSION_NAME, python=Version),), INT, Version.compare),
    },
    text=Version.text,
)
"""What `semver` gives."""

TIME: Final = ObjectType(
    "time.Time",
    python=Moment,
    methods={
        "Year": _number(lambda moment: moment.civil().year),
        "Day": _number(lambda moment: moment.civil().day),
        "Hour": _number(lambda moment: moment.civil().hour),
        "Minute": _number(lambda moment: moment.civil().minute),
        "Second": _number(lambda moment: moment.civil().second),
        "YearDay": _number(lambda moment: moment.civil().year_day),
        "Unix": _number(lambda moment: moment.seconds, Int64),
        "UnixMilli": _number(lambda moment: moment.nanoseconds // 10**6, Int64),
        "UnixNano": _number(lambda moment: moment.nanoseconds, Int64),
        "Format": Method((STRING,), STRING, Moment.format),
    },
    text=Moment.text,
)
"""What `now` and `toDate` give."""
