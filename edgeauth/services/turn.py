"""A lock between processes."""

import fcntl
import os
import tempfile
from types import TracebackType


class Turn:
    """Is held by one of the processes that were made by the same one; ends with its holder."""

    def __init__(self) -> None:
        self._file = _lockable()

    def __enter__(self) -> None:
        # Record locks belong to a process; those of flock() would be shared with its copies.
        fcntl.lockf(self._file, fcntl.LOCK_EX)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)


def _lockable() -> int:
    """Returns the descriptor of a file without a name; where there is Linux it needs no disk."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("edgeauth-turn")
    descriptor, path = tempfile.mkstemp()
    os.unlink(path)
    return descriptor
