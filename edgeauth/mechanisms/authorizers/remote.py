"""Asks a policy decision point whether the request may pass.

A status of the 2xx class is a "yes", unless a condition over the answer is false; any other status
is a "no". What the answer says is kept for later steps, and headers that are named go on to the
upstream. With a `cache_ttl`, answers are remembered, never verdicts: the conditions are evaluated
on every request.

Trust: the decision point's answer, as far as its format goes.

Source:
    XACML 3.0 section 3.1 (policy decision points).
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, model_validator

from edgeauth.config.findings import Finding, refuse
from edgeauth.config.scalars import Duration, ListOf
from edgeauth.config.specification import Specification
from edgeauth.expressions.cel import Condition
from edgeauth.mechanisms.content import decode_content
from edgeauth.mechanisms.fields import header_value
from edgeauth.mechanisms.questions import CONTENT, Content, Question, QuestionSpecification
from edgeauth.model.decision import HeaderEdits, Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.identity import fingerprint
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import Learned
from edgeauth.ports.fields import ConditionOf, FieldName
from edgeauth.ports.mechanisms import Allow
from edgeauth.ports.services import EndpointAnswer, Services
from edgeauth.ports.stages import Identified


class AnswerConditionSpecification(Specification):
    """A condition over the answer, and what the decision log says where it is false."""

    expression: Annotated[Condition, ConditionOf("Payload")]
    message: str = ""


class RemoteSpecification(QuestionSpecification):
    """The configuration of `remote`.

    Attributes:
        expressions: conditions over the answer, as `Payload`; all of them have to be true.
        forward_response_headers_to_upstream: names of the answer's headers that go on.
        cache_ttl: seconds for which the answer to the same question is believed; 0 is never.
    """

    expressions: ListOf[AnswerConditionSpecification] = Field(default=(), min_length=1)
    forward_response_headers_to_upstream: ListOf[FieldName] = ()
    cache_ttl: Duration = 0.0

    @model_validator(mode="after")
    def _asks_something(self) -> "RemoteSpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.payload is None and not self.endpoint.headers:
            yield Finding(
                "the question says nothing about the request",
                hint="set payload, or headers of the endpoint",
            )


class RemoteAuthorizer:
    """Asks an endpoint, and does what it says.

    Args:
        mechanism_id: the id of the catalogue entry; entries do not share answers.
        specification: the configuration in effect.
        services: the cache, the clock and the network.
    """

    def __init__(
        self, mechanism_id: str, specification: RemoteSpecification, services: Services
    ) -> None:
        self._services = services
        self._ttl = specification.cache_ttl
        self._names = tuple(
            name.lower() for name in specification.forward_response_headers_to_upstream
        )
        owner = fingerprint(
            b"remote",
            mechanism_id.encode(),
            repr(self._ttl).encode(),
            *(name.encode() for name in self._names),
        )
        self._question = Question(owner, specification)
        self._expressions = tuple(
            (
                each.expression,
                Refusal(Reason.AUTHORIZATION, each.message or f"condition {number} is false"),
            )
            for number, each in enumerate(specification.expressions, start=1)
        )

    async def authorize(self, known: Identified) -> Allow | Refusal:
        """Returns the "yes" with what the answer says, or a refusal: AUTHORIZATION.

        Raises:
            Fault: COMMUNICATION when there was no answer, INTERNAL when the question could not
                be rendered, the answer is not what its type says, or a condition has no value.
        """
        answer = await self._answer(known)
        if isinstance(answer, Refusal):
            return answer
        for condition, refusal in self._expressions:
            if condition.evaluate({"Payload": answer.content}) is not True:
                return refusal
        fields = tuple((name.encode(), header_value(value)) for name, value in answer.headers)
        return Allow(answer.content, (HeaderEdits(fields),) if fields else ())

    def owns(self) -> tuple[bytes, ...]:
        """Returns the names of the headers that go on, whether or not the answer has them."""
        return tuple(name.encode() for name in self._names)

    async def _answer(self, known: Identified) -> Content | Refusal:
        values = self._question.values(known)
        if not self._ttl > 0:
            return await self._ask(self._question.call(known))
        key = self._question.key(known, values)
        remembered = self._services.cache.find(key)
        if isinstance(remembered, Content):
            return remembered
        return await self._services.cache.learn(key, CONTENT, lambda: self._learn(known))

    async def _learn(self, known: Identified) -> Learned[Content | Refusal]:
        answer = await self._ask(self._question.call(known))
        if isinstance(answer, Refusal):
            return Learned(answer, None)
        return Learned(answer, self._services.clock.now() + self._ttl)

    async def _ask(self, call: Call) -> Content | Refusal:
        answer = await self._services.endpoints.send(call)
        if not 200 <= answer.status < 300:
            return Refusal(
                Reason.AUTHORIZATION, f"the policy decision point answered {answer.status}"
            )
        return Content(decode_content(answer), self._forwarded(answer))

    def _forwarded(self, answer: EndpointAnswer) -> tuple[tuple[str, str], ...]:
        """Returns the named headers of an answer, of each its first value."""
        said = dict(reversed(answer.headers))
        return tuple((name, said[name]) for name in self._names if name in said)


def _build(
    mechanism_id: str, specification: RemoteSpecification, services: Services
) -> RemoteAuthorizer:
    return RemoteAuthorizer(mechanism_id, specification, services)


TYPE = mechanism(
    Kind.AUTHORIZER,
    "remote",
    RemoteSpecification,
    _build,
    {
        "payload": Override.REPLACE,
        "expressions": Override.REPLACE,
        "forward_response_headers_to_upstream": Override.REPLACE,
        "cache_ttl": Override.REPLACE,
        "values": Override.MERGE,
    },
)
