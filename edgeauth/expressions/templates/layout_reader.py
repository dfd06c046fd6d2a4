"""Reads dates by Go's layouts.

Source: the documentation of Go's time package.
Trust: the texts may be anybody's.
"""

import re
from calendar import monthrange
from typing import Final

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.layouts import DAYS, ELEMENT, MAX_LAYOUT, MONTHS, Civil

# What may stand for an element. Names are found in any case.
_READ: Final = {
    "January": f"({'|'.join(MONTHS)})",
    "Jan": f"({'|'.join(name[:3] for name in MONTHS)})",
    "Monday": f"({'|'.join(DAYS)})",
    "Mon": f"({'|'.join(name[:3] for name in DAYS)})",
    "MST": r"([A-Z]{3,4}|[+-][0-9]{2})",
    "2006": "([0-9]{4})",
    "002": "([0-9]{3})",
    "__2": "( {0,2}[0-9]{1,3})",
    "_2": "( ?[0-9]{1,2})",
    "PM": "(AM|PM)",
    "pm": "(am|pm)",
    **dict.fromkeys(("1", "2", "3", "4", "5", "15"), "([0-9]{1,2})"),
    **dict.fromkeys(("01", "02", "03", "04", "05", "06"), "([0-9]{2})"),
}
_NAMES: Final = frozenset({"January", "Jan", "Monday", "Mon"})


def parse_layout(layout: str, text: str) -> Civil | None:
    """Returns the calendar and clock that a text shows in a layout; None when it shows none.

    Raises:
        EvaluationError: the layout is too long.
    """
    if len(layout) > MAX_LAYOUT:
        raise EvaluationError("the layout of a date is too long")
    elements = [match.group() for match in ELEMENT.finditer(layout)]
    literals = ELEMENT.split(layout)
    pattern = re.escape(literals[0])
    for position, (element, literal) in enumerate(zip(elements, literals[1:], strict=True)):
        fraction = elements[position + 1 : position + 2]
        pattern += _pattern(element)
        if element in ("05", "5") and (literal or not fraction or fraction[0][0] not in ".,"):
            pattern += "(?P<fraction>[.,][0-9]+)?" if "<fraction>" not in pattern else ""
        pattern += re.escape(literal)
    match = re.fullmatch(pattern, text)
    if match is None:
        return None
    groups = iter(match.groups())
    values = {}
    for element in elements:
        values[element] = next(groups) or ""
        if element in ("05", "5") and "fraction" in match.groupdict() and ".0" not in values:
            values[".0"] = next(groups) or ""
    return _civil(values)


def _pattern(element: str) -> str:
    if element[0] in ".,":
        exact = f"([.,][0-9]{{{len(element) - 1}}})"
        return exact if element[1] == "0" else "([.,][0-9]+)?"
    if element in _NAMES:
        return f"(?i:{_READ[element]})"
    known = _READ.get(element)
    if known is not None:
        return known
    sign = "([+-]" + re.sub("[0-9]{2}", "[0-9]{2}", element[1:]) + ")"
    return f"({sign[1:-1]}|Z)" if element[0] == "Z" else sign


def _civil(values: dict[str, str]) -> Civil | None:
    civil = Civil(
        _year(values),
        _month(values),
        _number(values, ("02", "_2", "2"), 1),
        _hour(values),
        _number(values, ("04", "4"), 0),
        _number(values, ("05", "5"), 0),
        _nanosecond(values),
    )
    offset, zone = _zone(values)
    year_day = _number(values, ("002", "__2"), 0) if "002" in values or "__2" in values else None
    if year_day is not None:
        dated = _of_year_day(civil, year_day)
        if not _agrees(values, civil, dated):
            return None
        civil = dated
    sound = (
        1 <= civil.month <= 12
        and 1 <= civil.day <= monthrange(civil.year or 400, civil.month)[1]
        and civil.hour < 24
        and civil.minute < 60
        and civil.second < 60
    )
    return civil._replace(offset=offset, zone=zone) if sound else None


def _number(values: dict[str, str], elements: tuple[str, ...], default: int) -> int:
    """Returns what the last of some elements reads; a layout may name a thing twice."""
    given = [int(value) for element, value in values.items() if element in elements]
    return given[-1] if given else default


def _year(values: dict[str, str]) -> int:
    if "2006" in values or "06" not in values:
        return int(values.get("2006", "0"))
    short = int(values["06"])
    return short + (1900 if short >= 69 else 2000)


def _month(values: dict[str, str]) -> int:
    name = (values.get("January") or values.get("Jan") or "")[:3].title()
    if name:
        return [month[:3] for month in MONTHS].index(name) + 1
    return _number(values, ("01", "1"), 1)


def _hour(values: dict[str, str]) -> int:
    hour = _number(values, ("15", "03", "3"), 0)
    noon = (values.get("PM") or values.get("pm") or "").upper()
    if "15" not in values and hour > 12:
        return 24
    if noon == "PM" and hour < 12:
        return hour + 12
    return 0 if noon == "AM" and hour == 12 else hour


def _nanosecond(values: dict[str, str]) -> int:
    digits = next((v[1:] for e, v in values.items() if e[0] in ".," and v), "")
    return int(digits[:9].ljust(9, "0"))


def _zone(values: dict[str, str]) -> tuple[int, str]:
    for element, value in values.items():
        if element[0] in "-Z":
            digits = value[1:].replace(":", "").ljust(6, "0")
            offset = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])
            return (-offset if value[0] == "-" else offset), "UTC" if not offset else ""
    return 0, values.get("MST", "UTC")


def _agrees(values: dict[str, str], civil: Civil, dated: Civil) -> bool:
    """Tells whether month and day, where they are given, are those of the day of the year."""
    month_given = any(element in values for element in ("01", "1", "Jan", "January"))
    day_given = any(element in values for element in ("02", "_2", "2"))
    return (not month_given or civil.month == dated.month) and (
        not day_given or civil.day == dated.day
    )


def _of_year_day(civil: Civil, year_day: int) -> Civil:
    month = 1
    while month < 12 and year_day > monthrange(civil.year or 400, month)[1]:
        year_day -= monthrange(civil.year or 400, month)[1]
        month += 1
    return civil._replace(month=month, day=year_day)
