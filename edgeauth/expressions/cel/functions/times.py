"""The parts of timestamps and durations, in UTC unless a zone is given.

Source:
    CEL language definition, section "List of Standard Definitions", timestamps and durations.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from edgeauth.expressions.cel.functions.overload import Overload
from edgeauth.expressions.cel.instants import Duration, Timestamp
from edgeauth.expressions.cel.operators import remainder
from edgeauth.expressions.types import DURATION, INT, STRING, TIMESTAMP

_MILLISECOND: Final = 1_000_000
_SECOND: Final = 1000 * _MILLISECOND

_PARTS: Final[tuple[tuple[str, Callable[[datetime], int], str], ...]] = (
    ("getFullYear", lambda moment: moment.year, "The year."),
    ("getMonth", lambda moment: moment.month - 1, "The month, 0 for January."),
    ("getDate", lambda moment: moment.day, "The day of the month, 1 for the first."),
    ("getDayOfMonth", lambda moment: moment.day - 1, "The day of the month, 0 for the first."),
    ("getDayOfWeek", lambda moment: moment.isoweekday() % 7, "The day of the week, 0 for Sunday."),
    (
        "getDayOfYear",
        lambda moment: moment.timetuple().tm_yday - 1,
        "The day of the year, 0 for the first.",
    ),
    ("getHours", lambda moment: moment.hour, "The hour, 0 to 23."),
    ("getMinutes", lambda moment: moment.minute, "The minute, 0 to 59."),
    ("getSeconds", lambda moment: moment.second, "The second, 0 to 59."),
)
_SPANS: Final = (
    ("getHours", 3600 * _SECOND, "How many whole hours it lasts."),
    ("getMinutes", 60 * _SECOND, "How many whole minutes it lasts."),
    ("getSeconds", _SECOND, "How many whole seconds it lasts."),
)


def _in_utc(part: Callable[[datetime], int]) -> Callable[[Timestamp], int]:
    return lambda value: part(value.at("UTC"))


def _in_zone(part: Callable[[datetime], int]) -> Callable[[Timestamp, str], int]:
    return lambda value, zone: part(value.at(zone))


def _milliseconds(value: Timestamp, zone: str = "UTC") -> int:
    value.at(zone)
    return value.nanoseconds % _SECOND // _MILLISECOND


def _lasting(unit: int) -> Callable[[Duration], int]:
    return lambda value: value.truncated(unit)


def _beyond(value: Duration) -> int:
    return remainder(value.truncated(_MILLISECOND), 1000)


def _library() -> tuple[Overload, ...]:
    rows = []
    for name, part, text in _PARTS:
        zoned = f"{text[:-1]}, in a time zone (IANA name or offset)."
        rows.append(Overload(name, (TIMESTAMP,), INT, _in_utc(part), text, method=True))
        rows.append(Overload(name, (TIMESTAMP, STRING), INT, _in_zone(part), zoned, method=True))
    for parameters in ((TIMESTAMP,), (TIMESTAMP, STRING)):
        text = "The millisecond, 0 to 999."
        rows.append(Overload("getMilliseconds", parameters, INT, _milliseconds, text, method=True))
    text = "The milliseconds beyond the last whole second, -999 to 999."
    rows.append(Overload("getMilliseconds", (DURATION,), INT, _beyond, text, method=True))
    for name, unit, text in _SPANS:
        rows.append(Overload(name, (DURATION,), INT, _lasting(unit), text, method=True))
    return tuple(rows)


LIBRARY: Final = _library()
