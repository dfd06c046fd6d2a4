"""Asks an HTTP service what else is known: a policy information point.

It never decides. What it brings is kept for later steps, and what they make of it is their matter;
but where nothing can be brought the pipeline ends.

Trust: the answer is believed as far as its format goes. Names and values of what is forwarded are
the client's.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, NamedTuple

from pydantic import Field

from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.content import decode_content
from edgeauth.mechanisms.forwarding import Forwarded
from edgeauth.mechanisms.values import Values, ValueTemplate, encode_text, unambiguous
from edgeauth.model.errors import Fault, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.endpoints import Call, StepEndpoint
from edgeauth.ports.fields import FieldName, TemplateOf
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Identified
from edgeauth.wire.json import dumps


class GenericSpecification(Specification):
    """The configuration of `generic`.

    Attributes:
        endpoint: who is asked.
        payload: the body of the question.
        forward_headers: names of the client's headers that are sent along.
        forward_cookies: names of the client's cookies that are sent along.
        cache_ttl: seconds for which the answer to the same question is believed; 0 is never.
        values: what the templates see as `Values`.
    """

    endpoint: StepEndpoint
    payload: Annotated[Template, TemplateOf("Request", "Subject", "Outputs", "Values")] | None = (
        None
    )
    forward_headers: ListOf[FieldName] = ()
    forward_cookies: ListOf[Text] = ()
    cache_ttl: Duration = 10.0
    values: dict[str, ValueTemplate] = Field(default_factory=dict)


class _Answer(NamedTuple):
    """A remembered answer; one without content is an answer as well."""

    content: Json


class GenericContextualizer:
    """Asks an endpoint, unless the same was asked a moment ago.

    The key of the cache covers everything that the question is made of: the configuration, the
    rendered values, and of subject and outputs what the templates read. Where they read the
    request, or something of it is forwarded, it covers the rendered question octet for octet.

    Args:
        mechanism_id: the id of the catalogue entry; entries do not share answers.
        specification: the configuration in effect.
        services: the cache, the clock and the network.
    """

    def __init__(
        self, mechanism_id: str, specification: GenericSpecification, services: Services
    ) -> None:
        self._specification = specification
        self._services = services
        self._forwarded = Forwarded(specification.forward_headers, specification.forward_cookies)
        self._values = Values(specification.values)
        self._read = _variables(specification)
        self._key_part = _fingerprint(mechanism_id, specification)

    async def contextualize(self, known: Identified) -> Json:
        """Returns the decoded answer; None when it has no content.

        Raises:
            Fault: COMMUNICATION when there was no answer of the 2xx class, INTERNAL when the
                question could not be rendered or the answer is not what its type says.
        """
        scope = known.scope()
        values = self._values.render(scope)
        scope["Values"] = values
        ttl = self._specification.cache_ttl
        if not ttl > 0:
            return await self._ask(self._call(known, scope))
        key = self._key(known, values, scope)
        remembered = self._services.cache.find(key)
        if isinstance(remembered, _Answer):
            return remembered.content
        content = await self._ask(self._call(known, scope))
        self._services.cache.store(key, _Answer(content), self._services.clock.now() + ttl)
        return content

    def _key(
        self, known: Identified, values: Mapping[str, str], scope: Mapping[str, object]
    ) -> bytes:
        if "Request" in self._read:
            return fingerprint(self._key_part, self._call(known, scope).fingerprint)
        # The names of the values are in the part that never changes.
        subject = known.subject.fingerprint if "Subject" in self._read else b""
        outputs = dumps(known.outputs) if "Outputs" in self._read else b""
        parts = (self._key_part, subject, unambiguous(values.values()), b"|", outputs)
        return sha256(b"".join(parts)).digest()

    async def _ask(self, call: Call) -> Json:
        answer = await self._services.endpoints.send(call)
        if not 200 <= answer.status < 300:
            raise Fault(Reason.COMMUNICATION, f"the endpoint answered {answer.status}")
        return decode_content(answer)

    def _call(self, known: Identified, scope: Mapping[str, object]) -> Call:
        specification = self._specification
        payload = specification.payload
        scope = {**scope, "Values": self._values.in_pieces(scope)}
        body = None if payload is None else encode_text(payload.render(scope))
        return specification.endpoint.call(
            scope, body, self._forwarded.of(known.matched.request.headers)
        )


def _variables(specification: GenericSpecification) -> frozenset[str]:
    """Returns what the question is made of; forwarded fields count as the request."""
    templates = [specification.endpoint.url, *specification.endpoint.headers.values()]
    if specification.payload is not None:
        templates.append(specification.payload)
    read = {name for template in templates for name in template.variables}
    if specification.forward_headers or specification.forward_cookies:
        read.add("Request")
    return frozenset(read)


def _fingerprint(mechanism_id: str, specification: GenericSpecification) -> bytes:
    payload = specification.payload
    return fingerprint(
        b"generic",
        mechanism_id.encode(),
        specification.endpoint.fingerprint,
        b"" if payload is None else b"=" + payload.text.encode(),
        repr(specification.cache_ttl).encode(),
        # With the texts: where a value may stand in the URL depends on who wrote it.
        *(f"{name}={template.text}".encode() for name, template in specification.values.items()),
    )


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
        "values": Override.MERGE,
    },
)
