"""Rule sets of dialect `1beta1`: plain files and `RuleSet` documents."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from edgeauth.config.findings import not_expected
from edgeauth.config.models import rules
from edgeauth.config.models.steps import Execute1beta1
from edgeauth.config.scalars import ListOf
from edgeauth.config.specification import Moved, Specification


class Path1beta1(rules.Route):
    """One of the paths of a rule."""

    moved: ClassVar[Mapping[str, Moved]] = {
        "path_params": Moved('"captures" in 1beta1', "captures")
    }

    path_params: ListOf[rules.PathCondition] = Field(default=(), alias="captures")


def parse_host(value: object) -> rules.HostCondition:
    """Returns the condition that a host or a host with a wildcard stands for."""
    if isinstance(value, dict):
        raise not_expected("text such as shop.test or *.shop.test: 1beta1 has no types of hosts")
    if not isinstance(value, str) or not rules.is_host_expression(value):
        raise not_expected("a host such as shop.test, *.shop.test or *")
    kind: Literal["exact", "wildcard"] = "wildcard" if value.startswith("*") else "exact"
    return rules.HostCondition(type=kind, value=value)


HostExpression: TypeAlias = Annotated[
    rules.HostCondition, PlainValidator(parse_host), WithJsonSchema({"type": "string"})
]


class HttpMatch(rules.Match):
    """Which HTTP requests a rule is for; everything given must hold."""

    moved: ClassVar[Mapping[str, Moved]] = {
        "routes": Moved('"paths" in 1beta1', "paths"),
        "backtracking_enabled": Moved("without effect, and not known in 1beta1", ""),
    }

    routes: Annotated[ListOf[Path1beta1], Field(min_length=1)] = Field(alias="paths")
    hosts: ListOf[HostExpression] = ()
    """Empty means every host."""


class Match1beta1(Specification):
    """Which requests a rule is for."""

    moved: ClassVar[Mapping[str, Moved]] = {
        **{
            name: Moved(f"match.http.{new} in 1beta1", "http")
            for name, new in (
                ("routes", "paths"),
                ("paths", "paths"),
                ("methods", "methods"),
                ("scheme", "scheme"),
                ("hosts", "hosts"),
            )
        },
        "backtracking_enabled": Moved("without effect, and not known in 1beta1", ""),
    }

    http: HttpMatch


class Rule1beta1(rules.Rule):
    """Which requests, which pipeline, and where to."""

    match: Match1beta1
    execute: Execute1beta1

    @property
    def matcher(self) -> rules.Match:
        """Which requests the rule is for."""
        return self.match.http


Rules1beta1: TypeAlias = Annotated[
    ListOf[Rule1beta1], Field(min_length=1), AfterValidator(rules.unique)
]


class RuleSetFile1beta1(rules.RuleSetFile):
    """A rule set as a file of its own."""

    version: Annotated[Literal["1beta1"], BeforeValidator(rules.known_version)]
    rules: Rules1beta1


class RuleSetBody1beta1(rules.RuleSetBody):
    """The rules of a `RuleSet` document."""

    rules: Rules1beta1


class RuleSetDocument1beta1(rules.RuleSetDocument):
    """A rule set as Kubernetes keeps it."""

    api_version: Annotated[
        Literal["heimdall.dadrus.github.com/v1beta1", "edgeauth.dev/v1beta1"],
        BeforeValidator(rules.known_api_version),
    ] = Field(alias="apiVersion")
    spec: RuleSetBody1beta1
