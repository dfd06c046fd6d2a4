"""How calls to endpoints go: what was answered, how quickly, and which were not made."""

from collections import Counter
from dataclasses import dataclass, field

from edgeauth.services.telemetry.durations import RequestDurations


@dataclass(slots=True)
class EndpointStatus:
    """What is counted of calls, by the host and port that is asked.

    Attributes:
        calls: how long each attempt took; the status of its answer is 0 where there was none.
        held_back: attempts that were not made, since a circuit is open or too many are under way.
    """

    calls: RequestDurations = field(default_factory=RequestDurations)
    held_back: Counter[str] = field(default_factory=Counter)
