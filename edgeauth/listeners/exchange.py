"""One request of a client and its answer.

An exchange collects the head, waits for its turn (clients may pipeline), gets its decision and is
then enforced by the door. What becomes of its content stands in `content.py`; the upstream tells it
what comes back. It is answered exactly once.
"""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, NamedTuple

from msgspec import field
from msgspec.structs import replace

from edgeauth.listeners.content import RequestContent
from edgeauth.model.decision import Decision, Field, Permit, Response
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Request
from edgeauth.services.listener_status import UpstreamFailure
from edgeauth.wire.http1 import render_response

if TYPE_CHECKING:
    from edgeauth.listeners.tunnel import Tunnel


class Upgrade(NamedTuple):
    """A switch to another protocol that the client asks for and the rule allows."""

    protocol: bytes
    ends_at: float
    """The deadline beyond which the other protocol is not spoken; 0.0 means none."""


class Exchange(RequestContent):
    """A request under way.

    Attributes:
        most_octets: the head is not longer than this; usually that is all one needs to know.
        undelivered: octets since the parser came to the end of a field or a piece of content.
        status: of the answer; 0 before its head is written.
        expires_at: seconds since the epoch: the end of the credentials that it was permitted by;
            None while it is not permitted, and where they have none.
        early: what came after a request that asks for another protocol, in that protocol; None
            when the request does not ask. It is never looked at.
        in_flight: whether it is counted as a request that is worked on.
        owned: names of the fields that the pipeline tells the upstream, and nobody the client.
        tunnel: what it has become when both sides agreed to another protocol.
        upgrade: what the upstream is asked to switch to; None in an ordinary request.
    """

    most_octets: int = 0
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    target: bytes = b""
    method: bytes = b""
    version: str = "1.1"
    undelivered: int = 0
    trailer_fields: int = 0
    trailer_octets: int = 0
    head_complete: bool = False
    keep_alive: bool = False
    malformed: Malformed | None = None
    request: Request | None = None
    cors_fields: tuple[Field, ...] = ()
    owned: frozenset[bytes] = frozenset()
    task: asyncio.Task[object] | None = None
    started: bool = False
    status: int = 0
    in_flight: bool = False
    early: bytearray | None = None
    expires_at: float | None = None
    tunnel: "Tunnel | None" = None
    upgrade: Upgrade | None = None

    @property
    def head_octets(self) -> int:
        """Returns the length of target and fields so far."""
        return len(self.target) + sum(len(name) + len(value) + 4 for name, value in self.fields)

    @property
    def delivered(self) -> tuple[int, int, int]:
        """Returns how much the parser has delivered, to see whether a segment brought anything."""
        return len(self.target), len(self.fields), self.content_octets

    @property
    def is_chunked(self) -> bool:
        """Returns whether the content comes in chunks, once the head is complete."""
        return any(name == b"transfer-encoding" for name, _ in self.fields)

    def begin_segment(self, octets: int) -> tuple[int, int, int]:
        """Notes that a segment comes; returns what was delivered before it."""
        if not self.head_complete:
            self.most_octets += octets
        return self.delivered

    @property
    def to_head(self) -> bool:
        """Returns whether the answer must not have content."""
        return self.method == b"HEAD"

    def work(self, work: Coroutine[None, None, None]) -> None:
        """Runs work for the exchange in a task, which ends with the exchange at the latest."""
        self.task = self.connection.spawn(work)

    def enforce(self, decision: Decision) -> None:
        """Answers a denial; leaves a permit to the door."""
        if isinstance(decision, Permit):
            self.connection.enforce(self, decision)
        else:
            self.answer(decision.response)

    def note(self, error: str) -> None:
        """Is told what goes wrong, before the exchange ends; only the access log wants to know.

        Args:
            error: a class of errors; no data of the request.
        """

    def note_failure(self, upstream: str, failure: UpstreamFailure, detail: str) -> None:
        """Is told how an upstream has failed; only the access log wants to know.

        Args:
            upstream: what logs call it.
            failure: the kind of it.
            detail: what went wrong; no data of the request.
        """

    def answer(self, response: Response) -> None:
        """Answers with a response of edgeauth's own and ends the exchange.

        When a part of the upstream's answer has left already, the connection is aborted.
        """
        if self.answered:
            return
        if self.status:
            self.connection.abort()
            return
        keep_alive = self.settle(response.status)
        if self.cors_fields:
            response = replace(response, fields=(*response.fields, *self.cors_fields))
        self.connection.write(
            render_response(response, keep_alive=keep_alive, to_head=self.to_head)
        )
        self.finish()

    def settle(self, status: int) -> bool:
        """Decides, and returns, whether the connection is used again after this answer.

        Called when the head of the answer is written, since that says it to the client: what
        comes later, such as the rest of an upload, does not change it any more.
        """
        self.status = status
        self.keep_alive = (
            self.keep_alive and self.complete and not self.connection.listener.draining
        )
        return self.keep_alive

    def switch(self, tunnel: "Tunnel") -> None:
        """Leaves the connection to another protocol.

        Args:
            tunnel: knows how much is said in it, and how to end it.
        """
        self.tunnel = tunnel
        self.settle(101)
        self.sink = None

    def finish(self) -> None:
        """Ends the exchange after its answer was written completely."""
        self.answered = True
        self.sink = None
        self._waiting.clear()
        self.connection.exchange_done(self)

    def cancel(self) -> None:
        """Gives up everything that was done for a client that has gone."""
        self.answered = True
        self.connection.landed(self)
        self.abandon_upstream()

    def abandon_upstream(self) -> None:
        """Ends what is under way for the request, be it a decision or an upstream request."""
        if self.task is not None:
            self.task.cancel()
            self.task = None
        if self.sink is not None:
            self.sink.abandon()
            self.sink = None
