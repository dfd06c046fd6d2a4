"""Rule sets of dialect `1alpha4`: plain files and `RuleSet` documents."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from edgeauth.config.models import rules
from edgeauth.config.models.steps import Execute1alpha4
from edgeauth.config.scalars import ListOf
from edgeauth.config.specification import Moved

_HTTP: Final = Moved("of dialect 1beta1; its keys stand in match itself in 1alpha4", "routes")


class Route1alpha4(rules.Route):
    """One of the paths of a rule."""

    moved: ClassVar[Mapping[str, Moved]] = {
        "captures": Moved('"path_params" in 1alpha4', "path_params")
    }

    path_params: ListOf[rules.PathCondition] = ()


class Match1alpha4(rules.Match):
    """Which requests a rule is for; everything given must hold."""

    moved: ClassVar[Mapping[str, Moved]] = {
        "http": _HTTP,
        "paths": Moved('"routes" in 1alpha4', "routes"),
    }

    routes: Annotated[ListOf[Route1alpha4], Field(min_length=1)]
    hosts: ListOf[rules.HostCondition] = ()
    """Empty means every host."""
    backtracking_enabled: bool | None = None
    """Accepted and without effect, as in the reference."""


class Rule1alpha4(rules.Rule):
    """Which requests, which pipeline, and where to."""

    match: Match1alpha4
    execute: Execute1alpha4

    @property
    def matcher(self) -> rules.Match:
        """Which requests the rule is for."""
        return self.match


Rules1alpha4: TypeAlias = Annotated[
    ListOf[Rule1alpha4], Field(min_length=1), AfterValidator(rules.unique)
]


class RuleSetFile1alpha4(rules.RuleSetFile):
    """A rule set as a file of its own."""

    version: Annotated[Literal["1alpha4"], BeforeValidator(rules.known_version)]
    rules: Rules1alpha4


class RuleSetBody1alpha4(rules.RuleSetBody):
    """The rules of a `RuleSet` document."""

    rules: Rules1alpha4


class RuleSetDocument1alpha4(rules.RuleSetDocument):
    """A rule set as Kubernetes keeps it."""

    api_version: Annotated[
        Literal["heimdall.dadrus.github.com/v1alpha4", "edgeauth.dev/v1alpha4"],
        BeforeValidator(rules.known_api_version),
    ] = Field(alias="apiVersion")
    spec: RuleSetBody1alpha4
