"""Findings about who is asking: authenticators that are too easily content."""

from collections.abc import Iterator
from typing import Final

from edgeauth.catalogue.lint.conditions import applies_always
from edgeauth.catalogue.lint.findings import LintFinding, finding
from edgeauth.catalogue.lint.kinds import LintCode
from edgeauth.catalogue.lint.landscape import Described, Landscape, RuleView
from edgeauth.catalogue.lint.parts import found_in
from edgeauth.config.models.configuration import DefaultRule
from edgeauth.config.models.methods import allowed_methods
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.authenticators.assertions import AssertionsSpecification
from edgeauth.mechanisms.authenticators.mtls import MtlsSpecification

ANONYMOUS: Final = "anonymous"
"""The type of authenticator that never refuses."""

_PROVES_NOTHING: Final = frozenset({ANONYMOUS, "unauthorized"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Safe methods (RFC 9110 section 9.2.1)."""


def anonymous_fallbacks(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the rules with writing methods in which `anonymous` stands behind a credential."""
    for rule in landscape.every_rule():
        if not _writes(rule):
            continue
        for alternatives in rule.effective.principals:
            step = _fallback(alternatives)
            if step is not None:
                yield _fallback_finding(rule, step)


def _writes(rule: RuleView) -> bool:
    specification = rule.specification
    if isinstance(specification, DefaultRule):
        return not denies(rule)
    methods = allowed_methods(specification.matcher.methods)
    return methods is None or not methods <= _READING


def denies(rule: RuleView) -> bool:
    """Returns whether some authorizer of a rule denies every request."""
    return any(step.type == "deny" and applies_always(step) for step in rule.effective.checks)


def _fallback(alternatives: tuple[Described, ...]) -> Described | None:
    """Returns the `anonymous` that takes over whatever is wrong with a credential."""
    proves = False
    for step in alternatives:
        if proves and step.type == ANONYMOUS and step.condition is None:
            return step
        proves = proves or step.type not in _PROVES_NOTHING
    return None


def _fallback_finding(rule: RuleView, step: Described) -> LintFinding:
    message = "a request whose credential is refused becomes an anonymous one that may write"
    if step in rule.own.steps():
        node = step.use.step.node_at("authenticator")
    else:
        node = rule.specification.node_at("id")
        message += "; the rule inherits that from the default rule"
    return finding(LintCode.ANONYMOUS_FALLBACK, node, message)


def missing_audiences(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the mechanisms that accept tokens whoever they were made for."""
    message = "tokens for every audience are accepted"
    for entry in landscape.entries:
        if not _lacks_audience(entry.config):
            continue
        uses = [use for use in landscape.uses if use.entry is entry]
        # Thousands of steps have the entry's own settings: those are not looked at.
        if not uses or any(not use.overrides or _lacks_audience(use.config) for use in uses):
            yield finding(LintCode.MISSING_AUDIENCE, entry.specification.node_at("id"), message)


def _lacks_audience(config: Specification) -> bool:
    return any(
        not assertions.audience for assertions, _ in found_in(config, AssertionsSpecification)
    )


def unshown_certificates(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the mechanisms that want a certificate of the client where none can be shown."""
    serve = landscape.configuration.serve
    asked = serve.tls is not None and serve.tls.client_certificates is not None
    if asked or serve.client_certificate_from is not None:
        return
    for entry in landscape.entries:
        if isinstance(entry.config, MtlsSpecification):
            node = entry.specification.node_at("id")
            message = "this wants a certificate, and nobody can show one"
            yield finding(LintCode.UNSHOWN_CERTIFICATE, node, message)
