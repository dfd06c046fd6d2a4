"""Conditions that do not depend on the request."""

from collections.abc import Iterator

from edgeauth.catalogue.lint.findings import LintFinding, finding
from edgeauth.catalogue.lint.kinds import LintCode
from edgeauth.catalogue.lint.landscape import Described, Landscape
from edgeauth.catalogue.lint.parts import found_in
from edgeauth.config.nodes import Node
from edgeauth.config.specification import Specification
from edgeauth.expressions.cel import Condition
from edgeauth.expressions.errors import EvaluationError


def applies_always(step: Described) -> bool:
    """Returns whether a step runs whatever the request is."""
    return step.condition is None or outcome_of(step.condition) == "true"


def outcome_of(condition: Condition) -> str:
    """Returns `true`, `false` or `an error` for a constant condition; empty for any other."""
    if condition.variables:
        return ""
    try:
        return "true" if condition.evaluate({}) else "false"
    except EvaluationError:
        return "an error"


def constant_conditions(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the conditions of steps and mechanisms that always have one outcome."""
    for rule in landscape.every_rule():
        for step in rule.own.steps():
            if step.condition is not None:
                yield from _constant(step.condition, step.use.step.node_at("if"))
    for entry in landscape.entries:
        yield from _of_settings(entry.config)
    for use in landscape.uses:
        if use.overrides:
            yield from _of_settings(use.config)


def _of_settings(config: Specification) -> Iterator[LintFinding]:
    for condition, node in found_in(config, Condition):
        yield from _constant(condition, node)


def _constant(condition: Condition, node: Node) -> Iterator[LintFinding]:
    outcome = outcome_of(condition)
    if outcome:
        yield finding(LintCode.CONSTANT_CONDITION, node, f"this is always {outcome}")
