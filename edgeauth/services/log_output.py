"""Where the lines of a log leave the process: whole lines, also where a disk was full meanwhile."""

import mmap
import os


class LogOutput:
    """Writes batches of lines to a descriptor; a `LogStream`.

    When only a part of a batch could be written, what is written next begins on a new line, also if
    it is a copy of this process that writes it.

    Args:
        descriptor: that is open, and blocks.
    """

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        self._torn = mmap.mmap(-1, 1)  # memory that copies of the process share

    def write(self, data: bytes) -> None:
        """Writes everything.

        Raises:
            OSError: only a part was written, or nothing.
        """
        descriptor = self._descriptor
        if descriptor is None:
            raise OSError("not open")
        left = memoryview(b"\n" + data if self._torn[0] else data)
        while left:
            left = left[os.write(descriptor, left) :]
            # What comes next must not continue half a line.
            self._torn[0] = len(left) > 0

    def flush(self) -> None:
        """Has nothing left to hand over."""
