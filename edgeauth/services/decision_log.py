"""The decision log: one line of JSON for every decision, written in batches.

A line says who asked for what, what was decided and why. It never holds a credential, a cookie or
a query, since those often are credentials.

Trust: method, host, path and subject are the client's words; JSON escapes them.
"""

from contextlib import AbstractContextManager
from typing import Final

import msgspec

from edgeauth.model.decision import Decision, Deny, Permit, Refusal
from edgeauth.model.errors import Malformed, Reason
from edgeauth.model.request import Request
from edgeauth.ports.services import Clock
from edgeauth.services.client_words import words
from edgeauth.services.line_writer import DEFAULT_BUFFER_OCTETS, LineWriter, LogStream

_ENCODE: Final = msgspec.json.Encoder().encode


class _Cause(msgspec.Struct, frozen=True, omit_defaults=True):
    reason: str
    source: str = ""
    step: str = ""
    detail: str = ""


class _Line(msgspec.Struct, omit_defaults=True):
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
    request_id: str = ""
    traceparent: str = ""

    def tell_refusal(self, denial: Deny) -> None:
        refusal = denial.refusal
        self.status = denial.response.status
        self.reason, self.source = refusal.reason.value, refusal.source
        self.step, self.detail = refusal.step, refusal.detail


class DecisionLog:
    """Makes lines of decisions.

    Args:
        stream: where lines go; used by one thread at a time.
        clock: the time of the lines.
        buffer_octets: how much may wait to be written; a line tells how many are dropped.
        turn: is held while lines are written, so that those of several logs and processes that
            write to the same stream do not mix.

    Attributes:
        writer: writes the lines.
    """

    def __init__(
        self,
        stream: LogStream,
        clock: Clock,
        buffer_octets: int = DEFAULT_BUFFER_OCTETS,
        turn: AbstractContextManager[object] | None = None,
    ) -> None:
        self._now = clock.now
        self.writer = LineWriter(stream, self._dropped, buffer_octets, turn)

    def record(self, request: Request, decision: Decision) -> None:
        """Keeps the line of a decision until the next write."""
        line = _Line(
            self._now(),
            "deny",
            request.method,
            request.scheme,
            request.host,
            request.path,
            request.client_addresses,
            decision.rule_id,
            decision.subject_id,
        )
        if isinstance(decision, Permit):
            line.decision = "permit"
        else:
            line.tell_refusal(decision)
        # Most lines have none of these.
        if decision.downgrades:
            line.downgrades = tuple(map(_cause, decision.downgrades))
        if decision.principals:
            line.principals = dict(decision.principals)
        headers = request.headers
        if b"x-request-id" in headers:
            line.request_id = words(headers[b"x-request-id"])
        if b"traceparent" in headers:
            line.traceparent = words(headers[b"traceparent"])
        self.writer.keep(_ENCODE(line))

    def record_malformed(self, client: str, malformed: Malformed) -> None:
        """Keeps the line of a refusal of bytes that are no request, until the next write.

        Args:
            client: the address of the peer.
            malformed: what is wrong with the bytes; its text repeats nothing of them.
        """
        line = {
            "time": self._now(),
            "decision": "deny",
            "client": [client],
            "status": malformed.status,
            "reason": Reason.PRECONDITION.value,
            "detail": str(malformed),
        }
        self.writer.keep(_ENCODE(line))

    def _dropped(self, lines: int) -> bytes:
        return _ENCODE({"time": self._now(), "dropped": lines})


def _cause(refusal: Refusal) -> _Cause:
    return _Cause(refusal.reason.value, refusal.source, refusal.step, refusal.detail)
