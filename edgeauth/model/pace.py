"""How work that must not hold up anything else gives way."""

from collections.abc import Callable
from typing import TypeAlias

Pace: TypeAlias = Callable[[], None]
"""Called between small pieces of long work; may wait, so that others get their turn."""


def full_speed() -> None:
    """Gives way to nobody: the pace of a process that serves nothing yet."""
