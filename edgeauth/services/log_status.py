"""How a log does."""

from dataclasses import dataclass


@dataclass(slots=True)
class LogStatus:
    """The present state of one log.

    Attributes:
        lost: lines that were not written so far: whoever reads them is too slow, or has gone.
    """

    lost: int = 0
