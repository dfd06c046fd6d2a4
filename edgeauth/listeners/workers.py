"""Processes that serve side by side, and the one that watches over them.

Everything is loaded before the first of them is made, so they share its memory. The supervisor has
no event loop and no threads, or it could not be copied safely; it waits for signals, replaces a
process that has died at once, and ends when it is told to, after all others. Should it be killed
itself, the others notice and end by themselves.

Source:
    signal-safety(7), fork(2): what may be done after a copy of a process with one thread.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NoReturn

import structlog

_log = structlog.get_logger()
_WATCHED: Final = frozenset(
    {
        signal.SIGTERM,
        signal.SIGINT,
        signal.SIGHUP,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGCHLD,
    }
)
_SHORT_LIFE: Final = 1.0
"""Seconds; a process that lives so long at most is replaced with a pause."""
_LONGEST_PAUSE: Final = 5.0
_SCARCE: Final = 1.0
"""Seconds until the next try, when no process can be made."""
_PATIENCE: Final = 15.0
"""Seconds to end in; a process drains for ten."""


class Lifeline:
    """Tells the others when the supervisor is gone, however that came about."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    @property
    def descriptor(self) -> int:
        """Returns what becomes readable when the supervisor is gone."""
        return self._read

    def leave_to_supervisor(self) -> None:
        """Lets go of the end that only the supervisor may hold."""
        os.close(self._write)


@dataclass(frozen=True, slots=True)
class Duty:
    """What one process does.

    Attributes:
        name: for the log, e.g. `worker 1`.
        run: does it, and returns when it is over; gets the generation: 0 for the first process
            that does it, 1 for its replacement... Signals are held back until it lets them in.
    """

    name: str
    run: Callable[[int], None]


@dataclass(slots=True)
class _Post:
    """A duty and the process that does it."""

    duty: Duty
    pid: int = 0
    generation: int = 0
    begun: float = 0.0
    pause: float = 0.0
    due: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Keeps one process for each duty.

    Attributes:
        duties: what is to be done.
        lifeline: connects the processes to this one.
        succeed: starts a successor (SIGUSR2).
        close: gives up the sockets, so that nobody waits for an answer that will not come.
    """

    duties: Sequence[Duty]
    lifeline: Lifeline
    succeed: Callable[[], None]
    close: Callable[[], None]
    _posts: list[_Post] = field(default_factory=list)
    _ending: bool = False

    def run(self) -> None:
        """Starts every process, and returns when all have ended because somebody said so."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        self._posts = [_Post(duty) for duty in self.duties]
        for post in self._posts:
            self._fork(post)
        while not self._ending:
            self._wait(self._next_due())
        self._end()

    def _wait(self, seconds: float | None) -> None:
        told = (
            signal.sigwaitinfo(_WATCHED)
            if seconds is None
            else signal.sigtimedwait(_WATCHED, seconds)
        )
        if told is not None:
            self._told(signal.Signals(told.si_signo))
        self._reap()
        self._replace()

    def _told(self, what: signal.Signals) -> None:
        if what in (signal.SIGTERM, signal.SIGINT):
            self._ending = True
        elif what in (signal.SIGHUP, signal.SIGUSR1):
            self._pass_on(what)
        elif what is signal.SIGUSR2:
            self.succeed()

    def _fork(self, post: _Post) -> None:
        pid = os.fork()
        if pid == 0:
            self._become(post)
        post.pid, post.begun = pid, time.monotonic()

    def _become(self, post: _Post) -> NoReturn:
        """Does the duty in the new process; nothing of the supervisor's stack runs afterwards."""
        status = 1
        try:
            self.lifeline.leave_to_supervisor()
            random.seed()
            post.duty.run(post.generation)
            status = 0
        except BaseException as bug:  # noqa: BLE001  (whatever it is, the process ends here)
            _log.error("a process has failed", duty=post.duty.name, error=type(bug).__name__)
        finally:
            os._exit(status)

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                for post in self._posts:
                    if post.pid == pid:
                        self._gone(post, status)

    def _gone(self, post: _Post, status: int) -> None:
        post.pid = 0
        if self._ending:
            return
        lived = time.monotonic() - post.begun
        post.pause = min(max(post.pause * 2, 0.1), _LONGEST_PAUSE) if lived < _SHORT_LIFE else 0.0
        post.due = time.monotonic() + post.pause
        code = os.waitstatus_to_exitcode(status)
        _log.error("a process has died and is replaced", duty=post.duty.name, exit_code=code)

    def _replace(self) -> None:
        for post in self._posts:
            if not post.pid and not self._ending and time.monotonic() >= post.due:
                post.generation += 1
                try:
                    self._fork(post)
                except OSError as error:  # too many processes, or too little memory: for a while
                    post.due = time.monotonic() + _SCARCE
                    reason = os.strerror(error.errno or 0)
                    _log.error("no process can be made", duty=post.duty.name, error=reason)

    def _next_due(self) -> float | None:
        due = [post.due for post in self._posts if not post.pid]
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def _end(self) -> None:
        """Ends every process, by force those that do not come to an end."""
        self.close()
        self._pass_on(signal.SIGTERM)
        ends = time.monotonic() + _PATIENCE
        while any(post.pid for post in self._posts):
            left = ends - time.monotonic()
            if left <= 0:
                self._pass_on(signal.SIGKILL)
                ends += _PATIENCE
                continue
            signal.sigtimedwait({signal.SIGCHLD}, left)
            self._reap()

    def _pass_on(self, what: signal.Signals) -> None:
        for post in self._posts:
            if post.pid:
                with suppress(ProcessLookupError):
                    os.kill(post.pid, what)


def available_processors() -> int:
    """Returns how many processors this process may keep busy, 1 or more.

    Affinity counts, and the quota of the control group (cgroup v2 `cpu.max`).
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = affinity or 1
    with suppress(OSError, ValueError), open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
        quota, period = file.read().split()
        if quota != "max":
            found = min(found, max(int(quota) // int(period), 1))
    return found
