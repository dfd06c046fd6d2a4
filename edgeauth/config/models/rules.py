"""Rules as every dialect says them: the one form that the catalogue compiles.

Each dialect has a module of its own, which spells the keys: `rules_1alpha4`, `rules_1beta1`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from re import compile as pattern
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias, TypeVar

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticKnownError

from edgeauth.config.codes import Code
from edgeauth.config.findings import Finding, not_expected, refuse
from edgeauth.config.models.methods import Methods
from edgeauth.config.models.paths import PathExpression, wildcard_names
from edgeauth.config.models.sockets import UnixSocket, UpstreamHost
from edgeauth.config.models.steps import OnError, Step
from edgeauth.config.scalars import Identifier, ListOf, Text, parse_authority
from edgeauth.config.specification import MAY_BE_EMPTY, Specification
from edgeauth.config.spelling import did_you_mean

RuleId: TypeAlias = Annotated[str, Field(min_length=1, max_length=1024)]
"""The name of a rule; clusters allow 128 characters of it."""


class PathCondition(Specification):
    """What the value of a wildcard must look like."""

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
                key = type(self).model_fields["path_params"].alias or "path_params"
                yield Finding(message, (key, index, "name"), hint)


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
        if self.type == "exact" and "*" in self.value:
            yield Finding("an exact host has no *", ("value",), "did you mean type: wildcard?")
        elif not is_host_expression(self.value):
            hint = "expected a host such as shop.test"
            if self.type == "wildcard":
                hint += ", *.shop.test or *"
            yield Finding("not a host", ("value",), hint)


def is_host_expression(text: str) -> bool:
    """Returns whether a text is a host, `*.` and a host, or `*`."""
    if text == "*":
        return True
    try:
        parse_authority(text.removeprefix("*."))
    except ValueError:
        return False
    return True


class Match(Specification):
    """Which requests a rule is for; everything given must hold."""

    routes: tuple[Route, ...]
    methods: Methods = ()
    """Empty means every method."""
    scheme: Literal["http", "https"] | None = None
    hosts: tuple[HostCondition, ...] = ()
    """Empty means every host."""


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


_PROTOCOL: Final = pattern(r"[A-Za-z0-9!#$%&'*+.^_`|~/-]{1,64}").fullmatch
_NEVER: Final = ("h2c", "http", "tls")
"""How protocols begin that are another way to make requests, which no rule would see."""


def parse_protocol(text: object) -> str:
    """Returns the name of a protocol that connections may switch to, in lower case."""
    if not isinstance(text, str) or _PROTOCOL(text) is None:
        raise not_expected("a protocol such as websocket")
    if text.lower().startswith(_NEVER):
        raise not_expected("another protocol: no rule would see the requests that are made in it")
    return text.lower()


UpgradeName: TypeAlias = Annotated[
    str, PlainValidator(parse_protocol), WithJsonSchema({"type": "string", "minLength": 1})
]


class ForwardTo(Specification):
    """The upstream of a rule."""

    host: UpstreamHost
    forward_host_header: bool = True
    upgrades: ListOf[UpgradeName] = ("websocket",)
    """Protocols that a connection may switch to, if the upstream agrees; empty for none."""
    rewrite: Rewrite = Rewrite()

    @model_validator(mode="after")
    def _check_socket(self) -> Self:
        if isinstance(self.host, UnixSocket) and self.rewrite.scheme == "https":
            message = "a unix socket is spoken to without TLS"
            refuse([Finding(message, ("rewrite", "scheme"), "leave it out")])
        return self


class Rule(Specification, ABC):
    """Which requests, which pipeline, and where to."""

    id: RuleId
    match: Specification
    allow_encoded_slashes: Literal["off", "on", "no_decode"] = "off"
    forward_to: ForwardTo | None = None
    execute: tuple[Step, ...]
    on_error: OnError = ()

    @property
    @abstractmethod
    def matcher(self) -> Match:
        """Which requests the rule is for, wherever the dialect says so."""


Known = TypeVar("Known", bound=Rule)


def unique(rules: tuple[Known, ...]) -> tuple[Known, ...]:
    """Returns rules whose ids differ; for use as a validator."""
    seen: set[str] = set()
    findings: list[Finding] = []
    for index, rule in enumerate(rules):
        if rule.id in seen:
            message = f'duplicate rule "{rule.id}"'
            findings.append(Finding(message, (index, "id"), code=Code.DUPLICATE_ID))
        seen.add(rule.id)
    refuse(findings)
    return rules


def one_of(*known: str) -> Callable[[object], object]:
    """Returns a validator that names all dialects, whichever the document was taken for."""

    def check(value: object) -> object:
        if value not in known:
            expected = " or ".join(f"'{each}'" for each in known)
            raise PydanticKnownError("literal_error", {"expected": expected})
        return value

    return check


known_version = one_of("1alpha4", "1beta1")
known_api_version = one_of(
    *(
        f"{group}/{version}"
        for group in ("heimdall.dadrus.github.com", "edgeauth.dev")
        for version in ("v1alpha4", "v1beta1")
    )
)


class RuleSetFile(Specification):
    """A rule set as a file of its own."""

    version: str
    name: str = ""
    rules: tuple[Rule, ...]


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
    rules: tuple[Rule, ...]


class RuleSetDocument(Specification):
    """A rule set as Kubernetes keeps it."""

    refused: ClassVar[Mapping[str, str]] = {"version": "not accepted beside apiVersion"}

    api_version: str = Field(alias="apiVersion")
    kind: Literal["RuleSet"]
    metadata: Metadata
    spec: RuleSetBody
    status: Annotated[dict[str, object] | None, MAY_BE_EMPTY] = None
    """What a cluster has written; passed over."""
