"""The matcher of a rule: hosts, paths and conditions become claims."""

import re
from collections.abc import Iterator
from typing import Final

import re2

from edgeauth.catalogue.claims import Claim, ClaimedHost, Test, place_of
from edgeauth.catalogue.globs import GlobError, compile_glob
from edgeauth.config.codes import Code
from edgeauth.config.errors import ConfigurationError, problem_at
from edgeauth.config.models.methods import allowed_methods
from edgeauth.config.models.paths import Kind, split_path
from edgeauth.config.models.rules import (
    HostCondition,
    PathCondition,
    Route as RouteSpecification,
    Rule as RuleSpecification,
)
from edgeauth.config.specification import Specification
from edgeauth.engine.route import PathExpression
from edgeauth.expressions.patterns import compile_re2
from edgeauth.model.errors import Malformed
from edgeauth.model.routing import EncodedSlashes
from edgeauth.wire.uri import parse_path as normal_form

_ANY_HOST: Final = ClaimedHost("*")
_ORDINARY: Final = re.compile(r"[A-Za-z0-9_-]+").fullmatch
"""Texts that are their own normal form, as most are."""


def claims_of(specification: RuleSpecification) -> tuple[Claim, ...]:
    """Returns every path of a rule under every host of it.

    Raises:
        ConfigurationError: a condition or host does not compile.
    """
    match = specification.matcher
    methods = allowed_methods(match.methods)
    slashes = EncodedSlashes(specification.allow_encoded_slashes)
    hosts = tuple(_hosts(match.hosts))
    claims: list[Claim] = []
    for route in match.routes:
        expression = path_expression(route)
        conditions = tuple(_conditions(route, expression))
        written = (route.path, place_of(route), route)
        claims += [
            Claim(host, expression, methods, match.scheme, conditions, slashes, *written)
            for host in hosts
        ]
    return tuple(claims)


def path_expression(specification: RouteSpecification) -> PathExpression:
    """Returns the path of a route, its literal text in normal form.

    Raises:
        ConfigurationError: the literal text is no path that a request could have.
    """
    segments: list[str | None] = []
    names: list[str] = []
    for segment in split_path(specification.path):
        if segment.kind is Kind.STATIC:
            segments.append(_literal(segment.text, specification))
            continue
        names.append(segment.text)
        if segment.kind is Kind.FREE:
            return PathExpression(tuple(segments), free=True, names=tuple(names))
        segments.append(None)
    return PathExpression(tuple(segments), free=False, names=tuple(names))


def _literal(text: str, specification: RouteSpecification) -> str:
    if _ORDINARY(text):
        return text
    try:
        return normal_form(b"/" + text.encode())[1:]
    except Malformed as malformed:
        message = f"no request can match this: {malformed}"
        raise ConfigurationError(
            [specification.problem(message, "path", code=Code.EXPRESSION)]
        ) from None


def _hosts(hosts: tuple[HostCondition, ...]) -> Iterator[ClaimedHost]:
    """Yields the host of the trie for each condition, with a test for what the trie can not do."""
    if not hosts:
        yield _ANY_HOST
    for host in hosts:
        if host.type in {"exact", "wildcard"}:
            yield ClaimedHost(host.value.lower())
        else:
            test = _test(host, host.type, host.value, separator=".", ignore_case=True)
            yield ClaimedHost("*", f"{host.type} {host.value}", test)


def _conditions(path: RouteSpecification, expression: PathExpression) -> Iterator[tuple[int, Test]]:
    for condition in path.path_params:
        yield expression.names.index(condition.name), _path_test(condition)


def _path_test(condition: PathCondition) -> Test:
    wanted = condition.value
    if condition.type == "exact":
        return lambda value: value == wanted
    return _test(condition, condition.type, wanted, separator="/")


def _test(
    specification: Specification,
    kind: str,
    text: str,
    *,
    separator: str,
    ignore_case: bool = False,
) -> Test:
    node = specification.node_at("value")
    try:
        if kind == "glob":
            return compile_glob(text, separator, ignore_case=ignore_case)
        pattern = compile_re2(f"(?i){text}" if ignore_case else text)
    except GlobError as error:
        problem = problem_at(node, error.message, offset=error.offset, code=Code.EXPRESSION)
        raise ConfigurationError([problem]) from None
    except re2.error as error:
        message = f"not a regular expression (RE2): {_reason(error)}"
        raise ConfigurationError([problem_at(node, message, code=Code.EXPRESSION)]) from None
    return lambda value: pattern.search(value) is not None


def _reason(error: Exception) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
