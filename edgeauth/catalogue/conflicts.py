"""Rules of different rule sets that are for the same requests.

Within a rule set its author decides which rule comes first. Across rule sets nobody does: a path
that equals, covers or is covered by one of another set is a conflict when the same holds for their
hosts, whatever methods and captures are. Paths that overlap without one covering the other
(`/:a/x` and `/y/:b`) are none, but for those in which a free wildcard meets a single one at the
end (`/:a/:b` and `/y/**`).

Trust: rule sets come from tenants. For every claim the paths that cover it are looked up in a
trie, past everything that belongs to its own set alone: the cost is that of so many requests.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from edgeauth.catalogue.claims import Claim, ClaimedHost
from edgeauth.engine.route import PathExpression
from edgeauth.model.pace import Pace, full_speed

_SEVERAL: Final = -1


class Owned(NamedTuple):
    """A claim, and whose it is.

    Attributes:
        rule_set: the number of the rule set.
        rule: the id of the rule.
        claim: what the rule is for.
    """

    rule_set: int
    rule: str
    claim: Claim


class Conflict(NamedTuple):
    """Two claims of different rule sets to the same requests.

    Attributes:
        later: that of the rule set with the higher number.
        earlier: the other one.
    """

    later: Owned
    earlier: Owned


def conflicts(claims: Iterable[Owned], pace: Pace = full_speed) -> Iterator[Conflict]:
    """Yields conflicts: for each claim one for every expression that covers its path.

    Args:
        claims: of all rule sets; those with lower numbers were there first.
        pace: gives way between two claims.
    """
    everything = list(claims)
    root = _Node()
    for owned in everything:
        root.add(owned)
        pace()
    for owned in everything:
        pace()
        for claimants in root.covering(owned):
            other = claimants.meeting(owned)
            if other is not None:
                earlier, later = sorted((owned, other), key=_number)
                yield Conflict(later, earlier)


def _number(owned: Owned) -> int:
    return owned.rule_set


@dataclass(slots=True)
class _Claimants:
    """Claims to one path expression by host; two of different sets are enough of each."""

    at: dict[str, list[Owned]] = field(default_factory=dict)
    """By host."""
    within: dict[str, list[Owned]] = field(default_factory=dict)
    """By every host expression that covers the host."""
    patterns: list[Owned] = field(default_factory=list)

    def add(self, owned: Owned) -> None:
        host = owned.claim.host
        _note(self.at.setdefault(str(host), []), owned)
        for wider in _covering_hosts(host):
            _note(self.within.setdefault(wider, []), owned)
        if host.test is not None:
            self.patterns.append(owned)

    def meeting(self, owned: Owned) -> Owned | None:
        """Returns a claim of another set whose host covers that of a claim, or the reverse."""
        host = owned.claim.host
        candidates = self.within.get(str(host), [])
        for wider in _covering_hosts(host):
            candidates = candidates + self.at.get(wider, [])
        if host.test is None:
            candidates = candidates + [each for each in self.patterns if _accepts(each, owned)]
        else:
            named = (each for found in self.at.values() for each in found)
            candidates = candidates + [each for each in named if _accepts(owned, each)]
        return next((each for each in candidates if each.rule_set != owned.rule_set), None)


def _note(known: list[Owned], owned: Owned) -> None:
    if len(known) < 2 and all(each.rule_set != owned.rule_set for each in known):
        known.append(owned)


def _covering_hosts(host: ClaimedHost) -> Iterator[str]:
    """Yields the host expressions that cover a host, itself the first."""
    if host.pattern:
        yield host.pattern
    elif host.name != "*":
        name, port = _split(host.name)
        domain = name.removeprefix("*.")
        names = [name]
        dot = domain.find(".")
        while dot >= 0:
            names.append(f"*.{domain[dot + 1 :]}")
            dot = domain.find(".", dot + 1)
        for each in names:
            if port:
                yield each + port
            yield each
    yield "*"


def _split(host: str) -> tuple[str, str]:
    """Returns a host and its port with the colon, empty when it has none."""
    colon = host.rfind(":")
    return (host, "") if colon < 0 or host.endswith("]") else (host[:colon], host[colon:])


def _accepts(pattern: Owned, owned: Owned) -> bool:
    """Returns whether a host pattern is for a host that the other claim is for."""
    test, host = pattern.claim.host.test, owned.claim.host
    if test is None or host.test is not None or host.name == "*":
        return False
    # Nobody can tell all the hosts below a domain; one that is like any other stands for them.
    return test(_split(host.name)[0].replace("*", "any", 1))


class _Node:
    """What may follow one path prefix, and whose it is."""

    __slots__ = ("exact", "free", "literals", "owner", "single")

    def __init__(self) -> None:
        self.owner: int | None = None
        self.literals: dict[str, _Node] = {}
        self.single: _Node | None = None
        self.free: _Claimants | None = None
        self.exact: _Claimants | None = None

    def add(self, owned: Owned) -> None:
        expression, node = owned.claim.expression, self
        node.belong_to(owned.rule_set)
        for segment in expression.segments:
            if segment is None:
                node.single = node.single or _Node()
                node = node.single
            else:
                node = node.literals.setdefault(segment, _Node())
            node.belong_to(owned.rule_set)
        if expression.free:
            node.free = node.free or _Claimants()
            node.free.add(owned)
        else:
            node.exact = node.exact or _Claimants()
            node.exact.add(owned)

    def belong_to(self, rule_set: int) -> None:
        self.owner = rule_set if self.owner in (None, rule_set) else _SEVERAL

    def at_the_end_of(self, expression: PathExpression) -> Iterator[_Claimants]:
        """Yields who claims what an expression stands for behind its segments.

        A free wildcard meets a single one here: `/a/**` would take `/a/b` away from `/:x/:y`.
        """
        if not expression.free:
            found = [self.exact]
        else:
            found = [self.free, None if self.single is None else self.single.exact]
        yield from (each for each in found if each is not None)

    def covering(self, owned: Owned) -> Iterator[_Claimants]:
        """Yields the claimants of every expression that covers the path of a claim."""
        expression = owned.claim.expression
        segments = expression.segments
        waiting: list[tuple[_Node, int]] = [(self, 0)]
        while waiting:
            node, position = waiting.pop()
            if node.owner == owned.rule_set:
                continue
            if position == len(segments):
                yield from node.at_the_end_of(expression)
                continue
            segment = segments[position]
            # A wildcard stands for at least one character, and an empty segment is the last one.
            if node.free is not None and (segment != "" or expression.free):
                yield node.free
            if node.single is not None and segment != "":
                waiting.append((node.single, position + 1))
            literal = None if segment is None else node.literals.get(segment)
            if literal is not None:
                waiting.append((literal, position + 1))
