"""The two directions of a client's connection: when they flow, stop and end.

Trust: the client's; it may send and not read, read and not send, or do neither.
"""

import asyncio
from typing import TYPE_CHECKING, Final, cast

from edgeauth.services.listener_status import Limited

if TYPE_CHECKING:
    from edgeauth.listeners.server import Listener

_LINGER_SECONDS: Final = 2.0
"""How long content that nobody wants is read, so that the client can read its answer."""


class ClientStream(asyncio.Protocol):
    """Holds and releases what is read, and closes so that the client gets its answer.

    Attributes:
        deadline: when the connection is given up unless something happens; 0.0 means never.
        limits: what the client may cost.
        listener: what accepted the connection.
        stuffed: whether the client does not take what is written for it.
    """

    __slots__ = (
        "_closing",
        "_eof",
        "_held",
        "_transport",
        "_unsent",
        "deadline",
        "limits",
        "listener",
        "stuffed",
    )

    def __init__(self, listener: "Listener") -> None:
        self.listener = listener
        self.limits = listener.limits
        self._closing = False
        self._held = 0
        self._eof = False
        self._unsent = 0
        self.stuffed = False
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Notes the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        return self.listener.until(seconds)

    def watch(self) -> None:
        """Sets the deadline that the state asks for."""
        raise NotImplementedError

    def write(self, data: bytes) -> None:
        """Writes a piece of an answer."""
        self._transport.write(data)
        if self._eof:
            self.watch()

    def hold(self, reason: int) -> None:
        """Stops reading for a reason, such as `PIPELINED`."""
        if self._closing or self._held & reason:
            return
        if not self._held and not self._transport.is_closing():
            self._transport.pause_reading()
        self._held |= reason
        self.watch()

    def release(self, reason: int) -> None:
        """Reads on when no reason is left not to."""
        if not self._held & reason:
            return
        self._held &= ~reason
        if not self._held and not self._transport.is_closing():
            self._transport.resume_reading()
        self.watch()

    @property
    def ended(self) -> bool:
        """Returns whether the client says nothing more."""
        return self._eof

    def hand_over(self) -> asyncio.Transport:
        """Returns the transport, which reads, to who speaks over it from now on."""
        if self._held and not self._transport.is_closing():
            self._transport.resume_reading()
        self._held = 0
        return self._transport

    def _end(self, *, lingering: bool) -> None:
        """Closes after what was written has left; lingers while the client is still sending.

        Closing a socket with unread data resets the connection, and the client would lose its
        answer (RFC 9112 section 9.6).
        """
        self._closing = True
        if self._transport.is_closing():
            return
        self.look_at_unsent()
        seconds = self.limits.write_timeout if self._unsent else _LINGER_SECONDS
        self.deadline = self.listener.until(seconds)
        if not lingering or self._eof:
            self._transport.close()
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        if self._held:
            self._held = 0
            self._transport.resume_reading()

    def abort(self) -> None:
        """Closes at once: the client must not take what it has for a complete answer."""
        self._transport.abort()

    def limited(self, limit: Limited) -> None:
        """Counts that a limit was reached."""
        self.listener.limited(limit)

    def look_at_unsent(self) -> int:
        """Returns how many octets the client has taken of what waited for it at the last look."""
        unsent = self._transport.get_write_buffer_size()
        taken, self._unsent = self._unsent - unsent, unsent
        return taken

    def is_taken(self) -> bool:
        """Returns whether the client takes what waits for it; then it has time to go on."""
        limits = self.limits
        taken = self.look_at_unsent()
        if self._unsent and taken >= max(limits.download_rate * limits.write_timeout, 1):
            self.deadline = self.listener.until(limits.write_timeout)
            return True
        if self._unsent:
            self.limited(Limited.DOWNLOAD)
        return False

    def expire(self) -> None:
        """Ends what takes too long."""
        raise NotImplementedError
