"""Points in time and spans of it, exact to the nanosecond: values of conditions.

Source:
    RFC 3339 for timestamps; the duration syntax and the ranges of the CEL language definition.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from edgeauth.expressions.errors import EvaluationError

_SECOND: Final = 1_000_000_000
_EARLIEST: Final = -62_135_596_800 * _SECOND
_LATEST: Final = 253_402_300_800 * _SECOND - 1
_LONGEST: Final = 315_576_000_000 * _SECOND
_UNITS: Final = {
    "h": 3600 * _SECOND,
    "m": 60 * _SECOND,
    "s": _SECOND,
    "ms": 1_000_000,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ns": 1,
}
_DURATION: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?(h|ms|m|s|us|µs|μs|ns)")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]{1,9})[0-9]*)?(?:[Zz]|([+-][0-9]{2}:[0-9]{2}))"
)
_OFFSET: Final = re.compile(r"([+-]?)([0-9]{2}):([0-9]{2})")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time.

    Attributes:
        nanoseconds: at most 315 576 000 000 seconds, in either direction.
    """

    nanoseconds: int

    def __post_init__(self) -> None:
        if not -_LONGEST <= self.nanoseconds <= _LONGEST:
            raise EvaluationError("duration out of range")

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Returns the duration that a text such as `1h30m` or `-1.5s` names.

        Raises:
            EvaluationError: it names none, or one that is out of range.
        """
        sign = -1 if text.startswith("-") else 1
        position = 1 if text[:1] in ("+", "-") else 0
        if text[position:] == "0":
            return cls(0)
        if position == len(text) or len(text) > 100:
            raise EvaluationError("duration: not a duration")
        total = 0
        while position < len(text):
            part = _DURATION.match(text, position)
            if part is None or not (part[1] or part[2]):
                raise EvaluationError("duration: not a duration")
            digits, fraction = part[1] or "0", part[2] or ""
            unit = _UNITS[part[3]]
            total += int(digits) * unit + int(fraction or "0") * unit // 10 ** len(fraction)
            position = part.end()
        return cls(sign * total)

    def truncated(self, unit: int) -> int:
        """Returns how many whole units it lasts, truncated toward zero.

        Args:
            unit: in nanoseconds.
        """
        whole = abs(self.nanoseconds) // unit
        return whole if self.nanoseconds >= 0 else -whole

    def text(self) -> str:
        """Returns it in seconds, e.g. `90s` or `-1.5s`."""
        seconds, rest = divmod(abs(self.nanoseconds), _SECOND)
        fraction = f".{rest:09}".rstrip("0") if rest else ""
        return f"{'-' if self.nanoseconds < 0 else ''}{seconds}{fraction}s"


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A point in time.

    Attributes:
        nanoseconds: since the epoch; from year 1 to year 9999.
    """

    nanoseconds: int

    def __post_init__(self) -> None:
        if not _EARLIEST <= self.nanoseconds <= _LATEST:
            raise EvaluationError("timestamp out of range")

    @classmethod
    def parse(cls, text: str) -> "Timestamp":
        """Returns the point in time that an RFC 3339 text names.

        Raises:
            EvaluationError: it names none, or one that is out of range.
        """
        found = _TIMESTAMP.fullmatch(text)
        if found is None:
            raise EvaluationError("timestamp: not an RFC 3339 date and time")
        try:
            moment = datetime(*(int(part) for part in found.groups()[:6]), tzinfo=UTC)  # type: ignore[arg-type, misc]  # six integers
        except ValueError:
            raise EvaluationError("timestamp: not an RFC 3339 date and time") from None
        seconds = (moment - _EPOCH) // timedelta(seconds=1) - _offset_seconds(found[8] or "+00:00")
        return cls(seconds * _SECOND + int((found[7] or "").ljust(9, "0")))

    def at(self, zone: str) -> datetime:
        """Returns the calendar and the clock of a time zone, without the fraction of a second.

        Args:
            zone: an IANA name or an offset such as `+02:00`.

        Raises:
            EvaluationError: there is no such zone, or the calendar ends there.
        """
        try:
            moment = _EPOCH + timedelta(seconds=self.nanoseconds // _SECOND)
            return moment.astimezone(_zone(zone))
        except OverflowError:
            raise EvaluationError("timestamp out of range") from None

    def text(self) -> str:
        """Returns it as RFC 3339 in UTC."""
        moment = self.at("UTC")
        rest = self.nanoseconds % _SECOND
        fraction = f".{rest:09}".rstrip("0") if rest else ""
        return f"{moment.year:04}-{moment:%m-%dT%H:%M:%S}{fraction}Z"


def _offset_seconds(text: str) -> int:
    found = _OFFSET.fullmatch(text)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise EvaluationError("timestamp: not an offset from UTC")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    if name in ("", "UTC", "Z"):
        return UTC
    if _OFFSET.fullmatch(name):
        return timezone(timedelta(seconds=_offset_seconds(name)))
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        raise EvaluationError("timestamp: unknown time zone") from None
