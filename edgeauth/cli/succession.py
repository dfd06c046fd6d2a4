"""One generation of processes after the other, at the same sockets: no client is refused meanwhile.

A successor gets the sockets as systemd would hand them over, and tells its predecessor to drain and
to end once it serves. One that refuses its configuration ends, and everything stays as it is.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from socket import socket
from typing import Final

import structlog

_log = structlog.get_logger()
_PREDECESSOR: Final = "EDGEAUTH_PREDECESSOR"
_LAUNCHER: Final = """
import os, sys
told, given = int(sys.argv[1]), [int(each) for each in sys.argv[2].split(",")]
successor = os.fork()
if successor:
    os.write(told, b"%d" % successor)
    os._exit(0)
os.close(told)
kept = [os.dup2(each, 500 + number, inheritable=False) for number, each in enumerate(given)]
for number, each in enumerate(kept):
    os.dup2(each, 3 + number)
for each in given:
    if each >= 3 + len(given):
        os.close(each)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""
"""Puts descriptors where the successor looks for them, as a process that is nobody's child."""
_FIRST_PROCESS: Final = 1


class _Process:
    """Another process, and no later one that has its number.

    Args:
        pid: its number; it is running.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._descriptor: int | None = None
        with suppress(OSError, AttributeError):  # Linux has it, some sandboxes of it do not
            self._descriptor = os.pidfd_open(pid)

    def ask_to_end(self) -> None:
        """Sends SIGTERM, unless it has ended."""
        with suppress(ProcessLookupError, PermissionError):
            if self._descriptor is None:
                os.kill(self._pid, signal.SIGTERM)
            else:
                signal.pidfd_send_signal(self._descriptor, signal.SIGTERM)

    def has_ended(self) -> bool:
        """Returns whether it runs no more, as far as can be told."""
        if self._descriptor is None:
            return True
        return bool(select.select([self._descriptor], [], [], 0)[0])

    def forget(self) -> None:
        """Gives back what it takes to know of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)


class Succession:
    """Starts successors, one at a time.

    Args:
        sockets: those that listen, by the name of their place.
    """

    def __init__(self, sockets: Mapping[str, Iterable[socket]]) -> None:
        self._sockets = sockets
        self._successor: _Process | None = None

    def start(self) -> None:
        """Starts the same command anew, with the sockets of this process; nothing if it drains."""
        if any(each.fileno() < 0 for group in self._sockets.values() for each in group):
            return
        if os.getpid() == _FIRST_PROCESS:
            # Its end is the end of all others in its container.
            _log.error("no successor", reason="process 1 can not be succeeded")
            return
        if self._successor is not None:
            if not self._successor.has_ended():
                _log.error("no successor", reason="another one is about to take over")
                return
            self._successor.forget()
            self._successor = None
        try:
            self._successor = _Process(self._launch())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            _log.error("no successor could be started", error=type(error).__name__)

    def _launch(self) -> int:
        """Returns the number of the new process."""
        listed = [(each.fileno(), name) for name, group in self._sockets.items() for each in group]
        given = [descriptor for descriptor, _ in listed]
        environment = {
            **os.environ,
            "LISTEN_FDS": str(len(listed)),
            "LISTEN_FDNAMES": ":".join(name for _, name in listed),
            _PREDECESSOR: str(os.getpid()),
        }
        told, tell = os.pipe()
        with open(told, "rb") as answer:
            arguments = [str(tell), ",".join(map(str, given)), *sys.orig_argv[1:]]
            try:
                subprocess.run(  # noqa: S603  (what runs is what was started before)
                    [sys.executable, "-I", "-S", "-c", _LAUNCHER, *arguments],
                    env=environment,
                    pass_fds=[tell, *given],
                    check=True,
                )
            finally:
                os.close(tell)
            return int(answer.read())


def predecessor_of(environment: MutableMapping[str, str]) -> Callable[[], None] | None:
    """Returns what tells the process that this one succeeds to drain and to end; None without one.

    Args:
        environment: the variable that tells is taken out.
    """
    told = environment.pop(_PREDECESSOR, "")
    return _Process(int(told)).ask_to_end if told.isdecimal() else None
