"""Signals that come when nobody can do what they ask for: they wait, and end nothing."""

import signal
from typing import Final

_ASKING: Final = frozenset({signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2})
"""Those that ask a process to do something; unless it has said what, each of them ends it."""


def hold_back() -> None:
    """Has wishes wait until `let_in`; whatever else the parent has held back gets through."""
    signal.pthread_sigmask(signal.SIG_SETMASK, _ASKING)


def let_in() -> None:
    """Lets everything through, also what has come meanwhile."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
