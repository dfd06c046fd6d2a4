"""Findings about steps that never run, and results that nobody reads."""

from collections.abc import Iterable, Iterator

from edgeauth.catalogue.lint.conditions import applies_always
from edgeauth.catalogue.lint.findings import LintFinding, finding
from edgeauth.catalogue.lint.identities import ANONYMOUS, denies
from edgeauth.catalogue.lint.kinds import LintCode
from edgeauth.catalogue.lint.landscape import Described, Landscape, RuleView, Stages
from edgeauth.catalogue.lint.parts import outputs_read, parts_of
from edgeauth.config.models.configuration import DefaultRule
from edgeauth.expressions.cel import Condition
from edgeauth.expressions.templates import Template
from edgeauth.ports.declare import Kind


def unreachable_steps(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the first step behind each one that always ends its stage."""
    for rule in landscape.every_rule():
        for alternatives in rule.own.principals:
            ends = [step.type == ANONYMOUS and applies_always(step) for step in alternatives]
            yield from _behind(alternatives, ends, "is never asked: anonymous accepts everybody")
        handlers = rule.own.error_handlers
        ends = [applies_always(step) for step in handlers]
        yield from _behind(handlers, ends, "never answers: the one before it answers everything")
        # What comes after `deny` in the default rule is there to be inherited.
        later = () if isinstance(rule.specification, DefaultRule) else rule.own.finalizers
        steps = (*rule.own.checks, *later)
        ends = [step.type == "deny" and applies_always(step) for step in steps]
        yield from _behind(steps, ends, "never runs: a deny before it refuses every request")


def _behind(steps: tuple[Described, ...], ends: list[bool], words: str) -> Iterator[LintFinding]:
    for step, ended in zip(steps[1:], ends, strict=False):
        if ended:
            kind = step.kind.value
            node = step.use.step.node_at(kind)
            yield finding(LintCode.UNREACHABLE_STEP, node, f"this {_words(kind)} {words}")
            return


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def permissive_default_rule(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the default rule when nothing in it is sure to look at a request and refuse."""
    rule = landscape.default
    if rule is None or denies(rule) or _nobody_is_known(rule):
        return
    guards = [
        step
        for step in rule.effective.checks
        if step.kind is Kind.AUTHORIZER and step.type != "allow" and applies_always(step)
    ]
    if not guards:
        node = rule.specification.node_at("execute", 0)
        message = "the default rule permits: none of its authorizers is sure to refuse anything"
        yield finding(LintCode.PERMISSIVE_DEFAULT_RULE, node, message)


def _nobody_is_known(rule: RuleView) -> bool:
    """Returns whether some principal has no authenticator but `unauthorized`."""
    return any(
        all(step.type == "unauthorized" for step in alternatives)
        for alternatives in rule.effective.principals
    )


def unused_outputs(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the contextualizers whose result no later step reads, in any rule that runs them."""
    read = set[int]()
    for rule in landscape.every_rule():
        read |= set(_with_readers(rule.effective))
    for rule in landscape.every_rule():
        for step in rule.own.checks:
            if step.kind is Kind.CONTEXTUALIZER and id(step.use) not in read:
                node = step.use.step.node_at("contextualizer")
                message = f"nothing reads the result: no later step names Outputs.{step.id}"
                yield finding(LintCode.UNUSED_OUTPUT, node, message)


def _with_readers(stages: Stages) -> Iterator[int]:
    """Yields the identities of the uses whose results a later step of the pipeline reads."""
    for number, step in enumerate(stages.checks):
        later = (*stages.checks[number + 1 :], *stages.finalizers)
        if step.kind is Kind.CONTEXTUALIZER and _is_read(step.id, later):
            yield id(step.use)


def _is_read(output: str, later: Iterable[Described]) -> bool:
    for step in later:
        for expression in _expressions(step):
            names = outputs_read(expression)
            if names is None or output in names:
                return True
    return False


def _expressions(step: Described) -> Iterator[Condition | Template]:
    if step.condition is not None:
        yield step.condition
    for part in parts_of(step.use.config):
        if isinstance(part.value, Condition | Template):
            yield part.value
