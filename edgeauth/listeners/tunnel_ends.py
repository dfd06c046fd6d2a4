"""The two ends of a tunnel: each stops when the other does not take what it says.

Trust: none, in either end; only time and memory are bounded.
"""

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from edgeauth.wire.websocket import FrameBorders, close_frame

if TYPE_CHECKING:
    from edgeauth.listeners.tunnel import Tunnel

_EXPIRED: Final = close_frame(4401, b"credentials expired")
"""What 401 is in HTTP; there is no registered code for it."""
_FAREWELL_SECONDS: Final = 2.0
"""In which the client may say goodbye as well (RFC 6455 section 7.1.1)."""


class Owner(Protocol):
    """The connection that an end was before; it keeps the books and is swept."""

    deadline: float

    def hand_over(self) -> asyncio.Transport:
        """Returns the transport, which reads, to who speaks over it from now on."""
        ...

    def connection_lost(self, exc: Exception | None) -> None:
        """Learns that the transport is gone."""
        ...

    def until(self, seconds: float) -> float:
        """Returns the deadline so many seconds from now; 0.0, which is none, for 0."""
        ...


class End(asyncio.Protocol):
    """One of the two connections."""

    __slots__ = ("_ended", "_other", "_owner", "_transport", "_tunnel", "octets")
    _other: "End"

    def __init__(self, tunnel: "Tunnel", owner: Owner) -> None:
        self._tunnel = tunnel
        self._owner = owner
        self._transport = owner.hand_over()
        self._ended = False
        self.octets = 0
        """That came and went to the other end."""

    def greet(self, head: bytes) -> None:
        """Says the last of HTTP."""
        if not self._transport.is_closing():
            self._transport.write(head)

    def join(self, other: "End") -> None:
        """Takes over the transport; what comes goes to the other end from now on."""
        self._other = other
        self._owner.deadline = 0.0
        self._transport.set_protocol(self)

    def write(self, data: bytes) -> None:
        """Says something to this end."""
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        """Passes on what came."""
        self._tunnel.touch()
        self.pass_on(data)

    def pass_on(self, data: bytes) -> None:
        """Says to the other end what has come from here."""
        self.octets += len(data)
        self._other.write(data)

    def pause_writing(self) -> None:
        """Stops the other end: this one reads more slowly."""
        self._other.flow(reading=False)

    def resume_writing(self) -> None:
        """Lets the other end go on."""
        self._tunnel.touch()
        self._other.flow(reading=True)

    def flow(self, *, reading: bool) -> None:
        """Reads, or stops reading."""
        if self._transport.is_closing():
            return
        if reading:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Tells the other end that nothing more comes; it may still be speaking."""
        self._ended = True
        self._tunnel.touch()
        self._other.end()
        # TLS can not be half closed.
        return not self._other.ended and self._transport.can_write_eof()

    @property
    def ended(self) -> bool:
        """Returns whether nothing more comes from here."""
        return self._ended or self._transport.is_closing()

    def end(self) -> None:
        """Says that nothing more comes from the other end."""
        if self._transport.is_closing():
            return
        if self._ended or not self._transport.can_write_eof():
            self.close()
        else:
            self._transport.write_eof()

    def close(self) -> None:
        """Ends the connection once it has taken what waits for it, within `write_timeout`."""
        if not self._transport.is_closing():
            self._owner.deadline = self._owner.until(self._tunnel.limits.write_timeout)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the other connection as well; a stream that was cut must not look complete."""
        self._tunnel.over = True
        if exc is None:
            self._other.close()
        else:
            self._other.cut()
        self._owner.connection_lost(exc)

    def cut(self) -> None:
        """Ends the connection at once."""
        self._transport.abort()


class WebSocketClient(End):
    """A client that speaks WebSocket, and can be told when the end has come."""

    __slots__ = ("_borders", "_leaving")

    def __init__(self, tunnel: "Tunnel", owner: Owner) -> None:
        super().__init__(tunnel, owner)
        self._borders = FrameBorders()
        self._leaving = False

    def write(self, data: bytes) -> None:
        """Says something to the client, and keeps count of frames."""
        self._borders.follow(data)
        super().write(data)

    def leave(self) -> bool:
        """Says goodbye, and closes when the client has done so too, or has had time to.

        Returns:
            Whether it could be said.
        """
        if not self._borders.between or self._other.ended or self._transport.is_closing():
            return False
        self._leaving = True
        super().write(_EXPIRED)
        self.flow(reading=True)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._owner.deadline = self._owner.until(_FAREWELL_SECONDS)
        return True

    def pass_on(self, data: bytes) -> None:
        """Says to the upstream what has come, and nothing any more after a goodbye."""
        if not self._leaving:
            super().pass_on(data)

    def close(self) -> None:
        """Ends the connection, but not before the client knows why."""
        if not self._leaving:
            super().close()

    def cut(self) -> None:
        """Ends the connection at once, but not before the client knows why."""
        if not self._leaving:
            super().cut()
