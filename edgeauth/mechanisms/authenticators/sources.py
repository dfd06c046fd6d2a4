"""Where a token is looked for, as it is configured (`jwt_source`)."""

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import AfterValidator, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification
from edgeauth.wire.credentials import (
    BodySource,
    CookieSource,
    HeaderSource,
    QuerySource,
    Source,
)
from edgeauth.wire.headers import is_token


def _check_token(text: str) -> str:
    if not is_token(text.encode("utf-8", "replace")):
        raise not_expected("a name without blanks and separators")
    return text


Name = Annotated[str, AfterValidator(_check_token)]


class SourceSpecification(Specification):
    """One place: a header with an optional scheme, a cookie, a query or a body parameter."""

    header: Name | None = None
    scheme: Name | None = None
    cookie: Name | None = None
    query_parameter: Text | None = None
    body_parameter: Text | None = None

    @model_validator(mode="after")
    def _check_one(self) -> "SourceSpecification":
        named = [self.header, self.cookie, self.query_parameter, self.body_parameter]
        if len(named) - named.count(None) != 1:
            names = "header, cookie, query_parameter and body_parameter"
            refuse([Finding(f"expected exactly one of {names}")])
        if self.scheme is not None and self.header is None:
            refuse([Finding("a scheme goes with a header only", ("scheme",), on_key=True)])
        return self

    def build(self) -> Source:
        """Returns the source that this describes."""
        if self.header is not None:
            return HeaderSource(self.header, self.scheme or "")
        if self.cookie is not None:
            return CookieSource(self.cookie)
        if self.body_parameter is not None:
            return BodySource(self.body_parameter)
        return QuerySource(self.query_parameter or "")


TOKEN_SOURCES: Final[tuple[Source, ...]] = (
    HeaderSource("Authorization", "Bearer"),
    HeaderSource("Authorization", "DPoP"),
    QuerySource("access_token"),
    BodySource("access_token", forms_only=True),
)
"""Where access tokens stand unless configured.

The form comes last: only of a request without a token in its head is the content read.

Source:
    RFC 6750 sections 2.1, 2.3 and 2.2; RFC 9449 section 7.1.
"""


def build_sources(configured: Sequence[SourceSpecification] | None) -> tuple[Source, ...]:
    """Returns the configured sources in their order, or those of access tokens."""
    if configured is None:
        return TOKEN_SOURCES
    return tuple(each.build() for each in configured)
