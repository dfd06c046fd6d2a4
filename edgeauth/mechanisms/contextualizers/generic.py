"""Asks an HTTP service what else is known: a policy information point.

It never decides. What it brings is kept for later steps, and what they make of it is their matter;
but where nothing can be brought the pipeline ends, unless the operator wants it to go on without.

Trust: the answer is believed as far as its format goes. Names and values of what is forwarded are
the client's.
"""

from functools import partial

from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.mechanisms.content import decode_content
from edgeauth.mechanisms.forwarding import Forwarded
from edgeauth.mechanisms.questions import CONTENT, Content, Question, QuestionSpecification
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoints import Call
from edgeauth.ports.facts import Learned
from edgeauth.ports.fields import FieldName
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified


class GenericSpecification(QuestionSpecification):
    """The configuration of `generic`.

    Attributes:
        forward_headers: names of the client's headers that are sent along.
        forward_cookies: names of the client's cookies that are sent along.
        cache_ttl: seconds for which the answer to the same question is believed; 0 is never.
        continue_pipeline_on_error: whether the pipeline goes on without an answer.
    """

    forward_headers: ListOf[FieldName] = ()
    forward_cookies: ListOf[Text] = ()
    cache_ttl: Duration = 10.0
    continue_pipeline_on_error: bool = False


class GenericContextualizer:
    """Asks an endpoint, unless the same was asked a moment ago.

    Args:
        mechanism_id: the id of the catalogue entry; entries do not share answers.
        specification: the configuration in effect.
        services: the cache, the clock and the network.
    """

    def __init__(
        self, mechanism_id: str, specification: GenericSpecification, services: Services
    ) -> None:
        self._services = services
        self._find = services.cache.find
        self._ttl = specification.cache_ttl
        self._tolerant = specification.continue_pipeline_on_error
        owner = fingerprint(b"generic", mechanism_id.encode(), repr(self._ttl).encode())
        forwarded = Forwarded(specification.forward_headers, specification.forward_cookies)
        self._question = Question(owner, specification, forwarded)

    async def contextualize(self, known: Identified) -> Json:
        """Returns the decoded answer; None when it has no content.

        Raises:
            Fault: COMMUNICATION when there was no answer of the 2xx class, INTERNAL when the
                question could not be rendered or the answer is not what its type says. Tolerated
                if the configuration says so, but for a failed TLS handshake: nobody in the middle
                decides what is known.
        """
        try:
            values = self._question.values(known)
            if not self._ttl > 0:
                return await self._ask(self._question.call(known))
            key = self._question.key(known, values)
            remembered = self._find(key)
            if isinstance(remembered, Content):
                return remembered.content
            learn = partial(self._learn, known)
            answer = await self._services.cache.learn(key, CONTENT, learn)
        except Fault as fault:
            if fault.final or not self._tolerant:
                raise
            # Others may be waiting for the same answer and be less tolerant.
            raise Fault(fault.reason, fault.detail, tolerated=True) from None
        return answer.content

    async def _learn(self, known: Identified) -> Learned[Content]:
        content = await self._ask(self._question.call(known))
        return Learned(Content(content), self._services.clock.now() + self._ttl)

    async def _ask(self, call: Call) -> Json:
        answer = await self._services.endpoints.send(call)
        if not 200 <= answer.status < 300:
            raise Fault(Reason.COMMUNICATION, f"the endpoint answered {answer.status}")
        return decode_content(answer)


def _build(
    mechanism_id: str, specification: GenericSpecification, services: Services
) -> GenericContextualizer:
    return GenericContextualizer(mechanism_id, specification, services)


TYPE = mechanism(
    Kind.CONTEXTUALIZER,
    "generic",
    GenericSpecification,
    _build,
    {
        "payload": Override.REPLACE,
        "forward_headers": Override.REPLACE,
        "forward_cookies": Override.REPLACE,
        "cache_ttl": Override.REPLACE,
        "continue_pipeline_on_error": Override.REPLACE,
        "values": Override.MERGE,
    },
)
