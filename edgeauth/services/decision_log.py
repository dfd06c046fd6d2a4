"""The decision log: one line of JSON for every decision, written in batches.

A line says who asked for what, what was decided and why. It never holds a credential, a cookie or
a query, since those often are credentials.

Trust: method, host, path and subject are the client's words; JSON escapes them.
"""

import asyncio
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

import msgspec

from edgeauth.model.decision import Decision, Permit, Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.request import Request
from edgeauth.ports.services import Clock

FLUSH_INTERVAL: Final = 0.2
"""Seconds between two writes."""
DEFAULT_BUFFER_OCTETS: Final = 16_777_216


class LogStream(Protocol):
    """Where lines go: a binary file, or standard output's buffer."""

    def write(self, data: bytes, /) -> object:
        """Writes everything."""

    def flush(self) -> object:
        """Hands everything written to the operating system."""


class _Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    reason: str
    source: str = ""
    step: str = ""
    detail: str = ""


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a line; empty ones are left out."""

    time: float
    decision: str
    method: str
    scheme: str
    host: str
    path: str
    client: tuple[str, ...]
    rule: str = ""
    subject: str = ""
    status: int = 0
    reason: str = ""
    source: str = ""
    step: str = ""
    detail: str = ""
    downgrades: tuple[_Cause, ...] = ()
    principals: dict[str, str] | None = None


class DecisionLog:
    """Gathers lines and writes them to a stream.

    `record` neither waits nor writes. When the stream is slower than the decisions, lines are
    dropped and a line says how many: requests do not wait for their log.

    Args:
        stream: where lines go; used by one thread at a time.
        clock: the time of the lines.
        buffer_octets: how much may wait to be written.
        turn: is held while lines are written, so that those of several processes that write to
            the same stream do not mix.
    """

    def __init__(
        self,
        stream: LogStream,
        clock: Clock,
        buffer_octets: int = DEFAULT_BUFFER_OCTETS,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        self._stream = stream
        self._turn = turn or nullcontext()
        self._clock = clock
        self._limit = buffer_octets
        self._lines: list[bytes] = []
        self._octets = 0
        self._dropped = 0
        self._writing = threading.Lock()
        self._encode = msgspec.json.Encoder().encode

    def record(self, request: Request, decision: Decision) -> None:
        """Keeps the line of a decision until the next write."""
        self._keep(self._encode(_line(self._clock.now(), request, decision)))

    def record_malformed(self, client: str, malformed: Malformed) -> None:
        """Keeps the line of a refusal of bytes that are no request, until the next write.

        Args:
            client: the address of the peer.
            malformed: what is wrong with the bytes; its text repeats nothing of them.
        """
        line = {
            "time": self._clock.now(),
            "decision": "deny",
            "client": [client],
            "status": malformed.status,
            "reason": Reason.PRECONDITION.value,
            "detail": str(malformed),
        }
        self._keep(self._encode(line))

    def _keep(self, line: bytes) -> None:
        if self._octets + len(line) > self._limit:
            self._dropped += 1
            return
        self._octets += len(line) + 1
        self._lines.append(line)

    async def run(self, interval: float = FLUSH_INTERVAL) -> None:
        """Writes what was recorded again and again; when it is cancelled, for the last time.

        Args:
            interval: seconds between two writes.
        """
        loop = asyncio.get_running_loop()
        try:
            while True:
                await asyncio.sleep(interval)
                if self._lines or self._dropped:
                    # In a thread: a pipe that nobody reads must not stop the world. Shielded: what
                    # was taken is written even if the end comes before the thread has begun.
                    writing = loop.run_in_executor(None, self._write, self._take())
                    self._dropped += await asyncio.shield(writing)
        finally:
            self.flush()

    def flush(self) -> None:
        """Writes what was recorded, now."""
        if self._lines or self._dropped:
            lost = self._write(self._take())
            self._dropped += lost

    def _take(self) -> list[bytes]:
        lines, self._lines, self._octets = self._lines, [], 0
        if self._dropped:
            lines.append(self._encode({"time": self._clock.now(), "dropped": self._dropped}))
            self._dropped = 0
        return lines

    def _write(self, lines: list[bytes]) -> int:
        """Returns how many lines were lost because the stream did not take them."""
        with self._writing:
            try:
                with self._turn:
                    return self._write_now(lines)
            except OSError:
                return len(lines)

    def _write_now(self, lines: list[bytes]) -> int:
        self._stream.write(b"\n".join((*lines, b"")))
        self._stream.flush()
        return 0


def _line(now: float, request: Request, decision: Decision) -> _Line:
    downgrades = tuple(map(_cause, decision.downgrades)) if decision.downgrades else ()
    others = dict(decision.principals) or None
    method, scheme, host, path, _, _, client, _ = request
    if isinstance(decision, Permit):
        return _Line(
            now, "permit", method, scheme, host, path, client,
            decision.rule_id, decision.subject_id, downgrades=downgrades, principals=others,
        )  # fmt: skip
    refusal = decision.refusal
    return _Line(
        now, "deny", method, scheme, host, path, client,
        decision.rule_id, decision.subject_id, decision.response.status,
        refusal.reason.value, refusal.source, refusal.step, refusal.detail, downgrades,
        others,
    )  # fmt: skip


def _cause(refusal: Refusal) -> _Cause:
    return _Cause(refusal.reason.value, refusal.source, refusal.step, refusal.detail)
