"""The part of one process where several share the work."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from edgeauth.services.telemetry.sharing import Board


class Role(Enum):
    """What a process does of all that there is to do."""

    ALL = "all"
    WORKER = "worker"
    """Decides about requests; another process is there for operators."""
    MANAGEMENT = "management"
    """Is there for operators, and knows what workers have counted."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part of one process in all that there is to do.

    Attributes:
        role: what it does.
        number: tells workers apart.
        generation: 0 for the first process with this part, 1 for the one that replaced it...
        board: where workers write down what they count; None when there is one process.
    """

    role: Role = Role.ALL
    number: int = 0
    generation: int = 0
    board: Board | None = None


ALONE: Final = Part()
