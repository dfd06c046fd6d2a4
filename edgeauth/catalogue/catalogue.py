"""The configured mechanisms: built once each, and again for a step that overrides settings."""

from collections.abc import Callable, Mapping as MappingType
from dataclasses import dataclass, replace
from functools import cache

from pydantic import AliasChoices

from edgeauth.catalogue.endpoints import prepare_endpoints
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.catalogue.registry import Registry
from edgeauth.catalogue.rule_secrets import check_secrets
from edgeauth.config.codes import Code
from edgeauth.config.decode import collect, decode
from edgeauth.config.errors import Collector, ConfigurationError, Problem, problem_at
from edgeauth.config.merging import override, put
from edgeauth.config.models.configuration import Mechanism as EntrySpecification, Mechanisms
from edgeauth.config.models.steps import ErrorStep, Step
from edgeauth.config.nodes import Mapping, Node
from edgeauth.config.specification import Specification
from edgeauth.config.spelling import did_you_mean, quoted
from edgeauth.config.unusable import unusable
from edgeauth.ports.declare import Kind, MechanismType, Override
from edgeauth.ports.facts import FactCache
from edgeauth.ports.mechanisms import Mechanism
from edgeauth.ports.services import Services


@dataclass(frozen=True, slots=True)
class Entry:
    """A configured mechanism: the prototype of the steps that refer to it."""

    id: str
    type: MechanismType[Specification]
    settings: Mapping
    """What stands below `config`; empty when nothing does."""
    mechanism: Mechanism


class Catalogue:
    """Mechanisms by kind and id.

    Args:
        specification: the `mechanisms` section.
        registry: the types that it may name.
        services: what mechanisms are built with.
        enforcement: which secure defaults hold.
        cache_of: returns the cache for a mechanism, by kind and id; the services' unless given.

    Attributes:
        problems: what is wrong with entries. Steps may refer to such an entry, so that rules are
            looked at as well, but get no mechanism.
    """

    def __init__(
        self,
        specification: Mechanisms,
        registry: Registry,
        services: Services,
        enforcement: Enforcement,
        cache_of: Callable[[str, str, FactCache], FactCache] | None = None,
    ) -> None:
        self._cache_of = cache_of
        self._registry = registry
        self._services = services
        self._context = {"egress_tls": enforcement.egress_tls, "secrets": services.secrets}
        self._entries: dict[Kind, dict[str, Entry | None]] = {kind: {} for kind in Kind}
        self.problems = Collector()
        for kind in Kind:
            for entry in getattr(specification, kind.section):
                self._entries[kind][entry.id] = None
                with self.problems:
                    self._entries[kind][entry.id] = self._entry(kind, entry)

    def _entry(self, kind: Kind, specification: EntrySpecification) -> Entry:
        found = self._registry.find(kind, specification.type)
        if found is None:
            names = self._registry.names(kind)
            raise ConfigurationError(
                [
                    specification.problem(
                        f"unknown {kind.value} type {quoted(specification.type)}",
                        "type",
                        expected=f"known types: {', '.join(names)}",
                        suggestion=did_you_mean(specification.type, names),
                        code=Code.UNKNOWN_TYPE,
                    )
                ]
            )
        settings = specification.config_node()
        # Once an entry: what a step overrides never concerns how an endpoint is asked.
        prepare_endpoints(decode(found.config, settings, self._context), self._services)
        return Entry(
            specification.id, found, settings, self._build(specification.id, found, settings)
        )

    def _build(
        self, entry_id: str, of: MechanismType[Specification], settings: Mapping
    ) -> Mechanism:
        config = decode(of.config, settings, self._context)
        try:
            return of.build(entry_id, config, self._services_of(of.kind, entry_id))
        except ValueError as error:
            raise unusable(settings, error) from None

    def _services_of(self, kind: Kind, entry_id: str) -> Services:
        services = self._services
        if self._cache_of is None:
            return services
        return replace(services, cache=self._cache_of(kind.value, entry_id, services.cache))

    def mechanism(self, kind: Kind, step: Step | ErrorStep) -> Mechanism:
        """Returns the mechanism that a step refers to, with the step's overrides.

        Raises:
            ConfigurationError: there is no such entry, or an override is not allowed or wrong.
        """
        entries, reference = self._entries[kind], step.reference
        if reference not in entries:
            raise ConfigurationError([self._unknown(kind, step)])
        entry = entries[reference]
        if entry is None:
            raise ConfigurationError(())  # what is wrong with it stands in `problems`
        overrides = step.config_node()
        if not overrides.entries:
            return entry.mechanism
        check_secrets(overrides, self._services.secrets)
        settings = overridden(entry.type, entry.settings, overrides)
        return self._build(entry.id, entry.type, settings)

    def _unknown(self, kind: Kind, step: Step | ErrorStep) -> Problem:
        known = sorted(self._entries[kind])
        names = ", ".join(known) if known else "none"
        return step.problem(
            f"unknown {kind.value} {quoted(step.reference)}",
            kind.value,
            expected=f"configured {kind.value}s: {names}",
            suggestion=did_you_mean(step.reference, known),
            code=Code.UNKNOWN_MECHANISM,
        )

    def type_of(self, kind: Kind, entry_id: str) -> str:
        """Returns the type of an entry; empty when there is no such entry."""
        entry = self._entries[kind].get(entry_id)
        return "" if entry is None else entry.type.name


