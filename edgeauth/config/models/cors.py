"""What pages of other origins may do."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, model_validator

from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.scalars import Duration, ListOf
from edgeauth.config.specification import Specification

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/@\s*]*\*?[^/@\s*]*", re.IGNORECASE)
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _check_origin(origin: str) -> str:
    if origin != "*" and _ORIGIN.fullmatch(origin) is None:
        raise not_expected("* or an origin such as https://shop.test or https://*.shop.test")
    return origin


def _check_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise not_expected("the name of a header, or *")
    return name


Origin: TypeAlias = Annotated[str, AfterValidator(_check_origin)]
HeaderName: TypeAlias = Annotated[str, AfterValidator(_check_name)]
CorsMethod: TypeAlias = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class Cors(Specification):
    """Preflights are answered here, and responses tell browsers who may read them."""

    allowed_origins: ListOf[Origin] = ()
    """Empty means any origin; one `*` stands for any text in the name of a host."""
    allowed_methods: ListOf[CorsMethod] = ()
    """Empty means GET, HEAD and POST."""
    allowed_headers: ListOf[HeaderName] = ()
    """Request headers beyond those that need no permission; `*` is any."""
    exposed_headers: ListOf[HeaderName] = ()
    """Response headers that pages may read."""
    allow_credentials: bool = False
    """Whether cookies and the like may come along."""
    max_age: Duration = 0.0
    """How long a browser may remember a preflight."""

    @model_validator(mode="after")
    def _check_credentials(self) -> "Cors":
        refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        if self.allow_credentials and (not self.allowed_origins or "*" in self.allowed_origins):
            yield Finding(
                "credentials of any origin: no browser sends them",
                ("allow_credentials",),
                "name the origins in allowed_origins",
            )
