"""Questions to an endpoint about an identified request, and under which key an answer is kept.

Trust: what templates render, and names and values of what is forwarded, may be anybody's words.
"""

from typing import Annotated, Final, NamedTuple, cast

from pydantic import Field

from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.forwarding import Forwarded
from edgeauth.mechanisms.values import Values, ValueTemplate, cache_key, encode_text
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.endpoints import Call, StepEndpoint
from edgeauth.ports.facts import fact_kind
from edgeauth.ports.fields import TemplateOf
from edgeauth.ports.stages import Identified
from edgeauth.wire.json import dumps


class QuestionSpecification(Specification):
    """What a question is made of.

    Attributes:
        endpoint: who is asked.
        payload: the body of the question.
        values: what the templates see as `Values`.
    """

    endpoint: StepEndpoint
    payload: Annotated[Template, TemplateOf("Request", "Subject", "Outputs", "Values")] | None = (
        None
    )
    values: dict[str, ValueTemplate] = Field(default_factory=dict)


class Question:
    """Renders a question, and says which questions are the same.

    The key of an answer covers everything that the question is made of: the configuration, the
    rendered values, and of subject and outputs what the templates read. Where they read the
    request, or something of it is forwarded, it covers the rendered question octet for octet.

    Args:
        owner: tells apart who asks: answers are not shared between mechanisms.
        specification: the configuration in effect.
        forwarded: what is sent along of the client's request.
    """

    def __init__(
        self, owner: bytes, specification: QuestionSpecification, forwarded: Forwarded | None = None
    ) -> None:
        self._endpoint = specification.endpoint
        self._payload = specification.payload
        self._values = Values(specification.values)
        self._forwarded = forwarded or Forwarded((), ())
        read = self._variables()
        self._reads_request = "Request" in read
        self._reads_subject = "Subject" in read
        self._reads_outputs = "Outputs" in read
        self._key_part = _fingerprint(owner, specification)

    def values(self, known: Identified) -> dict[str, str]:
        """Returns the values of the question about a request.

        Raises:
            Fault: INTERNAL, when one of them has none.
        """
        return self._values.render(known.scope())

    def key(self, known: Identified, values: dict[str, str]) -> bytes:
        """Returns the key under which the answer is kept.

        Raises:
            Fault: INTERNAL, when the question can not be rendered.
        """
        if self._reads_request:
            return cache_key(self._key_part, self.call(known).fingerprint)
        subject = known.subject.fingerprint if self._reads_subject else b""
        outputs = dumps(known.outputs) if self._reads_outputs else b""
        return cache_key(self._key_part, subject, values, outputs)

    def call(self, known: Identified) -> Call:
        """Returns the rendered question.

        Raises:
            Fault: INTERNAL, when it can not be rendered.
        """
        scope = known.scope()
        scope["Values"] = self._values.in_pieces(scope)
        body = None if self._payload is None else encode_text(self._payload.render(scope))
        sent = known.matched.request.headers
        return self._endpoint.call(scope, body, self._forwarded.of(sent))

    def _variables(self) -> frozenset[str]:
        """Returns what the question is made of; forwarded fields count as the request."""
        templates = [self._endpoint.url, *self._endpoint.headers.values()]
        if self._payload is not None:
            templates.append(self._payload)
        read = {name for template in templates for name in template.variables}
        return frozenset(read | {"Request"} if self._forwarded else read)


class Content(NamedTuple):
    """A remembered answer; one without content is an answer as well."""

    content: Json
    headers: tuple[tuple[str, str], ...] = ()
    """Those of the answer's headers that are of use, lower-cased names."""


class _Written(NamedTuple):
    content: object
    headers: tuple[tuple[str, str], ...]


CONTENT: Final = fact_kind(
    "content.1",
    Content,
    _Written,
    lambda known: _Written(*known),
    lambda written: Content(cast("Json", written.content), written.headers),
)
"""Remembered answers, as other processes are told them."""


def _fingerprint(owner: bytes, specification: QuestionSpecification) -> bytes:
    payload = specification.payload
    return fingerprint(
        owner,
        specification.endpoint.fingerprint,
        b"" if payload is None else b"=" + payload.text.encode(),
        # With the texts: where a value may stand in the URL depends on who wrote it.
        *(f"{name}={template.text}".encode() for name, template in specification.values.items()),
    )
