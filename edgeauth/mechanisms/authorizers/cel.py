"""Lets a request pass when every one of its conditions is true.

Source:
    The Common Expression Language, as `edgeauth.expressions.cel` has it.
"""

from typing import Annotated

from pydantic import Field

from edgeauth.config.scalars import ListOf
from edgeauth.config.specification import Specification
from edgeauth.expressions.cel import Condition
from edgeauth.mechanisms.values import Values, ValueTemplate
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.fields import ConditionOf
from edgeauth.ports.mechanisms import ALLOWED, Allow
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified


class ExpressionSpecification(Specification):
    """One condition, and what the decision log says where it is false."""

    expression: Annotated[Condition, ConditionOf("Request", "Subject", "Outputs", "Values")]
    message: str = ""


class CelSpecification(Specification):
    """The configuration of `cel`.

    Attributes:
        expressions: all of them have to be true; a rule replaces them all.
        values: what they see as `Values`.
    """

    expressions: ListOf[ExpressionSpecification] = Field(min_length=1)
    values: dict[str, ValueTemplate] = Field(default_factory=dict)


class CelAuthorizer:
    """Evaluates conditions in order; the first that is false refuses the request."""

    def __init__(self, specification: CelSpecification) -> None:
        self._values = Values(specification.values)
        self._expressions = tuple(
            (
                each.expression,
                Refusal(Reason.AUTHORIZATION, each.message or f"condition {number} is false"),
            )
            for number, each in enumerate(specification.expressions, start=1)
        )

    async def authorize(self, known: Identified) -> Allow | Refusal:
        """Returns the plain "yes", or a refusal: AUTHORIZATION.

        Raises:
            Fault: INTERNAL, when a condition or a value has no value.
        """
        scope = known.scope()
        scope["Values"] = self._values.render(scope)
        for condition, refusal in self._expressions:
            if condition.evaluate(scope) is not True:
                return refusal
        return ALLOWED


def _build(_id: str, specification: CelSpecification, _services: Services) -> CelAuthorizer:
    return CelAuthorizer(specification)


TYPE = mechanism(
    Kind.AUTHORIZER,
    "cel",
    CelSpecification,
    _build,
    {"expressions": Override.REPLACE, "values": Override.MERGE},
)
