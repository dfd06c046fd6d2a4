"""One generation of processes after the other, at the same sockets: no client is refused meanwhile.

A successor gets the sockets as systemd would hand them over, and tells its predecessor to drain and
to end once it serves. One that refuses its configuration ends, and everything stays as it is.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from contextlib import suppress
from socket import socket
from typing import Final

import structlog

_log = structlog.get_logger()
_PREDECESSOR: Final = "EDGEAUTH_PREDECESSOR"
_LAUNCHER: Final = """
import os, sys
if os.fork():
    os._exit(0)
given = [int(each) for each in sys.argv[1].split(",")]
kept = [os.dup2(each, 500 + number, inheritable=False) for number, each in enumerate(given)]
for number, each in enumerate(kept):
    os.dup2(each, 3 + number)
for each in given:
    if each >= 3 + len(given):
        os.close(each)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""
"""Puts descriptors where the successor looks for them, as a process that is nobody's child."""


def start_successor(sockets: Mapping[str, Iterable[socket]]) -> None:
    """Starts the same command anew, with the sockets of this process.

    Args:
        sockets: those that listen, by the name of their place.
    """
    listed = [(each.fileno(), name) for name, group in sockets.items() for each in group]
    descriptors = [descriptor for descriptor, _ in listed]
    environment = {
        **os.environ,
        "LISTEN_FDS": str(len(listed)),
        "LISTEN_FDNAMES": ":".join(name for _, name in listed),
        _PREDECESSOR: str(os.getpid()),
    }
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, ",".join(map(str, descriptors))]
    try:
        subprocess.run(  # noqa: S603  (what runs is what was started before)
            [*launcher, *sys.orig_argv[1:]], env=environment, pass_fds=descriptors, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        _log.error("no successor could be started", error=type(error).__name__)


def take_predecessor(environment: MutableMapping[str, str]) -> str:
    """Returns the process that this one succeeds; empty when there is none.

    Args:
        environment: the variable that tells is taken out.
    """
    return environment.pop(_PREDECESSOR, "")


def relieve(predecessor: str) -> None:
    """Tells the process that this one succeeds to drain and to end."""
    if predecessor.isdecimal():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(int(predecessor), signal.SIGTERM)
