"""What a token must say, as it is configured (`assertions`).

A rule's assertions are merged over those of the catalogue property by property.
"""

from collections.abc import Collection
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator

from edgeauth.config.findings import not_expected
from edgeauth.config.scalars import Duration, ListOf, Text
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.possession import Possessions
from edgeauth.wire.jwt import DEFAULT_ALGORITHMS, Assertions
from edgeauth.wire.scopes import NO_SCOPES, ScopeMatching, ScopeRequirement

LONGEST_LEEWAY: Final = 60.0
"""Seconds. Clocks that differ by more are broken, and an expired token is not a current one."""


AlgorithmName = Literal[
    "EdDSA", "Ed25519", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
    "RS256", "RS384", "RS512", "HS256", "HS384", "HS512",
]  # fmt: skip


class ScopesSpecification(Specification):
    """Scopes and how they are compared; a plain list is compared exactly."""

    matching_strategy: Literal["exact", "hierarchic", "wildcard"] = "exact"
    values: ListOf[Text]

    def build(self) -> ScopeRequirement:
        """Returns the requirement that this describes."""
        return ScopeRequirement(self.values, ScopeMatching(self.matching_strategy))


def _from_list(value: object) -> object:
    return {"values": value} if isinstance(value, list) else value


DemandedScopes: TypeAlias = Annotated[ScopesSpecification, BeforeValidator(_from_list)]
"""Scopes; a plain list is compared exactly."""


class AssertionsSpecification(Specification):
    """Properties that are absent demand nothing, or have the defaults of `Assertions`.

    Attributes:
        issuers: whose tokens are accepted.
        audience: one of them has to be named.
        scopes: have to be granted, all of them.
        allowed_algorithms: what tokens, signed answers and proofs may be signed with.
        validity_leeway: seconds by which clocks may differ; at most 60.
        proof_of_possession: what a token has to be bound to: one entry, or a list of which one
            is enough. What a token is bound to is checked even where nothing is demanded.
    """

    issuers: Annotated[ListOf[Text], Field(min_length=1)] | None = None
    audience: Annotated[ListOf[Text], Field(min_length=1)] = ()
    scopes: DemandedScopes | None = None
    allowed_algorithms: Annotated[ListOf[AlgorithmName], Field(min_length=1)] | None = None
    validity_leeway: Duration = 10.0
    proof_of_possession: Annotated[Possessions, Field(min_length=1)] | None = None

    @field_validator("validity_leeway")
    @classmethod
    def _check_leeway(cls, value: float) -> float:
        if value > LONGEST_LEEWAY:
            raise not_expected("at most 60s, or expired tokens pass")
        return value

    @property
    def required_scopes(self) -> ScopeRequirement:
        """Returns what has to be granted."""
        return NO_SCOPES if self.scopes is None else self.scopes.build()

    def build(self, issuers: Collection[str]) -> Assertions:
        """Returns the assertions for tokens of the issuers given."""
        return Assertions(
            frozenset(issuers),
            frozenset(self.audience),
            frozenset(self.allowed_algorithms or DEFAULT_ALGORITHMS),
            self.validity_leeway,
        )
