"""The content of one request on its way: held until somebody wants it, then passed on.

    nobody wants it yet     what has come waits, and no more is read from the socket
    a step wants to read it the rest is read, within limits; it goes on waiting afterwards
    the upstream takes it   what waits is sent, the rest as it comes, and nothing is held

Trust: the client's. It decides how the content is cut into pieces, how fast it comes and whether
it ever ends.
"""

import asyncio
from math import inf
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, field

from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.services import leave_fast_path
from edgeauth.services.listener_status import Limited
from edgeauth.wire.http1 import CONTINUE, LAST_CHUNK, NO_CONTENT, Framing, chunk

if TYPE_CHECKING:
    from edgeauth.listeners.connection import ClientConnection


PIPELINED: Final = 1
"""Nothing is read because other requests wait."""
UPSTREAM: Final = 2
"""Nothing is read because the upstream is not there yet, or reads more slowly."""
SWITCHING: Final = 4
"""Nothing is read because the client speaks another protocol before the upstream agreed to it."""
TURNS: Final = 8
"""Nothing is read because what came before is still to be looked at."""

_SLOWEST: Final = 65_536
"""Octets a second: what each piece buys of time for content that is held."""


class ContentSink(Protocol):
    """Where the content of a request goes."""

    @property
    def place(self) -> str:
        """Returns what logs call it."""
        ...

    @property
    def streams_events(self) -> bool:
        """Returns whether what comes back is a stream of events (SSE)."""
        ...

    def send(self, data: bytes) -> None:
        """Takes some content, framed as it has to be on the wire."""
        ...

    def pause(self) -> None:
        """Stops what comes back, because the client does not read."""
        ...

    def resume(self) -> None:
        """Continues what comes back."""
        ...

    def abandon(self) -> None:
        """Learns that nobody waits for the answer any more."""
        ...


class RequestContent(Struct, eq=False):
    """The content of a request; a `ContentSource` for the engine.

    Attributes:
        connection: of the client.
        answered: whether nothing more may be said to the client.
        complete: whether all of it has come.
        content_octets: how much has come.
        deadline: when the content that a step waits for is given up; 0.0 means never.
    """

    connection: "ClientConnection"
    answered: bool = False
    framing: Framing = NO_CONTENT
    expects_continue: bool = False
    complete: bool = False
    content_octets: int = 0
    deadline: float = 0.0
    sink: ContentSink | None = None
    _credit: float = inf
    _reading: asyncio.Future[None] | None = None
    _waiting: bytearray = field(default_factory=bytearray)

    def __repr__(self) -> str:
        """Says nothing of what the client has sent."""
        return object.__repr__(self)

    def paced(self) -> float:
        """Returns the deadline of the next piece: what has come buys time, but not for long.

        So whoever sends little now and then is as late as whoever sends nothing.
        """
        limits = self.connection.limits
        latest = self.connection.until(limits.read_timeout)
        if not limits.upload_rate or not latest:
            return latest
        bought = self.content_octets / limits.upload_rate
        due = min(self._credit + bought, latest)
        self._credit = due - bought
        return due

    def rest(self) -> None:
        """Learns that the client has to wait now; its time begins anew afterwards."""
        self._credit = inf

    @property
    def is_read(self) -> bool:
        """Returns whether a step waits for the rest."""
        return self._reading is not None

    async def read(self) -> bytes:
        """Returns the whole content, which stays there to be forwarded; empty when there is none.

        The client is told to continue, if it waits for that, not before somebody reads.

        Raises:
            Fault: PRECONDITION, with status 413: it is larger than `Limits.content_octets`. No
                more of it is read then.
        """
        self._check_size()
        if not self.complete:
            await leave_fast_path()
            # What came in one piece with the head is here now.
            self._check_size()
            if not self.complete:
                await self._rest()
        return bytes(self._waiting)

    def _check_size(self) -> None:
        most = self.connection.limits.content_octets
        if self.content_octets > most or (self.framing.length or 0) > most:
            self.connection.limited(Limited.HELD_BODY)
            raise Fault(
                Reason.PRECONDITION,
                "the content is larger than what may be held for a step",
                status=413,
            )

    async def _rest(self) -> None:
        """Waits until all of it is there, or too much."""
        connection = self.connection
        self._reading = asyncio.get_running_loop().create_future()
        self.deadline = connection.until(connection.limits.read_timeout)
        connection.release(UPSTREAM)
        if self.expects_continue:
            self.expects_continue = False
            connection.write(CONTINUE)
        connection.watch()
        try:
            await self._reading
        finally:
            self._reading = None
            connection.watch()
        self._check_size()

    def receive(self, data: bytes) -> None:
        """Takes a piece of the content."""
        self.content_octets += len(data)
        if self.answered:
            return
        if self.sink is not None:
            self.sink.send(chunk(data) if self.framing.chunked else data)
            return
        # As it came: the framing of a request that still waits its turn is not known yet.
        self._waiting += data
        if self._reading is None:
            self.connection.hold(UPSTREAM)
        elif self.content_octets > self.connection.limits.content_octets:
            self._wake()
            self.connection.hold(UPSTREAM)
        elif self.deadline:
            self.deadline += len(data) / _SLOWEST

    def content_done(self) -> None:
        """Notes that the request is complete."""
        self.complete = True
        if self._reading is not None:
            self._wake()
        elif self.sink is not None and self.framing.chunked:
            self.sink.send(LAST_CHUNK)

    def _wake(self) -> None:
        if self._reading is not None and not self._reading.done():
            self._reading.set_result(None)

    def attach(self, sink: ContentSink, head: bytes) -> None:
        """Sends the head and the content so far to an upstream; more follows as it comes."""
        self.sink = sink
        if self.connection.stuffed:
            sink.pause()
        if self.framing is NO_CONTENT:
            sink.send(head)
            return
        # Released before it is sent: what is sent may be so much that the upstream holds again.
        self.connection.release(UPSTREAM)
        sink.send(head + self._content_so_far())
        if not self.complete:
            if self.expects_continue:
                self.connection.write(CONTINUE)
            self.connection.watch()

    def _content_so_far(self) -> bytes:
        data = bytes(self._waiting)
        self._waiting.clear()
        if not self.framing.chunked:
            return data
        return (chunk(data) if data else b"") + (LAST_CHUNK if self.complete else b"")
