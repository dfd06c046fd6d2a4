"""Whether a session is alive, by what its service says (`session_lifespan`).

Every check is written as "passes only if": what is no date, or not truly `true`, does not pass.

Trust: the answer of the session service.
"""

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import Duration
from edgeauth.config.specification import Specification
from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.paths import MISSING
from edgeauth.expressions.templates.layout_reader import parse_layout
from edgeauth.expressions.templates.moments import of_civil
from edgeauth.mechanisms.authenticators.assertions import LONGEST_LEEWAY
from edgeauth.mechanisms.authenticators.principals import Path
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json

_LAYOUTS: Final = {
    "ANSIC": "Mon Jan _2 15:04:05 2006",
    "UnixDate": "Mon Jan _2 15:04:05 MST 2006",
    "RFC822": "02 Jan 06 15:04 MST",
    "RFC822Z": "02 Jan 06 15:04 -0700",
    "RFC850": "Monday, 02-Jan-06 15:04:05 MST",
    "RFC1123": "Mon, 02 Jan 2006 15:04:05 MST",
    "RFC1123Z": "Mon, 02 Jan 2006 15:04:05 -0700",
    "RFC3339": "2006-01-02T15:04:05Z07:00",
    "RFC3339Nano": "2006-01-02T15:04:05.999999999Z07:00",
    "DateTime": "2006-01-02 15:04:05",
}
"""Layouts that have a name in Go."""


def _check_leeway(seconds: float) -> float:
    if seconds > LONGEST_LEEWAY:
        raise not_expected("at most 60s, or what has ended goes on")
    return seconds


Leeway: TypeAlias = Annotated[Duration, AfterValidator(_check_leeway)]
"""Seconds by which clocks may differ."""


def _check_layout(layout: str) -> str:
    layout = _LAYOUTS.get(layout, layout)
    if not any(element in layout for element in ("2006", "06")):
        raise not_expected('a layout of Go, which shows the date "Mon Jan 2 15:04:05 MST 2006"')
    return layout


class LifespanSpecification(Specification):
    """Paths into the answer; what is not configured is not looked at.

    Attributes:
        active: leads to `true` while the session is alive.
        issued_at: leads to its beginning; not in the future.
        not_before: leads to when it may be used first.
        not_after: leads to its end.
        time_format: the layout of the three dates, as Go writes it, or the name that it has
            there; without one they are seconds since the epoch.
        validity_leeway: seconds by which clocks may differ; at most 60.
    """

    active: Path | None = None
    issued_at: Path | None = None
    not_before: Path | None = None
    not_after: Path | None = None
    time_format: Annotated[str, AfterValidator(_check_layout)] | None = None
    validity_leeway: Leeway = 10.0

    @property
    def fingerprint(self) -> bytes:
        """Returns a digest over what decides when a session ends, for cache keys."""
        path = "" if self.not_after is None else self.not_after.text
        return fingerprint(path.encode(), (self.time_format or "").encode())

    def check(self, answer: Json, now: float) -> Refusal | None:
        """Refuses a session that is not alive at `now` (seconds since the epoch).

        Raises:
            Fault: INTERNAL, when a date is none.
        """
        if self.active is not None and self.active.find(answer) is not True:
            return _refused("the session is not active")
        leeway = self.validity_leeway
        issued, begins = self._date(self.issued_at, answer), self._date(self.not_before, answer)
        if issued is not None and not issued <= now + leeway:
            return _refused("the session is from the future")
        if begins is not None and not begins <= now + leeway:
            return _refused("the session has not begun yet")
        ends = self.ends_at(answer)
        if ends is not None and not now - leeway < ends:
            return _refused("the session has ended")
        return None

    def ends_at(self, answer: Json) -> float | None:
        """Returns the end of the session in seconds since the epoch; None when it has none.

        Raises:
            Fault: INTERNAL, when what the answer has there is no date.
        """
        return self._date(self.not_after, answer)

    def _date(self, path: Path | None, answer: Json) -> float | None:
        value = MISSING if path is None else path.find(answer)
        if value is MISSING:
            return None
        found = self._seconds(value)
        if found is None:
            raise Fault(Reason.INTERNAL, "a date of the session is none")
        return found

    def _seconds(self, value: object) -> float | None:
        try:
            if self.time_format is None:
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                return float(value) if is_number else None  # type: ignore[arg-type]  # a number
            if not isinstance(value, str):
                return None
            civil = parse_layout(self.time_format, value)
            return None if civil is None else float(of_civil(civil).seconds)
        except (EvaluationError, OverflowError):
            return None


def _refused(detail: str) -> Refusal:
    return Refusal(Reason.AUTHENTICATION, detail)