def overridden(of: MechanismType[Specification], settings: Mapping, overrides: Mapping) -> Mapping:
    """Returns the settings of an entry with those of a step.

    Args:
        of: the type of the entry.
        settings: what stands below `config` of the entry.
        overrides: what stands below `config` of the step.

    Raises:
        ConfigurationError: names every key that a step may not set.
    """
    allowed = of.overridable
    with collect() as problems:
        for key, value in overrides.entries.items():
            if key not in allowed:
                problems.add(_not_allowed(of, overrides, key, allowed))
            elif allowed[key] is Override.MERGE:
                settings = put(settings, key, _merged(settings.entries.get(key), value))
            else:
                settings = put(_without_synonyms(settings, key, of), key, value)
    return settings


def _without_synonyms(settings: Mapping, key: str, of: MechanismType[Specification]) -> Mapping:
    """Returns settings without the other names of a key: what a step sets replaces those too."""
    others = _synonyms(of.config, key)
    if others.isdisjoint(settings.entries):
        return settings
    begins = dict(zip(settings.entries, settings.key_begins, strict=True))
    entries = {name: node for name, node in settings.entries.items() if name not in others}
    return replace(settings, entries=entries, key_begins=[begins[name] for name in entries])


@cache
def _synonyms(config: type[Specification], key: str) -> frozenset[object]:
    """Returns the other names of a key of a model."""
    for field in config.model_fields.values():
        names = field.validation_alias
        if isinstance(names, AliasChoices) and key in names.choices:
            return frozenset(names.choices) - {key}
    return frozenset()


def _merged(known: Node | None, value: Node) -> Node:
    """Returns the entries of both maps, the second one's first."""
    if not isinstance(known, Mapping) or not isinstance(value, Mapping):
        return value
    return override(known, value)


def _not_allowed(
    of: MechanismType[Specification],
    overrides: Mapping,
    key: str,
    allowed: MappingType[str, Override],
) -> Problem:
    fields = of.config.model_fields
    known = {field.alias or name for name, field in fields.items()}
    names = f"a step may set: {', '.join(sorted(allowed))}" if allowed else "a step may set nothing"
    if key in known:
        message = f'"{key}" of {of.name} can not be set in a rule'
        return problem_at(overrides.key(key), message, expected=names, code=Code.OVERRIDE)
    message = f"unknown key {quoted(key)}"
    suggestion = did_you_mean(key, allowed)
    return problem_at(
        overrides.key(key), message, expected=names, suggestion=suggestion, code=Code.UNKNOWN_KEY
    )
