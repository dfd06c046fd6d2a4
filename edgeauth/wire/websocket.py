"""Where frames of WebSocket begin and end (RFC 6455 section 5.2), and the frame that says goodbye.

Nothing of a message is looked at. Whoever wants to say something between two frames of somebody
else has to know where that is; control frames may even stand within a message (section 5.4).

Trust: whatever comes is believed to be frames, and nothing bad comes of it when it is none.
"""

from typing import Final

_CLOSE: Final = 8
_TWO_OCTETS: Final = 126
_EIGHT_OCTETS: Final = 127
_KEY_OCTETS: Final = 4


class FrameBorders:
    """Follows the frames of one direction."""

    __slots__ = ("_closed", "_head", "_left")

    def __init__(self) -> None:
        self._head = b""
        """The beginning of a frame whose length is not known yet."""
        self._left = 0
        """Octets of the present frame that are still to come."""
        self._closed = False

    @property
    def between(self) -> bool:
        """Returns whether another frame may be said now: not within one, and not after a Close."""
        return not (self._closed or self._left or self._head)

    def follow(self, data: bytes) -> None:
        """Takes what is said next."""
        if self._closed:
            return
        if self._head:
            data, self._head = self._head + data, b""
        at, end = self._left, len(data)
        while at < end:
            if at + 1 < end and data[at + 1] < _TWO_OCTETS:
                length = 2 + data[at + 1]  # short and not masked: most that a server says
            elif not (length := _frame_octets(data, at)):
                self._head, at = data[at:], end
                break
            if data[at] & 0x0F == _CLOSE:
                self._closed = True
            at += length
        self._left = at - end


def _frame_octets(data: bytes, at: int) -> int:
    """Returns the length of the frame that begins there; 0 while its length has not come."""
    if len(data) < at + 2:
        return 0
    size = data[at + 1] & 0x7F
    octets = 2 if size == _TWO_OCTETS else 8 if size == _EIGHT_OCTETS else 0
    begin = at + 2
    if len(data) < begin + octets:
        return 0
    if octets:
        size = int.from_bytes(data[begin : begin + octets], "big")
    return 2 + octets + size + (_KEY_OCTETS if data[at + 1] & 0x80 else 0)


def close_frame(code: int, reason: bytes) -> bytes:
    """Returns the frame with which a server ends a WebSocket (RFC 6455 section 5.5.1).

    Args:
        code: why, for programs; 4000 to 4999 are free to use (section 7.4.2).
        reason: why, for people: UTF-8, at most 123 octets.
    """
    return bytes((0x80 | _CLOSE, 2 + len(reason))) + code.to_bytes(2, "big") + reason
