"""Two connections that speak another protocol now: octets go both ways, and nobody looks at them.

Each end stops when the other does not take what it says, and says that it has ended when it has.
The whole ends when nothing has flowed for too long, and when the proof of identity ends by which
it was permitted: nobody decides about it again.

Trust: none, in either end; only time and memory are bounded.
"""

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edgeauth.listeners.limits import Limits


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


class _End(asyncio.Protocol):
    """One of the two connections."""

    __slots__ = ("_ended", "_other", "_owner", "_transport", "_tunnel", "octets")
    _other: "_End"

    def __init__(self, tunnel: "Tunnel", owner: Owner) -> None:
        self._tunnel = tunnel
        self._owner = owner
        self._transport = owner.hand_over()
        self._ended = False
        self.octets = 0
        """That came and went to the other end."""

    def join(self, other: "_End") -> None:
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


class Tunnel:
    """Joins a client and an upstream until one of them leaves.

    Args:
        limits: `idle_timeout` is how long nothing may flow in either direction.
        ends_at: the deadline beyond which it does not live, in the time of `Deadlines`; 0.0 is
            none.
        head: tells the client that the protocol is another one from now on.

    Attributes:
        over: whether one of the connections is gone.
    """

    __slots__ = ("_client", "_ends", "_ends_at", "_head", "limits", "over")

    def __init__(self, limits: "Limits", ends_at: float, head: bytes) -> None:
        self._head = head
        self.limits = limits
        self.over = False
        self._ends_at = ends_at

    def join(
        self,
        client: Owner,
        upstream: Owner,
        said: tuple[bytes, bytes],
        *,
        client_ended: bool,
    ) -> None:
        """Takes over both connections.

        Args:
            client: to the client.
            upstream: to the upstream.
            said: what the client has said already, and the upstream.
            client_ended: whether the client says nothing more.
        """
        self._client = client
        near, far = _End(self, client), _End(self, upstream)
        near.join(far)
        far.join(near)
        self.touch()
        self._ends = near, far
        near.write(self._head)
        near.pass_on(said[0])
        far.pass_on(said[1])
        if client_ended:
            near.eof_received()

    @property
    def octets(self) -> tuple[int, int]:
        """Returns how much has come from the client, and from the upstream."""
        near, far = self._ends
        return near.octets, far.octets

    def touch(self) -> None:
        """Notes that something flows."""
        if self.over:
            return
        idle, ends_at = self._client.until(self.limits.idle_timeout), self._ends_at
        self._client.deadline = min(idle, ends_at) if idle and ends_at else idle or ends_at
