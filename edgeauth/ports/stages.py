"""The stages of a request, as types: `Matched -> Identified -> Granted`.

Each stage holds the one before it, so a step that is declared on a stage can not run earlier: a
finalizer takes `Granted`, and only `edgeauth/engine/authorize.py` makes one (a test greps for it).
They are structs because they are made for every request: a frozen dataclass costs three times that.
"""

from collections.abc import Mapping

from msgspec import Struct

from edgeauth.expressions.objects import RequestView
from edgeauth.model.decision import HeaderEdits
from edgeauth.model.errors import Fault
from edgeauth.model.identity import Subject
from edgeauth.model.json import Json
from edgeauth.model.request import Request
from edgeauth.ports.content import NO_DOOR, ContentSource


class Matched(Struct, frozen=True):
    """A request for which a rule was found."""

    request: Request
    rule_id: str
    view: RequestView
    """What expressions see of the request, captures included."""
    content: ContentSource = NO_DOOR
    """Asked only when a step needs it; nothing is read for the others."""

    def scope(self) -> dict[str, object]:
        """Returns the variables of expressions at this stage: `Request`."""
        return {"Request": self.view}

    async def read_content(self) -> None:
        """Lets expressions see the content of the request, because one of them needs it.

        Raises:
            Fault: it can not be had. The fault is final: nobody further down may make up for it,
                since the upstream would get content that a step wanted to see and has not.
        """
        self.view.receive(await self.content_octets())

    async def content_octets(self) -> bytes:
        """Returns the whole content, octet by octet as it will be forwarded.

        Raises:
            Fault: it can not be had; final, as for `read_content`.
        """
        try:
            return await self.content.read()
        except Fault as fault:
            fault.final = True
            raise


class Identified(Struct, frozen=True):
    """The request of a known subject, and what contextualizers have found out."""

    matched: Matched
    subject: Subject
    outputs: Mapping[str, Json]
    """Results of earlier steps by step id."""

    def scope(self) -> dict[str, object]:
        """Returns the variables of expressions at this stage: `Request`, `Subject`, `Outputs`."""
        return {"Request": self.matched.view, "Subject": self.subject, "Outputs": self.outputs}

    def informed(self, step_id: str, output: Json) -> "Identified":
        """Returns the same stage with one more output."""
        return Identified(self.matched, self.subject, {**self.outputs, step_id: output})


class Granted(Struct, frozen=True):
    """A request that every authorizer let pass."""

    known: Identified
    edits: tuple[HeaderEdits, ...]
    """What authorizers want the upstream to hear."""
