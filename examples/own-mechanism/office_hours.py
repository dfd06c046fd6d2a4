"""Authorizer `office_hours`: outside of office hours only those pass who are on call."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from edgeauth.config.specification import Specification
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.mechanisms import ALLOWED, Allow
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified


class OfficeHoursSpecification(Specification):
    """The configuration of `office_hours`: hours in UTC."""

    begin: Annotated[int, Field(ge=0, le=24)] = 8
    end: Annotated[int, Field(ge=0, le=24)] = 18


class OfficeHours:
    """Lets people pass while the office is open, and those who are on call at any time."""

    def __init__(self, specification: OfficeHoursSpecification, services: Services) -> None:
        self._hours = range(specification.begin, specification.end)
        self._now = services.clock.now

    async def authorize(self, known: Identified) -> Allow | Refusal:
        """Returns the verdict."""
        if known.subject.attributes.get("on_call") is True:
            return ALLOWED
        if datetime.fromtimestamp(self._now(), UTC).hour in self._hours:
            return ALLOWED
        return Refusal(Reason.AUTHORIZATION, "the office is closed")


def _build(_id: str, specification: OfficeHoursSpecification, services: Services) -> OfficeHours:
    return OfficeHours(specification, services)


TYPE = mechanism(
    Kind.AUTHORIZER,
    "office_hours",
    OfficeHoursSpecification,
    _build,
    {"begin": Override.REPLACE, "end": Override.REPLACE},
)
