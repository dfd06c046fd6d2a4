"""The paths of all rules as the trie orders them: which is tried before which, and for what.

A route is what the engine's trie holds: one path of a rule under one of its hosts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edgeauth.catalogue.lint.landscape import RuleView
from edgeauth.catalogue.matching import path_expression
from edgeauth.config.models.methods import allowed_methods
from edgeauth.config.models.rules import HostCondition, Route as RouteSpecification, Rule
from edgeauth.engine.route import PathExpression

Condition = tuple[int, str, str]
"""The number of a wildcard, and type and value of the condition on it."""


@dataclass(frozen=True, slots=True, eq=False)
class RouteView:
    """A path of a rule under one host.

    Attributes:
        order: counts all routes in the order in which they are added to the trie.
        rule: whose it is.
        specification: the path as it is written.
        host: as the trie knows it: `*`, `*.shop.test` or `shop.test`, lower-cased.
        host_test: type and value of a host condition that the trie can not hold.
        expression: the path.
        conditions: on its wildcards.
        methods: allowed methods; None means any.
        schemes: `http`, `https` or both.
        slashes: `allow_encoded_slashes`.
    """

    order: int
    rule: RuleView
    specification: RouteSpecification
    host: str
    host_test: tuple[str, str] | None
    expression: PathExpression
    conditions: frozenset[Condition]
    methods: frozenset[str] | None
    schemes: frozenset[str]
    slashes: str

    def pinned(self) -> tuple[str | None, ...]:
        """Returns the segments, with wildcards that must have one value replaced by it."""
        values = {
            number: value
            for number, kind, value in self.conditions
            # What is compared is decoded: only what needs no decoding is certain.
            if kind == "exact" and value.isalnum() and value.isascii()
        }
        found: list[str | None] = []
        number = 0
        for segment in self.expression.segments:
            found.append(values.get(number) if segment is None else segment)
            number += segment is None
        return tuple(found)


def routes_of(rules: Iterable[RuleView]) -> list[RouteView]:
    """Returns the routes of all rules, in the order in which they are added to the trie."""
    found: list[RouteView] = []
    for view in rules:
        rule = view.specification
        if isinstance(rule, Rule):
            match = rule.matcher
            for route in match.routes:
                for host in match.hosts or (None,):
                    found.append(_route(len(found), view, rule, route, host))
    return found


def _route(
    order: int,
    view: RuleView,
    rule: Rule,
    route: RouteSpecification,
    host: HostCondition | None,
) -> RouteView:
    match, expression = rule.matcher, path_expression(route)
    in_trie = host is None or host.type in ("exact", "wildcard")
    return RouteView(
        order,
        view,
        route,
        "*" if host is None or not in_trie else host.value.lower(),
        None if host is None or in_trie else (host.type, host.value),
        expression,
        frozenset(
            (expression.names.index(each.name), each.type, each.value) for each in route.path_params
        ),
        allowed_methods(match.methods),
        frozenset(("http", "https") if match.scheme is None else (match.scheme,)),
        rule.allow_encoded_slashes,
    )


@dataclass(slots=True)
class _Node:
    below: dict[str | None, "_Node"] = field(default_factory=dict)
    free: list[RouteView] = field(default_factory=list)
    routes: list[RouteView] = field(default_factory=list)


class RouteIndex:
    """Routes by host and path, to find those that match whatever another one matches."""

    def __init__(self, routes: Iterable[RouteView]) -> None:
        self._hosts: dict[str, _Node] = defaultdict(_Node)
        for route in routes:
            node = self._hosts[route.host]
            for segment in route.expression.segments:
                node = node.below.setdefault(segment, _Node())
            (node.free if route.expression.free else node.routes).append(route)

    def wider(self, route: RouteView) -> Iterator[RouteView]:
        """Yields the routes of the same host whose path matches all that a route's path does."""
        segments = route.pinned()
        pending = [(self._hosts[route.host], 0)]
        while pending:
            node, at = pending.pop()
            if at == len(segments):
                yield from node.free if route.expression.free else node.routes
                continue
            # A free wildcard stands for something: not for the nothing behind a last slash.
            if segments[at:] != ("",):
                yield from node.free
            segment = segments[at]
            keys = {None, segment} if segment != "" else {segment}
            pending += [(node.below[key], at + 1) for key in keys if key in node.below]


def is_tried_before(one: RouteView, other: RouteView) -> bool:
    """Returns whether the trie tries one route of a host before another one, if both match."""
    for mine, theirs in zip(_ranks(one.expression), _ranks(other.expression), strict=False):
        if mine != theirs:
            return mine < theirs
    return one.order < other.order


def _ranks(expression: PathExpression) -> list[int]:
    """Returns how specific each part of a path is: literal text before `:one` before `**`."""
    ranks = [0 if segment is not None else 1 for segment in expression.segments]
    return [*ranks, 2] if expression.free else ranks
