"""The supervisor, where the system gives it no processes."""

import os
import signal

import pytest

from edgeauth.listeners.workers import Duty, Lifeline, Supervisor


def test_a_process_that_can_not_be_made_is_made_later(monkeypatch: pytest.MonkeyPatch):
    """Workers that are left go on meanwhile."""
    fork, supervisor = os.fork, os.getpid()
    tries = 0

    def scarce() -> int:
        nonlocal tries
        tries += 1
        if tries == 3:
            raise BlockingIOError(11, "no more processes")
        return fork()

    def wait(_generation: int) -> None:
        signal.sigwaitinfo({signal.SIGTERM})

    def die(generation: int) -> None:
        if generation:
            os.kill(supervisor, signal.SIGTERM)
            wait(generation)

    held_back = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    monkeypatch.setattr(os, "fork", scarce)
    try:
        Supervisor(
            [Duty("steady", wait), Duty("mortal", die)], Lifeline(), lambda: None, lambda: None
        ).run()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held_back)

    assert tries == 4
