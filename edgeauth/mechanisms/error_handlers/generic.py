"""Answers a refusal as configured: status, headers, and a text or a problem document as content.

Challenges of the refusal are kept where the answer has their status, 401 as a rule, since a client
must be told there how it can authenticate.

Trust: templates see the request, so what they render may be anybody's words. A line break in a
header value is an error, a value stays in its place in a `Location`, whose host the configuration
names, and the members of a problem document are encoded as JSON.

Source:
    RFC 9110 sections 11.6.1 and 15; RFC 9457 (problem documents).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import HttpStatus, ListOf
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.fields import header_value
from edgeauth.mechanisms.values import Values, encode_text
from edgeauth.model.decision import Field as HeaderField, Refusal, Response
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.fields import FieldName, TemplateOf
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Matched
from edgeauth.ports.url_places import is_location, render_location
from edgeauth.wire.json import dumps

_WITHOUT_CONTENT: Final = frozenset({204, 205, 304})
_TEXT: Final = b"text/plain; charset=utf-8"
_PROBLEM: Final = b"application/problem+json"

AnswerTemplate = Annotated[Template, TemplateOf("Request", "Values")]
"""What the templates of an answer see."""


def _check_header_value(template: Template) -> Template:
    if template.constant is not None and not template.constant.strip():
        raise not_expected("a value")
    return template


def _check_one(header: Mapping[str, Template]) -> Mapping[str, Template]:
    if len(header) != 1:
        raise not_expected("one header in each entry, so that their order is plain")
    return header


HeaderEntry = Annotated[
    dict[FieldName, Annotated[AnswerTemplate, AfterValidator(_check_header_value)]],
    AfterValidator(_check_one),
]


class ProblemSpecification(Specification):
    """The members of a problem document; `status` is added.

    Attributes:
        type: a URI that identifies the kind of problem.
        title: a summary for people.
        detail: what to do about this occurrence.
        instance: a URI of this occurrence.
    """

    type: AnswerTemplate | None = None
    title: AnswerTemplate | None = None
    detail: AnswerTemplate | None = None
    instance: AnswerTemplate | None = None


class GenericErrorHandlerSpecification(Specification):
    """The configuration of `generic`.

    Attributes:
        code: the status.
        headers: entries with one header each; a name may come in several.
        body: the content, plain text unless a `Content-Type` is among the headers.
        problem_details: the content as a problem document, in place of `body`.
        values: what the templates see as `Values`; they see the request themselves.
    """

    code: HttpStatus
    headers: ListOf[HeaderEntry] = ()
    body: AnswerTemplate | None = None
    problem_details: ProblemSpecification | None = None
    values: dict[str, Annotated[Template, TemplateOf("Request")]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_content(self) -> "GenericErrorHandlerSpecification":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.body is not None and self.problem_details is not None:
            yield Finding(
                "body and problem_details exclude each other", ("problem_details",), on_key=True
            )
        for number, header in enumerate(self.headers):
            for name, template in header.items():
                constant = template.constant if name.lower() == "location" else None
                if constant is not None and not is_location(constant):
                    hint = "a URL such as https://id.example.com/login, or a path such as /login"
                    yield Finding("leads nowhere", ("headers", number, name), hint)
        for name in ("body", "problem_details"):
            if self.code in _WITHOUT_CONTENT and getattr(self, name) is not None:
                yield Finding(f"an answer {self.code} has no content", (name,), on_key=True)


class GenericErrorHandler:
    """Renders an answer.

    Args:
        specification: the configuration in effect.
    """

    def __init__(self, specification: GenericErrorHandlerSpecification) -> None:
        self._code = specification.code
        self._values = Values(specification.values)
        self._headers = tuple(
            (name.lower().encode("ascii"), template)
            for header in specification.headers
            for name, template in header.items()
        )
        self._names = frozenset(name for name, _ in self._headers)
        self._body = specification.body
        self._problem = specification.problem_details

    def status(self) -> int:
        """Returns the status of its answers."""
        return self._code

    async def respond(self, refusal: Refusal, seen: Matched) -> Response:
        """Returns the answer, not to be cached unless its headers say otherwise.

        Raises:
            Fault: INTERNAL, when a template has no value, or a header one that is no line.
        """
        scope = seen.scope()
        scope["Values"] = self._values.render(scope)
        body = self._content(scope)
        fields = [*self._fields(scope), *self._assumed(refusal, has_content=bool(body))]
        return Response(self._code, tuple(fields), body)

    def _fields(self, scope: Mapping[str, object]) -> Iterator[HeaderField]:
        for name, template in self._headers:
            value = header_value(self._value(name, template, scope))
            if value:
                yield name, value

    def _value(self, name: bytes, template: Template, scope: Mapping[str, object]) -> str:
        if name != b"location":
            return template.render(scope)
        return render_location(template, {**scope, "Values": self._values.in_pieces(scope)})

    def _content(self, scope: Mapping[str, object]) -> bytes:
        if self._body is not None:
            return encode_text(self._body.render(scope))
        if self._problem is None:
            return b""
        document: dict[str, Json] = {"status": self._code}
        for name in ProblemSpecification.model_fields:
            template: Template | None = getattr(self._problem, name)
            if template is not None:
                document[name] = template.render(scope)
        return dumps(document)

    def _assumed(self, refusal: Refusal, *, has_content: bool) -> Iterator[HeaderField]:
        """Yields what belongs into the answer and was not configured."""
        if b"cache-control" not in self._names:
            yield b"cache-control", b"no-store"
        if has_content:
            if b"content-type" not in self._names:
                yield b"content-type", _TEXT if self._problem is None else _PROBLEM
            if b"x-content-type-options" not in self._names:
                yield b"x-content-type-options", b"nosniff"
        if self._code == (refusal.status or 401) and b"www-authenticate" not in self._names:
            for challenge in refusal.challenges:
                yield b"www-authenticate", challenge
            yield from (field for field in refusal.fields if field[0] not in self._names)


def _build(
    _id: str, specification: GenericErrorHandlerSpecification, _services: Services
) -> GenericErrorHandler:
    return GenericErrorHandler(specification)


TYPE = mechanism(
    Kind.ERROR_HANDLER,
    "generic",
    GenericErrorHandlerSpecification,
    _build,
    {
        "code": Override.REPLACE,
        "headers": Override.REPLACE,
        "body": Override.REPLACE,
        "problem_details": Override.REPLACE,
        "values": Override.MERGE,
    },
)
