"""One request of a client and its answer.

An exchange collects the head, waits for its turn (clients may pipeline), gets its decision and is
then enforced by the door. Its connection asks it where the content goes; the upstream tells it
what comes back. It is answered exactly once.
"""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final, Protocol

from edgeauth.model.decision import Response
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.wire.http1 import (
    CONTINUE,
    LAST_CHUNK,
    NO_CONTENT,
    Framing,
    chunk,
    render_response,
)

if TYPE_CHECKING:
    from edgeauth.listeners.connection import ClientConnection


PIPELINED: Final = 1
"""Nothing is read because other requests wait."""
UPSTREAM: Final = 2
"""Nothing is read because the upstream is not there yet, or reads more slowly."""


class ContentSink(Protocol):
    """Where the content of a request goes."""

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


class Exchange:
    """A request under way.

    Args:
        connection: of the client.
        octets: length of the segment that the request began in.

    Attributes:
        most_octets: the head is not longer than this; usually that is all one needs to know.
        undelivered: octets since the parser came to the end of a field or a piece of content.
    """

    __slots__ = (
        "_answered",
        "_waiting",
        "begun",
        "complete",
        "connection",
        "content_octets",
        "expects_continue",
        "fields",
        "framing",
        "head_complete",
        "keep_alive",
        "malformed",
        "method",
        "most_octets",
        "request",
        "sink",
        "started",
        "target",
        "task",
        "trailer_fields",
        "undelivered",
        "version",
    )

    def __init__(self, connection: "ClientConnection", octets: int) -> None:
        self.connection = connection
        self.fields: list[tuple[bytes, bytes]] = []
        self.target = b""
        self.method = b""
        self.version = "1.1"
        self.most_octets = octets
        self.content_octets = 0
        self.undelivered = 0
        self.trailer_fields = 0
        self.head_complete = False
        self.complete = False
        self.keep_alive = False
        self.expects_continue = False
        self.framing: Framing = NO_CONTENT
        self.malformed: Malformed | None = None
        self.request: Request | None = None
        self.sink: ContentSink | None = None
        self.task: asyncio.Task[object] | None = None
        self.started = False
        self.begun = False
        self._answered = False
        self._waiting: list[bytes] = []

    @property
    def head_octets(self) -> int:
        """Returns the length of target and fields so far."""
        return len(self.target) + sum(len(name) + len(value) + 4 for name, value in self.fields)

    @property
    def delivered(self) -> tuple[int, int, int]:
        """Returns how much the parser has delivered, to see whether a segment brought anything."""
        return len(self.target), len(self.fields), self.content_octets

    def begin_segment(self, octets: int) -> tuple[int, int, int]:
        """Notes that a segment comes; returns what was delivered before it."""
        if not self.head_complete:
            self.most_octets += octets
        return self.delivered

    @property
    def to_head(self) -> bool:
        """Returns whether the answer must not have content."""
        return self.method == b"HEAD"

    @property
    def answered(self) -> bool:
        """Returns whether nothing more may be said to the client."""
        return self._answered

    def receive(self, data: bytes) -> None:
        """Takes a piece of the request's content."""
        self.content_octets += len(data)
        if self._answered:
            return
        if self.sink is None:
            # As it came: the framing of a request that still waits its turn is not known yet.
            self._waiting.append(data)
            self.connection.hold(UPSTREAM)
        else:
            self.sink.send(chunk(data) if self.framing.chunked else data)

    def content_done(self) -> None:
        """Notes that the request is complete."""
        self.complete = True
        if self.sink is not None and self.framing.chunked:
            self.sink.send(LAST_CHUNK)

    def attach(self, sink: ContentSink, head: bytes) -> None:
        """Sends the head and the content so far to an upstream; more follows as it comes."""
        self.sink = sink
        if self.connection.stuffed:
            sink.pause()
        if self.framing.empty:
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
        data = b"".join(self._waiting)
        self._waiting.clear()
        if not self.framing.chunked:
            return data
        return (chunk(data) if data else b"") + (LAST_CHUNK if self.complete else b"")

    def work(self, work: Coroutine[None, None, None]) -> None:
        """Runs work for the exchange in a task, which ends with the exchange at the latest."""
        self.task = self.connection.spawn(work)

    def answer(self, response: Response) -> None:
        """Answers with a response of edgeauth's own and ends the exchange.

        When a part of the upstream's answer has left already, the connection is aborted.
        """
        if self._answered:
            return
        if self.begun:
            self.connection.abort()
            return
        keep_alive = self.settle()
        self.connection.write(
            render_response(response, keep_alive=keep_alive, to_head=self.to_head)
        )
        self.finish()

    def settle(self) -> bool:
        """Decides, and returns, whether the connection is used again after this answer.

        Asked when the head of the answer is written, since that says it to the client: what
        comes later, such as the rest of an upload, does not change it any more.
        """
        self.keep_alive = self.keep_alive and self.complete and not self.connection.draining
        return self.keep_alive

    def finish(self) -> None:
        """Ends the exchange after its answer was written completely."""
        self._answered = True
        self.sink = None
        self._waiting.clear()
        self.connection.release(UPSTREAM)
        self.connection.exchange_done(self)

    def cancel(self) -> None:
        """Gives up everything that was done for a client that has gone."""
        self._answered = True
        self.abandon_upstream()

    def abandon_upstream(self) -> None:
        """Ends what is under way for the request, be it a decision or an upstream request."""
        if self.task is not None:
            self.task.cancel()
            self.task = None
        if self.sink is not None:
            self.sink.abandon()
            self.sink = None
