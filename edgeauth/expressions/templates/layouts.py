"""Writes dates by Go's layouts: the reference time, Mon Jan 2 15:04:05 2006 MST, in some form.

Source: the documentation of Go's time package.
"""

import re
from typing import Final, NamedTuple

from edgeauth.expressions.errors import EvaluationError

_OFFSET: Final = "070000|07:00:00|0700|07:00|07"
ELEMENT: Final = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|2006|__2|_2(?!006)|[1-5]|PM|pm"
    rf"|[-Z](?:{_OFFSET})|[.,](?:0+|9+)(?![0-9])"
)
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS: Final = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MAX_LAYOUT: Final = 1024
"""Characters of a layout."""


class Civil(NamedTuple):
    """Calendar and clock in some zone.

    Attributes:
        year: 0 to 9999.
        month: from 1.
        day: from 1.
        hour: from 0, as minute and second.
        minute: see hour.
        second: see hour.
        nanosecond: see hour.
        offset: of the zone, in seconds east of UTC.
        zone: its abbreviation; empty if it has none.
        year_day: from 1.
        weekday: Monday is 0.
    """

    year: int = 0
    month: int = 1
    day: int = 1
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset: int = 0
    zone: str = "UTC"
    year_day: int = 1
    weekday: int = 0


def format_layout(layout: str, civil: Civil) -> str:
    """Returns calendar and clock as a layout shows them.

    Raises:
        EvaluationError: the layout is too long.
    """
    if len(layout) > MAX_LAYOUT:
        raise EvaluationError("the layout of a date is too long")
    shown = _shown(civil)
    return ELEMENT.sub(lambda match: _element(match.group(), civil, shown), layout)


def _shown(civil: Civil) -> dict[str, str]:
    half = civil.hour % 12 or 12
    month, day = MONTHS[civil.month - 1], DAYS[civil.weekday]
    noon = "PM" if civil.hour >= 12 else "AM"
    return {
        "January": month,
        "Jan": month[:3],
        "01": f"{civil.month:02}",
        "1": str(civil.month),
        "Monday": day,
        "Mon": day[:3],
        "002": f"{civil.year_day:03}",
        "__2": f"{civil.year_day:3}",
        "02": f"{civil.day:02}",
        "_2": f"{civil.day:2}",
        "2": str(civil.day),
        "15": f"{civil.hour:02}",
        "03": f"{half:02}",
        "3": str(half),
        "04": f"{civil.minute:02}",
        "4": str(civil.minute),
        "05": f"{civil.second:02}",
        "5": str(civil.second),
        "2006": f"{civil.year:04}",
        "06": f"{civil.year % 100:02}",
        "PM": noon,
        "pm": noon.lower(),
        "MST": civil.zone or _offset("-0700", civil.offset),
    }


def _element(element: str, civil: Civil, shown: dict[str, str]) -> str:
    known = shown.get(element)
    if known is not None:
        return known
    if element[0] in ".,":
        return _fraction(element, civil.nanosecond)
    return "Z" if element[0] == "Z" and not civil.offset else _offset(element, civil.offset)


def _fraction(element: str, nanosecond: int) -> str:
    digits = f"{nanosecond:09}"[: len(element) - 1].ljust(len(element) - 1, "0")
    if element[1] == "9":
        digits = digits[:9].rstrip("0")
        return element[0] + digits if digits else ""
    return element[0] + digits


def _offset(element: str, offset: int) -> str:
    minutes, seconds = divmod(abs(offset), 60)
    hours, minutes = divmod(minutes, 60)
    colon = ":" if ":" in element else ""
    length = len(element.replace(":", "")) - 1
    parts = [f"{hours:02}", f"{minutes:02}", f"{seconds:02}"][: length // 2]
    return ("-" if offset < 0 else "+") + colon.join(parts)
