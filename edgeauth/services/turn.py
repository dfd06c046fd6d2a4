"""A lock between processes."""

import errno
import fcntl
import os
import tempfile
import threading
import time
from types import TracebackType
from typing import Final

_PAUSE: Final = 0.001
"""Seconds."""


class Turn:
    """Is held by one thread of the processes that were made by the same one; ends with its holder.

    A process that holds it must not be copied: the copy would wait for ever.
    """

    def __init__(self) -> None:
        self._file = _lockable()
        self._here = threading.Lock()

    def __enter__(self) -> None:
        self._here.acquire()
        try:
            self._wait()
        except OSError:
            self._here.release()
            raise

    def _wait(self) -> None:
        # Record locks belong to a process; those of flock() would be shared with its copies.
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno != errno.EDEADLK:
                    raise
                # Nobody waits for one turn while it holds another, but one thread of a process
                # may hold what another process waits for, and the kernel knows processes only.
                time.sleep(_PAUSE)
            else:
                return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)
        self._here.release()


def _lockable() -> int:
    """Returns the descriptor of a file without a name; where there is Linux it needs no disk."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("edgeauth-turn")
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
