"""What is looked at: the catalogue and the pipelines of all rules, described instead of built.

Inheritance, step ids and conditions are those of the real pipelines, since the real builder makes
them; in the place of each mechanism stands what is configured.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, cast

from edgeauth.catalogue.catalogue import overridden
from edgeauth.catalogue.pipelines import Pipeline, PipelineBuilder
from edgeauth.catalogue.registry import Registry
from edgeauth.config.decode import decode
from edgeauth.config.models.configuration import (
    Configuration,
    DefaultRule,
    Mechanism as EntrySpecification,
)
from edgeauth.config.models.rules import Rule
from edgeauth.config.models.steps import ErrorStep, Step as StepSpecification
from edgeauth.config.read import RuleSet
from edgeauth.config.specification import Specification
from edgeauth.engine.step import Step
from edgeauth.expressions.cel import Condition
from edgeauth.expressions.secrets import Secrets
from edgeauth.ports.declare import Kind, MechanismType
from edgeauth.ports.mechanisms import (
    Authenticator,
    Authorizer,
    Contextualizer,
    ErrorHandler,
    Finalizer,
    Mechanism,
)

AnyStep: TypeAlias = (
    Step[Authenticator]
    | Step[Contextualizer]
    | Step[Authorizer]
    | Step[Finalizer]
    | Step[ErrorHandler]
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the catalogue.

    Attributes:
        kind: of the mechanism.
        specification: as it is written.
        type: what its `type` names.
        config: its settings.
    """

    kind: Kind
    specification: EntrySpecification
    type: MechanismType[Specification]
    config: Specification


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A step that refers to an entry.

    Attributes:
        step: as it is written.
        entry: what it refers to.
        config: the settings in effect.
    """

    step: StepSpecification | ErrorStep
    entry: Entry
    config: Specification

    @property
    def overrides(self) -> bool:
        """Whether the step sets something of its own."""
        return bool(self.step.config_node().entries)


class Described(NamedTuple):
    """A step of a pipeline.

    Attributes:
        id: the key of its result in `Outputs`.
        condition: `if`; None means always.
        use: what it refers to; the same object in every rule that inherits the step.
    """

    id: str
    condition: Condition | None
    use: Use

    @property
    def kind(self) -> Kind:
        """Which kind of mechanism it runs."""
        return self.use.entry.kind

    @property
    def type(self) -> str:
        """The type of its mechanism."""
        return self.use.entry.type.name


class Stages(NamedTuple):
    """The steps of a pipeline; those of one principal are alternatives."""

    principals: tuple[tuple[Described, ...], ...]
    checks: tuple[Described, ...]
    finalizers: tuple[Described, ...]
    error_handlers: tuple[Described, ...]

    def steps(self) -> Iterator[Described]:
        """Yields every step."""
        for alternatives in self.principals:
            yield from alternatives
        yield from (*self.checks, *self.finalizers, *self.error_handlers)


@dataclass(frozen=True, slots=True, eq=False)
class RuleView:
    """A rule, or the default rule.

    Attributes:
        specification: as it is written.
        own: the steps that it lists itself.
        effective: with what it inherits.
        rule_set: the number of its rule set; -1 for the default rule.
    """

    specification: Rule | DefaultRule
    own: Stages
    effective: Stages
    rule_set: int


@dataclass(slots=True)
class Landscape:
    """Everything that findings are looked for in.

    Attributes:
        configuration: of the process.
        entries: of the catalogue.
        uses: every step that is written somewhere.
        default: the default rule.
        rules: in the order in which their paths count.
    """

    configuration: Configuration
    entries: list[Entry]
    uses: list[Use] = field(default_factory=list)
    default: RuleView | None = None
    rules: list[RuleView] = field(default_factory=list)

    def every_rule(self) -> Iterator[RuleView]:
        """Yields the default rule, if there is one, and every other rule."""
        if self.default is not None:
            yield self.default
        yield from self.rules


def describe(
    configuration: Configuration,
    rule_sets: Iterable[RuleSet],
    registry: Registry,
    secrets: Secrets,
) -> Landscape:
    """Returns the landscape of a configuration and rule sets that are known to be right.

    Args:
        configuration: of the process.
        rule_sets: in the order in which their rules count.
        registry: the types of mechanisms.
        secrets: the sources that settings may refer to.

    Raises:
        ConfigurationError: they are not right.
    """
    descriptions = _Descriptions(configuration, registry, secrets)
    landscape = Landscape(configuration, descriptions.entries(), descriptions.uses)
    builder = PipelineBuilder(descriptions)
    default = Pipeline()
    if configuration.default_rule is not None:
        rule = configuration.default_rule
        default = builder.build(rule.execute, rule.on_error)
        landscape.default = RuleView(rule, _stages(default), _stages(default), -1)
    for number, rule_set in enumerate(rule_sets):
        for each in rule_set.rules:
            own = builder.build(each.execute, each.on_error)
            effective = own.inheriting(default)
            landscape.rules.append(RuleView(each, _stages(own), _stages(effective), number))
    return landscape


def _stages(pipeline: Pipeline) -> Stages:
    return Stages(
        tuple(tuple(map(_described, each.authenticators)) for each in pipeline.principals),
        tuple(map(_described, pipeline.checks)),
        tuple(map(_described, pipeline.finalizers)),
        tuple(map(_described, pipeline.error_handlers)),
    )


def _described(step: AnyStep) -> Described:
    return Described(step.id, step.condition, cast("Use", step.mechanism))


class _Descriptions:
    """Stands in the place of the catalogue: gives what is configured, not what it makes."""

    def __init__(self, configuration: Configuration, registry: Registry, secrets: Secrets) -> None:
        # What is insecure is a finding here and nothing to refuse.
        self._context = {"egress_tls": False, "secrets": secrets}
        self._entries: dict[tuple[Kind, str], Entry] = {}
        self.uses: list[Use] = []
        for kind in Kind:
            for specification in getattr(configuration.mechanisms, kind.section):
                found = registry.find(kind, specification.type)
                if found is not None:
                    config = self._decoded(found, specification)
                    entry = Entry(kind, specification, found, config)
                    self._entries[kind, specification.id] = entry

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def mechanism(self, kind: Kind, step: StepSpecification | ErrorStep) -> Mechanism:
        entry = self._entries[kind, step.reference]
        config = entry.config
        if step.config_node().entries:
            config = self._decoded(entry.type, entry.specification, step)
        use = Use(step, entry, config)
        self.uses.append(use)
        return cast("Mechanism", use)

    def _decoded(
        self,
        of: MechanismType[Specification],
        entry: EntrySpecification,
        step: StepSpecification | ErrorStep | None = None,
    ) -> Specification:
        settings = entry.config_node()
        if step is not None:
            settings = overridden(of, settings, step.config_node())
        return decode(of.config, settings, self._context)
