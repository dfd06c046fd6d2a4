"""Moments: an instant to the nanosecond in a time zone, written by Go's layouts.

Source: the documentation of Go's time package.
"""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final, NamedTuple

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.layouts import Civil, format_layout

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CYCLE: Final = 146_097 * 86_400
"""Seconds of four hundred years, after which the calendar repeats."""
_FIRST: Final = -62_135_596_800
"""The first second of the year 1."""
_FULL: Final = "2006-01-02 15:04:05.999999999 -0700 MST"


class Moment(NamedTuple):
    """An instant and the zone it is seen from.

    Attributes:
        nanoseconds: since 1970 in UTC.
        zone: a time zone.
    """

    nanoseconds: int
    zone: tzinfo = UTC

    @property
    def seconds(self) -> int:
        """Returns the whole seconds since 1970 in UTC."""
        return self.nanoseconds // 10**9

    def civil(self) -> Civil:
        """Returns calendar and clock.

        Raises:
            EvaluationError: the year is not one of 0 to 9999.
        """
        early = self.seconds < _FIRST
        seconds = self.seconds + (_CYCLE if early else 0)
        try:
            local = (_EPOCH + timedelta(seconds=seconds)).astimezone(self.zone)
        except OverflowError:
            raise EvaluationError("a date is beyond the calendar") from None
        year = local.year - (400 if early else 0)
        if year < 0:
            raise EvaluationError("a date is beyond the calendar")
        offset = local.utcoffset() or timedelta()
        return Civil(
            year,
            local.month,
            local.day,
            local.hour,
            local.minute,
            local.second,
            self.nanoseconds % 10**9,
            int(offset.total_seconds()),
            _abbreviation(local),
            local.timetuple().tm_yday,
            local.weekday(),
        )

    def format(self, layout: str) -> str:
        """Returns the moment as a layout shows it."""
        return format_layout(layout, self.civil())

    def text(self) -> str:
        """Returns the moment as Go prints it."""
        return self.format(_FULL)


ZERO: Final = Moment(_FIRST * 10**9)
"""Go's zero time."""


def of_civil(civil: Civil) -> Moment:
    """Returns the moment of a calendar and clock; its zone is fixed at their offset."""
    early = civil.year < 1
    local = datetime(
        civil.year + (400 if early else 0),
        civil.month,
        civil.day,
        civil.hour,
        civil.minute,
        civil.second,
        tzinfo=UTC,
    )
    seconds = round((local - _EPOCH).total_seconds()) - civil.offset - (_CYCLE if early else 0)
    zone: tzinfo = UTC
    if civil.offset or civil.zone not in ("", "UTC"):
        zone = timezone(timedelta(seconds=civil.offset), civil.zone or "")
    return Moment(seconds * 10**9 + civil.nanosecond, zone)


def _abbreviation(local: datetime) -> str:
    return local.tzname() or ""
