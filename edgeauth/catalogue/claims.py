"""What a rule is for: a path under a host, and everything else that has to hold."""

from collections.abc import Callable
from typing import NamedTuple

from edgeauth.config.models.rules import Route as RouteSpecification
from edgeauth.config.nodes import position
from edgeauth.engine.route import PathExpression, Route
from edgeauth.engine.rule import Rule
from edgeauth.engine.trie import Trie
from edgeauth.model.routing import EncodedSlashes

Test = Callable[[str], bool]


class ClaimedHost(NamedTuple):
    """A host as the trie knows it.

    Attributes:
        name: `*`, `example.com` or `*.example.com`, the last two with or without a port.
        pattern: of a host that the trie can not hold, kind and text such as `glob *.a.test`.
        test: of such a host; it gets the host without its port.
    """

    name: str
    pattern: str = ""
    test: Test | None = None

    def __str__(self) -> str:
        return self.pattern or self.name


class Claim(NamedTuple):
    """One path under one host that a rule is for: a route whose rule is not complete yet.

    Attributes:
        host: the host.
        expression: the path.
        methods: allowed methods; None means any.
        scheme: `http` or `https`; None means either.
        conditions: the number of a wildcard and the test of its value.
        slashes: what is made of `%2F`.
        path: the path as it was written.
        place: file and line of it.
        written: the route itself, as long as it may be shown in a problem.
    """

    host: ClaimedHost
    expression: PathExpression
    methods: frozenset[str] | None
    scheme: str | None
    conditions: tuple[tuple[int, Test], ...]
    slashes: EncodedSlashes
    path: str
    place: str
    written: RouteSpecification | None

    def add_to(self, trie: Trie, rule: Rule) -> None:
        """Adds the route to a rule to a trie."""
        route = Route(
            rule,
            self.expression.named(),
            self.methods,
            self.scheme,
            self.conditions,
            self.slashes,
            self.host.test,
        )
        trie.add(self.host.name, self.expression, route)

    def settled(self) -> "Claim":
        """Returns the same claim without the text that it was read from, which takes memory."""
        return self._replace(written=None)


def place_of(written: RouteSpecification) -> str:
    """Returns file and line of the path of a route."""
    node = written.node_at("path")
    return f"{node.source.file}:{position(node).line}"
