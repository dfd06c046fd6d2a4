"""A client's connection without sockets: what it is fed, what it answers, what it lets through."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder
from edgeauth.listeners.server import Decide, Listener
from edgeauth.model.decision import Decision, Deny, HeaderEdits, Permit, Refusal, Response
from edgeauth.model.errors import Reason
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.services.listener_status import ListenerStatus, Occupancy
from edgeauth.services.telemetry.durations import RequestDurations
from edgeauth.wire.outbound import request_head

TARGET = Target("upstream.test")
EDITS = HeaderEdits(((b"authorization", b"Bearer signed-by-the-edge"), (b"x-user", b"alice")))
OWNED = frozenset({b"authorization", b"x-user"})


class FakeTransport(asyncio.Transport):
    """Takes what is written; its buffer is what the client has not read yet."""

    def __init__(self, protocol: asyncio.Protocol, *, room: int = 65_536) -> None:
        super().__init__()
        self.protocol = protocol
        self.room = room
        self.written = bytearray()
        self.unread = 0
        self.reads_slowly = False
        self.reading = True
        self.closing = False
        self.lost = False
        self.ended = False
        self.most_unread = 0

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        assert isinstance(protocol, asyncio.Protocol)
        self.protocol = protocol

    def is_closing(self) -> bool:
        return self.closing

    def is_reading(self) -> bool:
        return self.reading

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        assert not self.closing
        self.ended = True

    def write(self, data: bytes) -> None:
        assert not self.ended, "written after the end"
        if self.closing:
            return
        self.written += data
        if not self.reads_slowly:
            return
        before = self.unread
        self.unread += len(data)
        self.most_unread = max(self.most_unread, self.unread)
        if before <= self.room < self.unread:
            self.protocol.pause_writing()

    def read_all(self) -> None:
        """Lets the client read what waits for it."""
        before, self.unread = self.unread, 0
        if before > self.room:
            self.protocol.resume_writing()
        if self.closing:
            self.lose()

    def get_write_buffer_size(self) -> int:
        return self.unread

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def close(self) -> None:
        self.closing = True
        if not self.unread:
            self.lose()

    def abort(self) -> None:
        self.closing = True
        self.unread = 0
        self.lose()

    def lose(self) -> None:
        if not self.lost:
            self.lost = True
            self.protocol.connection_lost(None)


@dataclass
class Forwarding:
    """What one permitted request sends to its upstream."""

    exchange: Exchange
    head: bytes
    door: "FakeDoor"
    sent: bytearray = field(default_factory=bytearray)
    paused: bool = False
    abandoned: bool = False
    place: str = "upstream.test:80"
    streams_events: bool = False

    def send(self, data: bytes) -> None:
        assert not self.abandoned
        self.sent += data

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def abandon(self) -> None:
        self.abandoned = True


class FakeDoor:
    """Forwards when it is told to, and answers when the whole request has come."""

    def __init__(self) -> None:
        self.waiting: list[Forwarding] = []
        self.attached: list[Forwarding] = []

    def enforce(self, exchange: Exchange, permit: Permit) -> None:
        assert exchange.request is not None
        head = request_head(exchange.request, permit, TARGET, exchange.framing)
        self.waiting.append(Forwarding(exchange, head, self))

    def progress(self) -> bool:
        """Does the next thing that an upstream would do; returns whether there was one."""
        if self.waiting:
            forwarding = self.waiting.pop(0)
            if not forwarding.exchange.answered:
                self.attached.append(forwarding)
                forwarding.exchange.attach(forwarding, forwarding.head)
            return True
        last = self.attached[-1] if self.attached else None
        if last is None or last.exchange.answered or not last.exchange.complete or last.paused:
            return False
        content = last.exchange.target + b" %d" % len(last.sent)
        last.exchange.answer(Response(200, (), content))
        return True

    def occupancy(self) -> Occupancy:
        """Returns what nothing else would say."""
        return Occupancy(waiting=len(self.waiting))

    def sweep(self) -> None:
        """Has nothing to sweep."""

    def close(self) -> None:
        """Has nothing to close."""


async def by_path(request: Request, _content: ContentSource) -> Decision:
    """Denies below /deny, permits the rest."""
    if request.path.startswith("/deny"):
        return Deny(Response(403, (), b"no"), Refusal(Reason.AUTHORIZATION, "denied by path"))
    return Permit("rule", "alice", EDITS, TARGET, OWNED)


class FakeClient:
    """A client at the other end of a connection."""

    def __init__(
        self,
        limits: Limits | None = None,
        decide: Decide = by_path,
        recorder: Recorder | None = None,
        requests: RequestDurations | None = None,
    ) -> None:
        self.door = FakeDoor()
        self.deadlines = Deadlines()
        self.deadlines.now = 1000.0
        self.status = ListenerStatus("serve", requests=requests)
        self.bugs: list[BaseException] = []
        self.listener = Listener(
            decide,
            self.door,
            self.deadlines,
            limits or Limits(),
            status=self.status,
            recorder=recorder,
        )
        self.turns: deque[Callable[[], None]] = deque()
        self.listener.soon = self.turns.append  # type: ignore[method-assign]
        self.listener.broken = self.bugs.append  # type: ignore[method-assign]
        self.listener.malformed = lambda peer, malformed: None  # type: ignore[method-assign]
        self.connection = self.listener._connection("192.0.2.1")
        self.transport = FakeTransport(self.connection)
        self.connection.connection_made(self.transport)

    def send(self, *segments: bytes, eagerly: bool = False) -> None:
        """Sends segments as far as the connection reads; others work while it does not.

        Args:
            segments: what arrives, piece by piece.
            eagerly: whether the upstream is so quick that it works between any two segments.
        """
        for segment in segments:
            while not self.transport.reading and not self.transport.closing:
                assert self.turn() or self.door.progress(), "nothing is read and nobody works"
            if self.transport.closing:
                return
            self.connection.data_received(segment)
            while eagerly and self.door.progress():
                self.check()
            self.check()

    def turn(self) -> bool:
        """Lets the loop turn once; returns whether the connection waited for that."""
        if not self.turns:
            return False
        self.turns.popleft()()
        return True

    def finish(self) -> None:
        """Lets the connection and the door do all that is left."""
        while self.turn() or self.door.progress():
            self.check()

    def check(self) -> None:
        """Checks that nobody can sit on this connection for ever."""
        if self.transport.lost:
            return
        at_work = bool(self.turns or self.door.waiting) or (
            self.door.attached
            and not self.door.attached[-1].exchange.answered
            and self.door.attached[-1].exchange.complete
        )
        assert at_work or self.connection.deadline > self.deadlines.now

    def let_time_pass(self) -> None:
        """Lets every deadline pass."""
        for _ in range(4):
            if self.transport.lost:
                return
            self.deadlines.now += 10_000
            assert self.deadlines.passed(self.connection.deadline)
            self.connection.expire()
