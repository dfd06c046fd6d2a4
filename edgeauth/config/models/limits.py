"""What a cluster allows in `RuleSet` documents; rule sets in plain files have no such limits."""

from collections.abc import Iterator
from typing import Final

from edgeauth.config.errors import Problem
from edgeauth.config.models.methods import STANDARD
from edgeauth.config.models.rules import ForwardTo, Match, Rule
from edgeauth.config.specification import Specification

_METHODS: Final = frozenset((*STANDARD, *(f"!{name}" for name in STANDARD), "ALL"))
_ID, _PATH, _NAME, _VALUE, _HOST, _UPSTREAM, _PREFIX = 128, 512, 64, 256, 256, 512, 128


def beyond_limits(rule: Rule) -> Iterator[Problem]:
    """Yields what a cluster would not take of a rule.

    Source:
        The CustomResourceDefinition of heimdall, v1alpha4 and v1beta1.
    """
    yield from _too_long(rule, rule.id, _ID, "id")
    yield from _of_match(rule.matcher)
    if rule.forward_to is not None:
        yield from _of_target(rule.forward_to)


def _of_match(match: Match) -> Iterator[Problem]:
    for route in match.routes:
        yield from _too_long(route, route.path, _PATH, "path")
        for condition in route.path_params:
            yield from _too_long(condition, condition.name, _NAME, "name")
            yield from _too_long(condition, condition.value, _VALUE, "value")
    for index, host in enumerate(match.hosts):
        yield from _too_long(match, host.value, _HOST, "hosts", index, "value")
    for index, method in enumerate(match.methods):
        if method not in _METHODS:
            yield match.problem(
                "a cluster allows standard methods only",
                "methods",
                index,
                expected=f"expected one of {', '.join((*STANDARD, 'ALL'))}, or ! and one of them",
            )


def _of_target(target: ForwardTo) -> Iterator[Problem]:
    rewrite = target.rewrite
    yield from _too_long(target, str(target.host), _UPSTREAM, "host")
    yield from _too_long(rewrite, rewrite.strip_path_prefix, _PREFIX, "strip_path_prefix")
    yield from _too_long(rewrite, rewrite.add_path_prefix, _PREFIX, "add_path_prefix")
    if "rewrite" in target.model_fields_set and not rewrite.model_fields_set:
        yield target.problem("an empty rewrite: a cluster expects one key of it", "rewrite")


def _too_long(owner: Specification, text: str, longest: int, *path: str | int) -> Iterator[Problem]:
    if len(text) > longest:
        message = f"a cluster allows {longest} characters here, these are {len(text)}"
        yield owner.problem(message, *path)
