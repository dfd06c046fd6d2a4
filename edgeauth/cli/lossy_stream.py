"""Standard error as a log needs it: lines are lost rather than waited for.

Whoever reads them may be slow, stopped or gone. Requests are served meanwhile.
"""

import select
from collections.abc import Callable
from typing import Final, TextIO

_BROKEN: Final = select.POLLERR | select.POLLHUP | select.POLLNVAL


class LossyStream:
    """Passes lines on to a stream while somebody reads it.

    A line of up to 4096 octets never waits, unless another process fills a pipe at that moment.

    Args:
        stream: where lines go.
        told: returns the line that says how many were lost, with its line break.
    """

    def __init__(self, stream: TextIO, told: Callable[[int], str]) -> None:
        self._stream = stream
        self._told = told
        self._begun = ""
        self._lost = 0
        self._poll: select.poll | None = select.poll()
        try:
            self._poll.register(stream.fileno(), select.POLLOUT)
        except (OSError, ValueError):  # nothing that the operating system knows
            self._poll = None

    def write(self, text: str) -> int:
        """Keeps a piece of a line until `flush`."""
        self._begun += text
        return len(text)

    def flush(self) -> None:
        """Passes the line on, or loses it."""
        line, self._begun = self._begun, ""
        if not line:
            return
        try:
            if self._lost and self._is_ready():
                self._pass_on(self._told(self._lost))
                self._lost = 0
            if self._is_ready():
                self._pass_on(line)
            else:
                self._lost += 1
        except OSError:
            self._lost += 1

    def _pass_on(self, line: str) -> None:
        self._stream.write(line)
        self._stream.flush()

    def _is_ready(self) -> bool:
        """Returns whether a line can be written at once."""
        if self._poll is None:
            return True
        events = [event for _, event in self._poll.poll(0)]
        return bool(events) and not events[0] & _BROKEN
