"""Functions on dates and durations. The local time zone is UTC, whatever the machine's is.

Those that read the clock are not pure. A date is a time, or seconds since 1970 as an int; sprig
takes anything else for now, which nobody means: it is an error.
"""

import re
import time
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.kinds import TIME
from edgeauth.expressions.templates.layout_reader import parse_layout
from edgeauth.expressions.templates.moments import ZERO, Moment, of_civil
from edgeauth.expressions.templates.values import Instance, Int64, is_integer, wrap_int64

_SECOND: Final = 10**9
_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3600 * _SECOND,
}
_PIECE: Final = r"(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:ns|us|µs|μs|ms|s|m|h)"
_DURATION: Final = re.compile(rf"([-+]?)(?:0|((?:{_PIECE})+))")
_PIECES: Final = re.compile(r"([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)")
_ROUNDED: Final = (
    ("y", 365 * 24 * 3600),
    ("mo", 30 * 24 * 3600),
    ("d", 24 * 3600),
    ("h", 3600),
    ("m", 60),
    ("s", 1),
)
_ZONE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")


def _now() -> Instance:
    return Instance(TIME, Moment(time.time_ns()))


def _moment(value: object) -> Moment:
    if isinstance(value, Instance) and isinstance(value.object, Moment):
        return value.object
    if is_integer(value):
        return Moment(int(value) * _SECOND)
    raise EvaluationError("a date is neither a time nor an int; int64 makes one of a number")


def _date(layout: str, date: object) -> str:
    return _moment(date).format(layout)


def _date_in_zone(layout: str, date: object, zone: str) -> str:
    return _moment(date)._replace(zone=_zone(zone)).format(layout)


def _html_date(date: object) -> str:
    return _date("2006-01-02", date)


def _html_date_in_zone(date: object, zone: str) -> str:
    return _date_in_zone("2006-01-02", date, zone)


def _zone(name: str) -> tzinfo:
    """Returns a time zone by its name; UTC for what is none, as in sprig."""
    if name in ("", "UTC", "Local") or _ZONE.fullmatch(name) is None:
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC


def _to_date(layout: str, text: str) -> Instance:
    civil = parse_layout(layout, text)
    return Instance(TIME, ZERO if civil is None else of_civil(civil))


def _must_to_date(layout: str, text: str) -> Instance:
    civil = parse_layout(layout, text)
    if civil is None:
        raise EvaluationError("mustToDate: the text is no date of that layout")
    return Instance(TIME, of_civil(civil))


def _modify(duration: str, date: Instance) -> Instance:
    """Returns the time a duration later; a text that is no duration changes nothing."""
    return _later(date, read_duration(duration) or 0)


def _must_modify(duration: str, date: Instance) -> Instance:
    added = read_duration(duration)
    if added is None:
        raise EvaluationError("mustDateModify: the text is no duration")
    return _later(date, added)


def _later(date: Instance, added: int) -> Instance:
    moment = _moment(date)
    return Instance(TIME, moment._replace(nanoseconds=moment.nanoseconds + added))


def _unix_epoch(date: Instance) -> str:
    return str(_moment(date).seconds)


def _ago(date: object) -> str:
    passed = (time.time_ns() - _moment(date).nanoseconds + _SECOND // 2) // _SECOND
    return _seconds_text(passed)


def read_duration(text: str) -> int | None:
    """Returns the nanoseconds of a text such as `1h30m`; None when it is no duration."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    total = 0
    for whole, fraction, unit in _PIECES.findall(found[2] or ""):
        total += int(whole or 0) * _UNITS[unit]
        total += int(fraction or 0) * _UNITS[unit] // 10 ** len(fraction)
    total = -total if found[1] == "-" else total
    return total if -(2**63) <= total < 2**63 else None


def _duration(seconds: object) -> str:
    number = 0
    if isinstance(seconds, str):
        number = _decimal(seconds)
    elif isinstance(seconds, Int64):
        number = int(seconds)
    nanoseconds = wrap_int64(number * _SECOND)
    if nanoseconds % _SECOND:
        raise EvaluationError("duration: the number of seconds is too large")
    return _seconds_text(nanoseconds // _SECOND)


def _decimal(text: str) -> int:
    if re.fullmatch(r"[-+]?[0-9]{1,18}", text) is None:
        return 0
    return int(text)


def _seconds_text(seconds: int) -> str:
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 else ""
    if hours:
        return f"{sign}{hours}h{minutes}m{rest}s"
    return f"{sign}{minutes}m{rest}s" if minutes else f"{sign}{rest}s"


def _duration_round(value: object) -> str:
    """Returns a duration in its largest unit; a time counts from then to now."""
    nanoseconds = 0
    if isinstance(value, str):
        nanoseconds = read_duration(value) or 0
    elif isinstance(value, Int64):
        nanoseconds = int(value)
    elif isinstance(value, Instance) and isinstance(value.object, Moment):
        nanoseconds = time.time_ns() - value.object.nanoseconds
    for unit, seconds in _ROUNDED:
        if abs(nanoseconds) > seconds * _SECOND:
            return f"{abs(nanoseconds) // (seconds * _SECOND)}{unit}"
    return "0s"


ANY, STRING, TIMES = Kind.ANY, Kind.STRING, Kind.TIME
_ZONED = (STRING, ANY, STRING)
_MODIFIED = (STRING, TIMES)
FUNCTIONS = (
    Function("now", (), _now, TIMES, pure=False),
    Function("date", (STRING, ANY), _date, STRING),
    *(Function(name, _ZONED, _date_in_zone, STRING) for name in ("dateInZone", "date_in_zone")),
    Function("htmlDate", (ANY,), _html_date, STRING),
    Function("htmlDateInZone", (ANY, STRING), _html_date_in_zone, STRING),
    Function("toDate", (STRING, STRING), _to_date, TIMES),
    Function("mustToDate", (STRING, STRING), _must_to_date, TIMES),
    *(Function(name, _MODIFIED, _modify, TIMES) for name in ("dateModify", "date_modify")),
    *(
        Function(name, _MODIFIED, _must_modify, TIMES)
        for name in ("mustDateModify", "must_date_modify")
    ),
    Function("unixEpoch", (TIMES,), _unix_epoch, STRING),
    Function("ago", (ANY,), _ago, STRING, pure=False),
    Function("duration", (ANY,), _duration, STRING),
    Function("durationRound", (ANY,), _duration_round, STRING, pure=False),
)
