"""From host and path to a route: the most specific expression that accepts the request.

Hosts come first: an exact host before `*.example.com` before `*`. Within a host, each segment
prefers literal text to `:one` to `**`, from left to right, whatever the order of the rules; only
equal expressions are tried in the order in which they were written. When the routes of an
expression do not accept the request, the next less specific one is tried (backtracking). The cost
depends on the length of the path and the number of wildcards on the way, not on the number of
rules.
"""

from collections.abc import Iterator

from edgeauth.engine.route import NO_CAPTURES, Found, PathExpression, Route
from edgeauth.model.pace import Pace
from edgeauth.model.request import Request


class _Node:
    """What may follow one path prefix."""

    __slots__ = ("free", "literals", "routes", "single")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.single: _Node | None = None
        self.free: list[Route] = []
        self.routes: list[Route] = []

    def find(
        self, segments: list[str], position: int, captured: list[str], request: Request
    ) -> Route | None:
        """Returns the best route below this node; `captured` then holds its wildcards' values."""
        node, end = self, len(segments)
        while position < end:
            segment = segments[position]
            below = node.literals.get(segment)
            # Most often there is but one way, and nothing to come back to.
            if below is None:
                below = node.single
                if below is None or node.free or not segment:
                    return node.find_among(segments, position, captured, request)
                captured.append(segment)
            elif node.free or node.single is not None:
                return node.find_among(segments, position, captured, request)
            node = below
            position += 1
        for route in node.routes:
            if route.accepts(request, captured):
                return route
        return None

    def find_among(
        self, segments: list[str], position: int, captured: list[str], request: Request
    ) -> Route | None:
        """Returns the same where there are several ways or none, the most specific one first."""
        segment, before = segments[position], len(captured)
        for node in (self.literals.get(segment), self.single if segment else None):
            if node is None:
                continue
            if node is self.single:
                captured.append(segment)
            route = node.find(segments, position + 1, captured, request)
            if route is not None:
                return route
            del captured[before:]
        rest = "/".join(segments[position:])
        if not rest or not self.free:
            return None
        captured.append(rest)
        for route in self.free:
            if route.accepts(request, captured):
                return route
        del captured[before:]
        return None

    def take_apart(self) -> "list[_Node]":
        """Forgets the routes of this node, and returns the nodes below it."""
        below = [*self.literals.values(), *([] if self.single is None else [self.single])]
        self.literals, self.single, self.free, self.routes = {}, None, [], []
        return below

    def add(self, expression: PathExpression, route: Route) -> None:
        node = self
        for segment in expression.segments:
            if segment is None:
                node.single = node.single or _Node()
                node = node.single
            else:
                node = node.literals.setdefault(segment, _Node())
        (node.free if expression.free else node.routes).append(route)


class Trie:
    """Routes by host and path. Filled while rules are loaded, read-only afterwards."""

    def __init__(self) -> None:
        self._exact: dict[str, _Node] = {}
        self._below: dict[str, _Node] = {}
        self._any: tuple[_Node, ...] = ()
        """The tree of `*`, once it is there."""

    def add(self, host: str, expression: PathExpression, route: Route) -> None:
        """Adds a route.

        Args:
            host: `*`, or `example.com` or `*.example.com`, each with or without a port;
                lower-cased. Without a port it stands for every port.
            expression: the path.
            route: what is found.
        """
        if host == "*":
            self._any = self._any or (_Node(),)
            (node,) = self._any
        elif host.startswith("*."):
            node = self._below.setdefault(host[2:], _Node())
        else:
            node = self._exact.setdefault(host, _Node())
        node.add(expression, route)

    def take_apart(self, pace: Pace) -> None:
        """Forgets every route; to free them all at once would hold everybody up.

        Args:
            pace: gives way between two nodes.
        """
        waiting = [*self._exact.values(), *self._below.values(), *self._any]
        self._exact, self._below, self._any = {}, {}, ()
        while waiting:
            waiting += waiting.pop().take_apart()
            pace()

    def find(self, request: Request) -> Found | None:
        """Returns the rule of the most specific route that accepts the request, or None."""
        segments = request.path.split("/")
        for node in self._hosts(request) if self._exact or self._below else self._any:
            captured: list[str] = []
            route = node.find(segments, 1, captured, request)
            if route is not None:
                captures = route.captures(captured) if route.named else NO_CAPTURES
                return Found(route.rule, captures, route.slashes)
        return None

    def _hosts(self, request: Request) -> Iterator[_Node]:
        """Yields the trees of the hosts that the request's host belongs to, the closest first."""
        host, exact = request.host, self._exact
        if host in exact:
            yield exact[host]
        hostname = request.hostname
        if hostname != host and hostname in exact:
            yield exact[hostname]
        if self._below:
            names = (hostname,) if hostname == host else (host, hostname)
            dot = hostname.find(".")
            while dot >= 0:
                for name in names:
                    node = self._below.get(name[dot + 1 :])
                    if node is not None:
                        yield node
                dot = hostname.find(".", dot + 1)
        yield from self._any
