"""The stages of a request, as types: `Matched -> Identified -> Granted`.

Each stage holds the one before it, so a step that is declared on a stage can not run earlier: a
finalizer takes `Granted`, and only `edgeauth/engine/authorize.py` makes one (a test greps for it).
They are tuples because they are made for every request: a frozen dataclass costs three times that.
"""

from collections.abc import Mapping
from typing import NamedTuple

from edgeauth.expressions.objects import RequestView
from edgeauth.model.decision import HeaderEdits
from edgeauth.model.identity import Subject
from edgeauth.model.json import Json
from edgeauth.model.request import Request


class Matched(NamedTuple):
    """A request for which a rule was found."""

    request: Request
    rule_id: str
    view: RequestView
    """What expressions see of the request, captures included."""

    def scope(self) -> dict[str, object]:
        """Returns the variables of expressions at this stage: `Request`."""
        return {"Request": self.view}


class Identified(NamedTuple):
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


class Granted(NamedTuple):
    """A request that every authorizer let pass."""

    known: Identified
    edits: tuple[HeaderEdits, ...]
    """What authorizers want the upstream to hear."""
