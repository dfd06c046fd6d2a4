"""One request of a client and its answer.

An exchange collects the head, waits for its turn (clients may pipeline), gets its decision and is
then enforced by the door. Its connection asks it where the content goes; the upstream tells it
what comes back. It is answered exactly once.
"""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Final, Protocol

from edgeauth.model.decision import Permit, Response
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
    """A request under way."""

    __slots__ = (
        "_answered",
        "_waiting",
        "begun",
        "complete",
        "connection",
        "expects_continue",
        "fields",
        "framing",
        "head_complete",
        "head_octets",
        "keep_alive",
        "malformed",
        "method",
        "permit",
        "request",
        "sink",
        "started",
        "target",
        "task",
        "trailer_fields",
        "version",
    )

    def __init__(self, connection: "ClientConnection") -> None:
        self.connection = connection
        self.fields: list[tuple[bytes, bytes]] = []
        self.target = b""
        self.method = b""
        self.version = "1.1"
        self.head_octets = 0
        self.trailer_fields = 0
        self.head_complete = False
        self.complete = False
        self.keep_alive = False
        self.expects_continue = False
        self.framing: Framing = NO_CONTENT
        self.malformed: Malformed | None = None
        self.request: Request | None = None
        self.permit: Permit | None = None
        self.sink: ContentSink | None = None
        self.task: asyncio.Task[object] | None = None
        self.started = False
        self.begun = False
        self._answered = False
        self._waiting: list[bytes] = []

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
        if self._answered:
            return
        framed = chunk(data) if self.framing.chunked else data
        if self.sink is None:
            self._waiting.append(framed)
            self.connection.hold(UPSTREAM)
        else:
            self.sink.send(framed)

    def content_done(self) -> None:
        """Notes that the request is complete."""
        self.complete = True
        if self.framing.chunked and not self._answered:
            if self.sink is None:
                self._waiting.append(LAST_CHUNK)
            else:
                self.sink.send(LAST_CHUNK)

    def attach(self, sink: ContentSink, head: bytes) -> None:
        """Sends the head and the content so far to an upstream; more follows as it comes."""
        self.sink = sink
        sink.send(b"".join((head, *self._waiting)) if self._waiting else head)
        if self._waiting:
            self._waiting.clear()
            self.connection.release(UPSTREAM)
        if self.expects_continue and not self.complete:
            self.connection.write(CONTINUE)

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
        keep_alive = self.keep_alive and self.complete
        self.connection.write(
            render_response(response, keep_alive=keep_alive, to_head=self.to_head)
        )
        self.finish(keep_alive=keep_alive)

    def finish(self, *, keep_alive: bool) -> None:
        """Ends the exchange after its answer was written completely.

        Args:
            keep_alive: whether the connection may be used again.
        """
        self._answered = True
        self.sink = None
        if self._waiting:
            self._waiting.clear()
            self.connection.release(UPSTREAM)
        self.connection.exchange_done(self, keep_alive=keep_alive and self.complete)

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
