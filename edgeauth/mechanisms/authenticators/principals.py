"""Which part of what an issuer says becomes the principal (`principal`, formerly `subject`).

Trust: the issuer's claims. An id that is missing, or that can not be written into a header in one
line, is not an identity.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Final, NamedTuple, cast

from pydantic import Field

from edgeauth.config.scalars import Text
from edgeauth.config.specification import Specification
from edgeauth.expressions.paths import MISSING, Found, Missing, Selector, compile_selector
from edgeauth.expressions.templates.floats import format_float
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import Principal, fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.fields import SelectorText
from edgeauth.wire.json import as_doubles

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Path = Annotated[Selector, SelectorText()]
_Named = Annotated[dict[Text, Path], Field(min_length=1)]


class PrincipalSpecification(Specification):
    """Paths into the claims.

    Attributes:
        id: leads to the identifier.
        attributes: leads to an object, everything unless configured; or a path for each attribute.
            One that leads nowhere is left out.
    """

    id: Path = Field(default_factory=lambda: compile_selector("sub"))
    attributes: Path | _Named = Field(default_factory=lambda: compile_selector("@this"))

    @cached_property
    def fingerprint(self) -> bytes:
        """Returns a digest over what is configured, for cache keys."""
        attributes = self.attributes
        if isinstance(attributes, Selector):
            return fingerprint(self.id.text.encode(), attributes.text.encode())
        named = [part.encode() for name, path in attributes.items() for part in (name, path.text)]
        return fingerprint(self.id.text.encode(), b"by name", *named)

    def extract(
        self, claims: Mapping[str, Json], evidence: bytes, expires_at: float | None
    ) -> Principal:
        """Returns the principal that the claims describe.

        Numbers among the attributes are doubles, but one that is the id keeps every digit: two
        accounts must not become one because a double can not tell them apart.

        Args:
            claims: what the issuer says, verified.
            evidence: the octets that were verified; they make up the fingerprint.
            expires_at: when the claims end.

        Raises:
            Fault: INTERNAL, when the paths lead to nothing that can be an identity.
        """
        return Principal(
            _identifier(self.id.find(claims)),
            _attributes(self._found_attributes(claims)),
            fingerprint(self.fingerprint, evidence),
            expires_at,
        )

    def _found_attributes(self, claims: Mapping[str, Json]) -> Found:
        if isinstance(self.attributes, Selector):
            return self.attributes.find(claims)
        found = {name: path.find(claims) for name, path in self.attributes.items()}
        return {name: value for name, value in found.items() if not isinstance(value, Missing)}


class WrittenPrincipal(NamedTuple):
    """A principal as other processes are told it."""

    id: str
    attributes: dict[str, object]
    fingerprint: bytes
    expires_at: float | None

    @classmethod
    def of(cls, principal: Principal) -> "WrittenPrincipal":
        """Returns a principal taken apart."""
        attributes: dict[str, object] = dict(principal.attributes)
        return cls(principal.id, attributes, principal.fingerprint, principal.expires_at)

    def principal(self) -> Principal:
        """Returns the principal."""
        attributes = cast("dict[str, Json]", self.attributes)
        return Principal(self.id, attributes, self.fingerprint, self.expires_at)


def _attributes(value: Found) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise Fault(Reason.INTERNAL, "the principal's attributes are no object in the claims")
    try:
        return {name: as_doubles(member) for name, member in value.items()}
    except Malformed:
        raise Fault(Reason.INTERNAL, "the claims hold a number that is too large") from None


def _identifier(value: Found) -> str:
    if value is MISSING:
        raise Fault(Reason.INTERNAL, "the principal's id is not in the claims")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return format_float(value, "f")
    if not isinstance(value, str) or not value or _CONTROL.search(value):
        raise Fault(Reason.INTERNAL, "the principal's id in the claims is no identifier")
    return value
