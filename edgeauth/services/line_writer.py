"""Lines of a log on their way out: gathered while requests are served, written in batches.

Whoever has a line neither waits nor writes. When the stream is slower than the lines, they are
dropped and counted: requests do not wait for their log.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from edgeauth.services.log_status import LogStatus

FLUSH_INTERVAL: Final = 0.2
"""Seconds between two writes."""
DEFAULT_BUFFER_OCTETS: Final = 16_777_216


class LogStream(Protocol):
    """Where lines go: a file, or standard output's buffer."""

    def write(self, data: bytes, /) -> object:
        """Writes everything."""

    def flush(self) -> object:
        """Hands everything written to the operating system."""


class LineWriter:
    """Gathers lines and writes them to a stream.

    Args:
        stream: where lines go; used by one thread at a time.
        told: returns the line that tells how many were dropped; None when no line may do so.
        buffer_octets: how much may wait to be written.
        turn: is held while lines are written, so that those of several logs and processes that
            write to the same stream do not mix.

    Attributes:
        status: counts the lines that are lost.
    """

    def __init__(
        self,
        stream: LogStream,
        told: Callable[[int], bytes] | None = None,
        buffer_octets: int = DEFAULT_BUFFER_OCTETS,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        self.status = LogStatus()
        self._stream = stream
        self._told = told
        self._limit = buffer_octets
        self._turn = turn or nullcontext()
        self._lines: list[bytes] = []
        self._octets = 0
        self._untold = 0
        self._writing = threading.Lock()

    def keep(self, line: bytes) -> None:
        """Keeps a line, which does not end in a line break, until the next write."""
        octets = self._octets + len(line)
        if octets > self._limit:
            self._lose(1)
            return
        self._octets = octets + 1
        self._lines.append(line)

    def _lose(self, lines: int) -> None:
        self.status.lost += lines
        if self._told is not None:
            self._untold += lines

    async def run(self, interval: float = FLUSH_INTERVAL) -> None:
        """Writes what was kept again and again; when it is cancelled, for the last time.

        Args:
            interval: seconds between two writes.
        """
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(interval)
                if self._lines or self._untold:
                    # In a thread: a pipe that nobody reads must not stop the world. Shielded: what
                    # was taken is written even if the end comes before the thread has begun.
                    writing = loop.run_in_executor(None, self._write, self._take())
                    self._lose(await asyncio.shield(writing))
        finally:
            self.flush()

    def flush(self) -> None:
        """Writes what was kept, now."""
        if self._lines or self._untold:
            self._lose(self._write(self._take()))

    def _take(self) -> list[bytes]:
        lines, self._lines, self._octets = self._lines, [], 0
        if self._untold and self._told is not None:
            lines.append(self._told(self._untold))
            self._untold = 0
        return lines

    def _write(self, lines: list[bytes]) -> int:
        """Returns how many lines were lost because the stream did not take them."""
        with self._writing:
            try:
                with self._turn:
                    self._stream.write(b"\n".join((*lines, b"")))
                    self._stream.flush()
            except OSError:
                return len(lines)
            return 0
