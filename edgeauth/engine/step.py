"""One step of a rule: a mechanism, its condition, and the names it is known by."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from edgeauth.expressions.cel import Condition
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Fault
from edgeauth.ports.mechanisms import (
    Authenticator,
    Authorizer,
    Contextualizer,
    ErrorHandler,
    Finalizer,
)
from edgeauth.ports.stages import Matched

M = TypeVar("M", Authenticator, Contextualizer, Authorizer, Finalizer, ErrorHandler)


@dataclass(frozen=True, slots=True)
class Step(Generic[M]):
    """A mechanism at work in a rule.

    Attributes:
        id: unique in its pipeline; the key of the step's output.
        source: the id of the catalogue entry.
        mechanism: what is run.
        condition: `if`; None means always. Without a value it fails the step, which is not
            skipped.
    """

    id: str
    source: str
    mechanism: M
    condition: Condition | None = None

    async def read_content(self, seen: Matched) -> Refusal | None:
        """Lets expressions see the content of the request, because this step needs it.

        Returns:
            None, or the refusal of this step, because the content can not be had.
        """
        try:
            await seen.read_content()
        except Fault as fault:
            return self.refused(fault)
        return None

    def refused(self, cause: Refusal | Fault) -> Refusal:
        """Returns a refusal that says which step it came from."""
        refusal = Refusal.of(cause) if isinstance(cause, Fault) else cause
        return refusal.said_by(self.source, self.id)


class InformStep(Step[Contextualizer]):
    """A step that finds out what else is known."""

    __slots__ = ()


class AuthorizeStep(Step[Authorizer]):
    """A step that says whether the request may pass."""

    __slots__ = ()
