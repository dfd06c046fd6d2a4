"""A file that a log is appended to, and that may be moved away meanwhile (logrotate)."""

import os
from typing import Final

import structlog

from edgeauth.services.log_output import LogOutput

_log = structlog.get_logger()
_MODE: Final = 0o640
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
"""Opening does not wait for somebody to read a pipe."""


class LogFile(LogOutput):
    """Appends to a file.

    Every batch is one call to the operating system, which appends it as a whole: other processes
    may write to the same file.

    Args:
        path: is made unless it is there; readable for its owner and group.
    """

    def __init__(self, path: str) -> None:
        super().__init__(None)
        self._path = path
        self._former: list[int] = []

    def open(self) -> None:
        """Writes to what the path names now.

        Does not wait for a write that is under way, which still goes to the former file.

        Raises:
            OSError: it can not be written to; the text names it.
        """
        try:
            descriptor = os.open(self._path, _FLAGS, _MODE)
        except OSError as error:
            raise OSError(f"{self._path} can not be written to: {error.strerror}") from None
        os.set_blocking(descriptor, True)
        if self._descriptor is not None:
            self._former.append(self._descriptor)
        self._descriptor = descriptor

    def reopen(self) -> None:
        """Writes to what the path names now; when that can not be opened, as before."""
        try:
            self.open()
        except OSError as error:
            _log.error("a log can not be opened again", error=str(error))

    def flush(self) -> None:
        """Gives up the files that were written to before."""
        while self._former:
            os.close(self._former.pop())
