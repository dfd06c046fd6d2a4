"""What has become of the rule sets: for the health page, and for metrics."""

from dataclasses import dataclass
from typing import NamedTuple


class LoadedRuleSet(NamedTuple):
    """A rule set in force.

    Attributes:
        id: provider and source, e.g. `file_system:/etc/edgeauth/rules/shop.yaml`.
        name: for people; may be empty.
        provider: where it comes from.
        rules: how many it has.
    """

    id: str
    name: str
    provider: str
    rules: int


class RefusedRuleSet(NamedTuple):
    """A rule set whose newest text is not in force; the last good one is, if there was one.

    Attributes:
        id: as of a loaded one.
        problems: how many there are.
        code: the kind of the first one.
        line: where the first one is; 0 when it is nowhere in particular.
        since: seconds since the epoch.
    """

    id: str
    problems: int
    code: str
    line: int
    since: float


@dataclass(slots=True)
class LoadingStatus:
    """The present state, replaced by whoever loads rules.

    Attributes:
        loaded: the rule sets in force.
        refused: those that are not.
        successes: how often everything that had changed was put in force.
        failures: how often something was refused.
        last_success: when that was last, or the start; seconds since the epoch.
    """

    loaded: tuple[LoadedRuleSet, ...] = ()
    refused: tuple[RefusedRuleSet, ...] = ()
    successes: int = 0
    failures: int = 0
    last_success: float = 0.0
