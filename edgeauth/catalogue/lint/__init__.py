"""What is accepted and most likely not meant: findings about a configuration and its rules.

One file for each family of findings; `kinds.py` is the table of all of them, `landscape.py` what
they are looked for in.
"""

from collections.abc import Callable, Iterable, Iterator

from edgeauth.catalogue.lint.conditions import constant_conditions
from edgeauth.catalogue.lint.entries import http_endpoints, unused_mechanisms
from edgeauth.catalogue.lint.findings import LintFinding
from edgeauth.catalogue.lint.gateways import unbelieved_gateways
from edgeauth.catalogue.lint.identities import (
    anonymous_fallbacks,
    missing_audiences,
    unshown_certificates,
)
from edgeauth.catalogue.lint.kinds import ABOUT, About, LintCode, Severity
from edgeauth.catalogue.lint.landscape import Landscape, describe
from edgeauth.catalogue.lint.matching import overlapping_hosts, shadowed_paths
from edgeauth.catalogue.lint.steps import (
    permissive_default_rule,
    unreachable_steps,
    unused_outputs,
)
from edgeauth.catalogue.lint.suppressions import without_suppressed
from edgeauth.catalogue.registry import Registry
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.nodes import Source
from edgeauth.config.read import RuleSet
from edgeauth.expressions.secrets import Secrets

__all__ = ["ABOUT", "About", "LintCode", "LintFinding", "Severity", "lint"]

_FAMILIES: tuple[Callable[[Landscape], Iterator[LintFinding]], ...] = (
    shadowed_paths,
    overlapping_hosts,
    anonymous_fallbacks,
    missing_audiences,
    unshown_certificates,
    unbelieved_gateways,
    http_endpoints,
    permissive_default_rule,
    unreachable_steps,
    constant_conditions,
    unused_outputs,
)


def lint(
    configuration: Configuration,
    rule_sets: Iterable[RuleSet],
    registry: Registry,
    secrets: Secrets,
    *,
    complete: bool,
) -> list[LintFinding]:
    """Returns what was found, in the order of files and lines.

    Args:
        configuration: known to be right.
        rule_sets: known to be right; in the order in which their rules count.
        registry: the types of mechanisms.
        secrets: the sources that settings may refer to.
        complete: whether there are no rules besides; else nothing is said about entries that no
            rule uses.

    Raises:
        ConfigurationError: configuration or rules are not right.
    """
    sets = list(rule_sets)
    landscape = describe(configuration, sets, registry, secrets)
    families = (*_FAMILIES, unused_mechanisms) if complete and landscape.rules else _FAMILIES
    found = [each for family in families for each in family(landscape)]
    kept = without_suppressed(found, _sources(configuration, sets))
    # Two rules may share what is found; it is told once.
    return sorted(dict.fromkeys(kept), key=_place)


def _place(found: LintFinding) -> tuple[str, int, int, str]:
    problem = found.problem
    return problem.file, problem.line, problem.column, found.code.value


def _sources(configuration: Configuration, rule_sets: Iterable[RuleSet]) -> list[Source]:
    nodes = [configuration.node, *(rule.node for each in rule_sets for rule in each.rules)]
    return list({id(node.source): node.source for node in nodes}.values())
