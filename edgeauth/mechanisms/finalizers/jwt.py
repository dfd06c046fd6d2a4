"""Tells the upstream who is asking and what was decided, in a signed contract.

Contracts are remembered, because a signature costs more than everything else on a warm path. The
key of the cache covers all that the contract says: the signer, the claims' template, the subject
as it was proven, the rendered values, and the outputs where the template reads them. So a contract
is never told to another subject, and never tells what was decided about another request.

A contract does not outlive the credential it is based on: it ends with that or after `ttl`,
whichever comes first, but not sooner than in `SHORTEST_TTL` seconds. The authenticator has just
believed the credential, clock leeway included, and the upstream must have the time to do so too.

Source:
    RFC 7519 section 4.1.3; RFC 8725 section 3.9 (a contract that says whom it is for).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import Field, field_validator

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import ByteSize, Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.expressions.templates import Template
from edgeauth.mechanisms.values import Values, ValueTemplate, cache_key
from edgeauth.model.decision import HeaderEdits
from edgeauth.model.errors import Fault, Malformed, Reason
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.ports.declare import Kind, Override, mechanism
from edgeauth.ports.fields import FieldName, TemplateOf
from edgeauth.ports.key_places import KeyChoice
from edgeauth.ports.services import Services
from edgeauth.ports.stages import Granted
from edgeauth.wire.headers import is_token
from edgeauth.wire.json import dumps, loads

SHORTEST_TTL: Final = 10.0
"""Seconds; a shorter configured `ttl` counts all the same."""
_MARGIN: Final = 5.0
"""Seconds before its end from which a contract is made anew."""


class SignerSpecification(KeyChoice):
    """Who signs, and with which key.

    Attributes:
        name: becomes `iss`.
    """

    name: Text = "edgeauth"


class CarrierSpecification(Specification):
    """The header that carries the contract; without a scheme its value is the bare contract."""

    name: FieldName
    scheme: Text | None = None

    @field_validator("scheme")
    @classmethod
    def _check_scheme(cls, scheme: str | None) -> str | None:
        if scheme is not None and not is_token(scheme.encode("utf-8", "replace")):
            raise not_expected("a scheme such as Bearer")
        return scheme


class JwtFinalizerSpecification(Specification):
    """The configuration of `jwt`.

    Attributes:
        signer: who signs; becomes `iss`.
        claims: a template that renders a JSON object; the standard claims win over it.
        values: what the claims see as `Values`.
        audience: whom contracts are for; wins over what the claims say.
        ttl: seconds until a contract ends; more than one.
        size_limit: octets of a contract; a longer one is an internal error.
        header: where the upstream finds it.
    """

    signer: SignerSpecification
    claims: Annotated[Template, TemplateOf("Subject", "Outputs", "Values")] | None = None
    values: dict[str, ValueTemplate] = Field(default_factory=dict)
    audience: Annotated[ListOf[Text], Field(min_length=1)] | None = None
    ttl: Duration = 300.0
    size_limit: ByteSize = 16 * 1024
    header: CarrierSpecification = CarrierSpecification(name="Authorization", scheme="Bearer")

    @field_validator("ttl")
    @classmethod
    def _check_ttl(cls, ttl: float) -> float:
        if not ttl > 1:
            raise not_expected("more than 1s")
        return ttl


class JwtFinalizer:
    """Signs contracts and remembers them until shortly before their end.

    Args:
        mechanism_id: the id of the catalogue entry.
        specification: the configuration in effect.
        services: signers, clock and cache.

    Raises:
        ValueError: the key store can not be used.
    """

    def __init__(
        self, mechanism_id: str, specification: JwtFinalizerSpecification, services: Services
    ) -> None:
        signer = specification.signer
        self._signer = services.signers.signer(signer.name, signer.place, specification.ttl)
        self._cache = services.cache
        self._now = services.clock.now
        self._ttl = specification.ttl
        self._most_octets = specification.size_limit
        self._audience = _audience(specification.audience or ())
        self._claims = specification.claims
        # Without claims nobody reads the values, and a value that fails must not matter.
        names = {} if self._claims is None else specification.values
        self._values = Values(names)
        self._reads_outputs = self._claims is not None and "Outputs" in self._claims.variables
        self._header = specification.header.name.lower().encode("ascii")
        scheme = specification.header.scheme
        self._prefix = b"" if scheme is None else scheme.encode("ascii") + b" "
        self._key_part = self._fingerprint(mechanism_id)

    async def finalize(self, granted: Granted) -> HeaderEdits:
        """Returns the field with the contract.

        Raises:
            Fault: INTERNAL, when a value has none, the claims are no JSON object, or it all is
                longer than the limit.
        """
        known = granted.known
        scope = known.scope()
        values = self._values.render(scope)
        outputs = dumps(known.outputs) if self._reads_outputs else b""
        signer = self._signer.fingerprint  # another one once another key signs (attack 193)
        key = cache_key(self._key_part, signer, known.subject.fingerprint, values, outputs)
        remembered = self._cache.find(key)
        if isinstance(remembered, HeaderEdits):
            return remembered
        now = self._now()
        ttl = self._time_left(known.subject.expires_at, now)
        claims = {**self._render(scope, values), **self._audience}
        contract = self._signer.sign(known.subject.id, claims, now, ttl)
        if len(contract) > self._most_octets:
            raise Fault(Reason.INTERNAL, "the contract is larger than size_limit")
        edits = HeaderEdits(((self._header, self._prefix + contract),))
        self._cache.store(key, edits, now + ttl - min(_MARGIN, ttl / 2))
        return edits

    def owns(self) -> tuple[bytes, ...]:
        """Returns the name of the header that carries the contract."""
        return (self._header,)

    def _fingerprint(self, mechanism_id: str) -> bytes:
        return fingerprint(
            b"contract",
            mechanism_id.encode(),
            b"" if self._claims is None else self._claims.text.encode(),
            dumps(self._audience),
            repr(self._ttl).encode(),
            self._header,
            self._prefix,
        )

    def _time_left(self, expires_at: float | None, now: float) -> float:
        if expires_at is None:
            return self._ttl
        return min(self._ttl, max(expires_at - now, SHORTEST_TTL))

    def _render(self, scope: Mapping[str, object], values: Mapping[str, str]) -> Mapping[str, Json]:
        if self._claims is None:
            return {}
        try:
            claims = loads(self._claims.render({**scope, "Values": values}))
        except Malformed:
            claims = None
        if not isinstance(claims, Mapping):
            raise Fault(Reason.INTERNAL, "the claims did not render to a JSON object")
        return claims


def _audience(names: Sequence[str]) -> Mapping[str, Json]:
    """Returns the claim; one name stands alone, as RFC 7519 section 4.1.3 permits."""
    if not names:
        return {}
    return {"aud": names[0] if len(names) == 1 else list(names)}


def _build(
    mechanism_id: str, specification: JwtFinalizerSpecification, services: Services
) -> JwtFinalizer:
    return JwtFinalizer(mechanism_id, specification, services)


TYPE = mechanism(
    Kind.FINALIZER,
    "jwt",
    JwtFinalizerSpecification,
    _build,
    {
        "claims": Override.REPLACE,
        "values": Override.MERGE,
        "audience": Override.REPLACE,
        "ttl": Override.REPLACE,
    },
)
