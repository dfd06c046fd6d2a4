"""Findings about which rule a request meets: paths that never match, hosts that overlap."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

from edgeauth.catalogue.lint.findings import LintFinding, finding
from edgeauth.catalogue.lint.kinds import LintCode, Severity
from edgeauth.catalogue.lint.landscape import Landscape, RuleView
from edgeauth.catalogue.lint.routes import RouteIndex, RouteView, is_tried_before, routes_of
from edgeauth.config.models.rules import Rule
from edgeauth.config.nodes import position
from edgeauth.config.spelling import quoted

_ANY = "*"
"""Stands for every method, those included that have no name yet."""


def shadowed_paths(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the paths of which other routes take every request before.

    A path counts as taken when that holds under each host of its rule. Routes of other rules
    count together: one may take the reading methods, another one the writing methods.
    """
    routes = routes_of(landscape.rules)
    index = RouteIndex(routes)
    for _, group in groupby(routes, key=lambda route: id(route.specification)):
        path = list(group)
        takers = [_takers(route, index) for route in path]
        if all(takers):
            names = dict.fromkeys(_name(taker, path[0]) for each in takers for taker in each)
            message = f"no request gets here: {' and '.join(names)} take{_s(len(names))} them all"
            node = path[0].specification.node_at("path")
            yield finding(LintCode.SHADOWED_PATH, node, message)


def _s(count: int) -> str:
    return "s" if count == 1 else ""


def _takers(route: RouteView, index: RouteIndex) -> list[RouteView]:
    """Returns the routes that together take every request of a route; empty when some is left."""
    left = _pairs(route)
    takers: list[RouteView] = []
    candidates = [
        other
        for other in index.wider(route)
        if other is not route and is_tried_before(other, route) and _holds(other, route)
    ]
    for other in sorted(candidates, key=lambda each: each.order):
        taken = _taken(left, other)
        if taken:
            takers.append(other)
            left -= taken
    return [] if left else takers


def _holds(other: RouteView, route: RouteView) -> bool:
    """Returns whether what another route demands of host and wildcards holds for a route."""
    if other.host_test is not None and other.host_test != route.host_test:
        return False
    if not other.conditions:
        return True
    same_places = other.expression.segments == route.expression.segments
    # Without the same treatment of %2F, conditions compare other values.
    return same_places and other.slashes == route.slashes and other.conditions <= route.conditions


def _pairs(route: RouteView) -> set[tuple[str, str]]:
    methods = route.methods if route.methods is not None else {_ANY}
    return {(method, scheme) for method in methods for scheme in route.schemes}


def _taken(left: set[tuple[str, str]], other: RouteView) -> set[tuple[str, str]]:
    return {
        (method, scheme)
        for method, scheme in left
        if (other.methods is None or method in other.methods) and scheme in other.schemes
    }


def _name(route: RouteView, seen_from: RouteView) -> str:
    """Returns what a message calls the rule of a route."""
    rule = route.rule.specification
    if not isinstance(rule, Rule):
        return ""
    file, line = rule.node.source.file, position(rule.node_at("id")).line
    here = seen_from.specification.node.source.file
    place = f"line {line}" if file == here else f"{file}:{line}"
    return f"{quoted(rule.id)} ({place})"


def overlapping_hosts(landscape: Landscape) -> Iterator[LintFinding]:
    """Yields the hosts that take requests away from the pipeline of a wider host.

    That is: the same path under a host and under `*.` and a domain that the host belongs to, in
    rules whose pipelines differ and that have a method and a scheme in common.
    """
    by_path = defaultdict[object, list[RouteView]](list)
    for route in routes_of(landscape.rules):
        by_path[route.expression.segments, route.expression.free].append(route)
    for routes in by_path.values():
        wildcards = defaultdict[str, list[RouteView]](list)
        for route in routes:
            if route.host.startswith("*."):
                wildcards[route.host[2:]].append(route)
        if wildcards:
            yield from _overlaps(routes, wildcards)


def _overlaps(
    routes: Iterable[RouteView], wildcards: dict[str, list[RouteView]]
) -> Iterator[LintFinding]:
    told = set[tuple[int, str]]()
    for route in routes:
        for domain in _domains(route.host):
            for wider in wildcards.get(domain, ()):
                if _differ(route, wider) and (id(route.rule), route.host) not in told:
                    told.add((id(route.rule), route.host))
                    yield _overlap(route, wider)


def _domains(host: str) -> Iterator[str]:
    """Yields the domains above a host, with its port and without."""
    bare, wildcard = host.removeprefix("*."), host.startswith("*.")
    if host == _ANY or bare.startswith("["):
        return
    name = bare.partition(":")[0]
    for text in dict.fromkeys((bare, name)):
        labels = text.split(".")
        yield from (".".join(labels[number:]) for number in range(1, len(labels)))
        if wildcard and text != bare:
            yield text


def _differ(route: RouteView, wider: RouteView) -> bool:
    one, other = route.rule.specification, wider.rule.specification
    same = one.execute == other.execute and one.on_error == other.on_error
    methods = route.methods is None or wider.methods is None or route.methods & wider.methods
    return not same and bool(methods) and bool(route.schemes & wider.schemes)


def _overlap(route: RouteView, wider: RouteView) -> LintFinding:
    message = (
        f"requests for {route.host} run through this rule, not through "
        f"{_name(wider, route)} of {wider.host}"
    )
    severity = _severity(route.rule, wider.rule)
    node = route.rule.specification.node_at("id")
    return finding(LintCode.OVERLAPPING_HOSTS, node, message, severity)


def _severity(one: RuleView, other: RuleView) -> Severity:
    return Severity.NOTE if one.rule_set == other.rule_set else Severity.WARNING
