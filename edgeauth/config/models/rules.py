"""Rule sets of dialect `1alpha4`: plain files and `RuleSet` documents."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, refuse
from edgeauth.config.models.methods import Methods
from edgeauth.config.models.paths import PathExpression, wildcard_names
from edgeauth.config.models.steps import Execute, OnError
from edgeauth.config.scalars import Host, Identifier, ListOf, Text, parse_authority
from edgeauth.config.specification import NOT_YET, Specification
from edgeauth.config.spelling import did_you_mean


class PathCondition(Specification):
    """What the value of a wildcard must look like (`path_params`)."""

    name: Identifier
    type: Literal["exact", "glob", "regex"]
    value: Text


class Route(Specification):
    """One of the paths of a rule."""

    path: PathExpression
    path_params: ListOf[PathCondition] = ()

    @model_validator(mode="after")
    def _conditions_name_wildcards(self) -> Self:
        if self.path_params:
            refuse(self._unknown_names(wildcard_names(self.path)))
        return self

    def _unknown_names(self, names: list[str]) -> Iterator[Finding]:
        for index, condition in enumerate(self.path_params):
            if condition.name not in names:
                message = f'the path has no wildcard "{condition.name}"'
                hint = did_you_mean(condition.name, names)
                yield Finding(message, ("path_params", index, "name"), hint)


class HostCondition(Specification):
    """One of the hosts of a rule."""

    type: Literal["exact", "wildcard", "glob", "regex"]
    value: Text

    @model_validator(mode="after")
    def _is_host(self) -> Self:
        if self.type in ("exact", "wildcard"):
            refuse(self._findings())
        return self

    def _findings(self) -> Iterator[Finding]:
        star = self.value.rfind("*")
        if self.type == "exact" and star >= 0:
            yield Finding("an exact host has no *", ("value",), "did you mean type: wildcard?")
            return
        if self.value == "*":
            return
        bare = self.value.removeprefix("*.")
        try:
            parse_authority(bare)
        except ValueError:
            hint = "expected a host such as shop.test"
            if self.type == "wildcard":
                hint += ", *.shop.test or *"
            yield Finding("not a host", ("value",), hint)


class Match(Specification):
    """Which requests a rule is for; everything given must hold."""

    refused: ClassVar[Mapping[str, str]] = {"http": f"dialect 1beta1, {NOT_YET}"}

    routes: Annotated[ListOf[Route], Field(min_length=1)]
    methods: Methods = ()
    """Empty means every method."""
    scheme: Literal["http", "https"] | None = None
    hosts: ListOf[HostCondition] = ()
    """Empty means every host."""
    backtracking_enabled: bool | None = None
    """Accepted and without effect, as in the reference."""


class Rewrite(Specification):
    """What changes between the client's URL and the upstream's."""

    scheme: Literal["http", "https"] | None = None
    strip_path_prefix: str = ""
    add_path_prefix: str = ""
    strip_query_parameters: ListOf[Text] = ()

    @model_validator(mode="after")
    def _makes_paths(self) -> Self:
        if self.add_path_prefix.endswith("/") and not self.strip_path_prefix.endswith("/"):
            # Every request would be refused: what follows begins with a slash as well.
            message = "the prefix makes paths with two slashes"
            refuse([Finding(message, ("add_path_prefix",), "leave the last slash out")])
        return self


class ForwardTo(Specification):
    """The upstream of a rule."""

    host: Host
    forward_host_header: bool = True
    rewrite: Rewrite = Rewrite()


class Rule(Specification):
    """Which requests, which pipeline, and where to."""

    id: Identifier
    match: Match
    allow_encoded_slashes: Literal["off", "on", "no_decode"] = "off"
    forward_to: ForwardTo | None = None
    execute: Execute
    on_error: OnError = ()


def _unique(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    seen: set[str] = set()
    findings: list[Finding] = []
    for index, rule in enumerate(rules):
        if rule.id in seen:
            message = f'duplicate rule "{rule.id}"'
            findings.append(Finding(message, (index, "id"), code=Code.DUPLICATE_ID))
        seen.add(rule.id)
    refuse(findings)
    return rules


Rules: TypeAlias = Annotated[ListOf[Rule], Field(min_length=1), AfterValidator(_unique)]


class RuleSetFile(Specification):
    """A rule set as a file of its own."""

    version: Literal["1alpha4"]
    name: str = ""
    rules: Rules


class Metadata(Specification):
    """What Kubernetes says of an object; only the name matters here."""

    model_config = ConfigDict(extra="ignore")

    name: Text
    namespace: str = ""


class RuleSetBody(Specification):
    """The rules of a `RuleSet` document."""

    auth_class_name: Annotated[str, Field(max_length=56)] = Field(
        default="default", alias="authClassName"
    )
    rules: Rules


class RuleSetDocument(Specification):
    """A rule set as Kubernetes keeps it."""

    refused: ClassVar[Mapping[str, str]] = {"version": "not accepted beside apiVersion"}

    api_version: Literal["heimdall.dadrus.github.com/v1alpha4", "edgeauth.dev/v1alpha4"] = Field(
        alias="apiVersion"
    )
    kind: Literal["RuleSet"]
    metadata: Metadata
    spec: RuleSetBody
    status: dict[str, object] | None = None
    """What a cluster has written; passed over."""
