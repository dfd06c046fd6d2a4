"""What a process is to be made of, before anything is built."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.config.errors import Collector
from edgeauth.config.read import Reading, RuleSet


class Mode(Enum):
    """Which door requests come through."""

    PROXY = "proxy"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a process is to be made of."""

    reading: Reading
    enforcement: Enforcement
    mode: Mode
    load: Callable[[Collector], list[RuleSet]]
    """Returns the rule sets; tells what is wrong with them."""
