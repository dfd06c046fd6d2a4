"""Rule sets that compile, before it is known what stands beside them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from edgeauth.catalogue.claims import Claim, place_of
from edgeauth.catalogue.conflicts import Conflict, Owned, conflicts
from edgeauth.catalogue.pipelines import Pipeline
from edgeauth.config.codes import Code
from edgeauth.config.errors import Problem
from edgeauth.config.models.rules import Rule as RuleSpecification
from edgeauth.config.spelling import quoted
from edgeauth.model.pace import Pace, full_speed
from edgeauth.model.routing import Target

MAX_CONFLICTS: Final = 20
"""Conflicts of one rule set that are told: the others are most likely of the same kind."""


class RuleDraft(NamedTuple):
    """A rule that does not know yet which header fields all the others own.

    Attributes:
        id: as configured.
        pipeline: with everything that it inherits.
        target: where requests go; None when the rule does not say so.
        claims: what the rule is for.
        digest: of the text that says all this; empty when other text has a part in it.
    """

    id: str
    pipeline: Pipeline
    target: Target | None
    claims: tuple[Claim, ...]
    digest: bytes

    def written_as(self, specification: RuleSpecification) -> "RuleDraft":
        """Returns the same rule where its text stands now."""
        routes = specification.matcher.routes
        hosts = len(self.claims) // len(routes)
        written = [(place_of(route), route) for route in routes for _ in range(hosts)]
        moved = zip(self.claims, written, strict=True)
        claims = tuple(
            claim._replace(place=place, written=route) for claim, (place, route) in moved
        )
        return self._replace(claims=claims)


@dataclass(frozen=True, slots=True)
class RuleSetDraft:
    """The rules of one set.

    Attributes:
        name: for people; may be empty.
        rules: in the order of the document.
    """

    name: str
    rules: tuple[RuleDraft, ...]

    def settled(self) -> "RuleSetDraft":
        """Returns the same set without the text that it was read from, which takes memory."""
        rules = tuple(
            rule._replace(claims=tuple(claim.settled() for claim in rule.claims))
            for rule in self.rules
        )
        return replace(self, rules=rules)


def digest_of(specification: RuleSpecification) -> bytes:
    """Returns a digest of all that a rule says, or nothing where its text does not say all."""
    node = specification.node
    if node.source.aliased:
        return b""
    dialect = type(specification).__qualname__.encode()
    text = node.source.text[node.begin : node.end].encode("utf-8", "surrogatepass")
    return hashlib.blake2b(dialect + b"\0" + text, digest_size=32).digest()


def conflicting(
    drafts: Sequence[RuleSetDraft], pace: Pace = full_speed
) -> dict[int, list[Problem]]:
    """Returns the problems of each rule set that conflicts with one before it, by its number.

    Args:
        drafts: those that were there first come first.
        pace: gives way between two claims.
    """
    found: dict[int, list[Problem]] = {}
    for conflict in conflicts(_claims(drafts), pace):
        problems = found.setdefault(conflict.later.rule_set, [])
        if len(problems) < MAX_CONFLICTS:
            problem = _problem(conflict)
            if problem not in problems:  # equal paths cover each other
                problems.append(problem)
    return found


def _claims(drafts: Sequence[RuleSetDraft]) -> Iterator[Owned]:
    for number, draft in enumerate(drafts):
        for rule in draft.rules:
            for claim in rule.claims:
                yield Owned(number, rule.id, claim)


def _problem(conflict: Conflict) -> Problem:
    earlier = f"{_described(conflict.earlier)} ({conflict.earlier.claim.place})"
    message = f"conflicting rules: {_described(conflict.later)} meets {earlier}"
    expected = "paths of different rule sets must not cover each other; put them into one set"
    written = conflict.later.claim.written
    if written is None:
        file, _, line = conflict.later.claim.place.rpartition(":")
        return Problem(file, int(line), 1, message, expected, code=Code.CONFLICT)
    return written.problem(message, "path", expected=expected, code=Code.CONFLICT)


def _described(owned: Owned) -> str:
    claim = owned.claim
    host = "" if str(claim.host) == "*" else f" of {claim.host}"
    return f"{quoted(claim.path)}{host} in rule {quoted(owned.rule)}"
