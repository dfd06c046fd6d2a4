"""Connections whose exchanges are noted for the access log.

They are of classes of their own, so that nothing is measured, and nothing asked, where nobody
keeps such a log.

Trust: what is noted are the client's words; the log escapes them.
"""

import re
import ssl
import time
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Final

from edgeauth.listeners.connection import ClientConnection
from edgeauth.listeners.content import ContentSink
from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.networks import Network, address_of, is_among
from edgeauth.model.decision import Decision, Deny
from edgeauth.model.request import Headers
from edgeauth.ports.services import Clock
from edgeauth.services.access_log import NO_TIME, AccessLog, Entry
from edgeauth.services.client_words import words
from edgeauth.services.listener_status import UpstreamFailure
from edgeauth.services.telemetry.durations import OTHER, RequestDurations
from edgeauth.wire.proxy_protocol import UNIX_SOCKET

if TYPE_CHECKING:
    from edgeauth.listeners.server import Listener

_NO_HEADERS: Final = Headers()
_PROTOCOLS: Final = {"1.1": "HTTP/1.1", "1.0": "HTTP/1.0"}
_WITH_SECRETS: Final = re.compile(r"[?#].*|(?<=//)[^/?#]*@", re.DOTALL)
"""What may hold secrets in a URL: query, fragment, user name and password."""


class Recorder:
    """Where exchanges are noted, and with what.

    Args:
        log: takes the lines.
        listener: the name of the listener.
        clock: the time of day.
        trusted: networks of proxies.
        now: seconds that only ever grow.
        durations: where exchanges are counted as well; None counts nothing.

    Attributes:
        client_of: returns the client among the addresses of a forwarding chain.
    """

    def __init__(
        self,
        log: AccessLog,
        listener: str,
        clock: Clock,
        trusted: tuple[Network, ...] = (),
        now: Callable[[], float] = time.monotonic,
        durations: RequestDurations | None = None,
    ) -> None:
        self.durations = durations
        self.log = log
        self.listener = listener
        self.clock = clock
        self.now = now
        # Remembered, because a client comes again and again.
        self.client_of: Callable[[tuple[str, ...]], str] = lru_cache(maxsize=4096)(
            lambda addresses: client_of(addresses, trusted)
        )


class ObservedExchange(Exchange):
    """An exchange that ends in a line of the access log."""

    if TYPE_CHECKING:
        connection: "ObservedConnection"  # type: ignore[mutable-override]  # no other makes it
    _begun: float = 0.0
    _asked: float = 0.0
    _attached: float = 0.0
    _first: float = 0.0
    _sent_before: int = 0
    _decision: Decision | None = None
    _error: str = ""
    _upstream: str = ""
    _failure: str = ""
    _detail: str = ""

    def __post_init__(self) -> None:
        """Notes when the request began."""
        self._begun = self.connection.now()

    def enforce(self, decision: Decision) -> None:
        """Notes the decision."""
        self._decision = decision
        self._asked = self.connection.now()
        if isinstance(decision, Deny):
            self._error = decision.refusal.reason.value
        super().enforce(decision)

    def attach(self, sink: ContentSink, head: bytes) -> None:
        """Notes who is asked, and when; the last one, where one request is sent again."""
        self._upstream = sink.place
        self._attached = self.connection.now()
        super().attach(sink, head)

    def note(self, error: str) -> None:
        """Notes an error; what came of it later is no news."""
        self._error = self._error or error

    def note_failure(self, upstream: str, failure: UpstreamFailure, detail: str) -> None:
        """Notes how an upstream has failed."""
        self._upstream = self._upstream or upstream
        self._failure, self._detail = failure.value, detail

    def settle(self, status: int) -> bool:
        """Notes when the answer began."""
        self._first = self.connection.now()
        self._sent_before = self.connection.begin_answer()
        return super().settle(status)

    def finish(self) -> None:
        """Is logged."""
        self.connection.record(self)
        super().finish()

    def cancel(self) -> None:
        """Is logged, if anything was done for it; what was switched has come to its end so."""
        if self.started and not self.answered:
            if self.tunnel is None:
                self.note("client_closed")
            self.connection.record(self)
        super().cancel()

    def entry(self, recorder: Recorder, peer: str, tls: str) -> Entry:
        """Returns the line; made in one go, because there is one for every request.

        Args:
            recorder: has the clocks.
            peer: the address at the other end.
            tls: the version; empty when there is none.
        """
        now, begun, asked, first = recorder.now(), self._begun, self._asked, self._first
        attached = self._attached
        request, decision, upstream = self.request, self._decision, self._upstream
        permitted = rule = subject = method = scheme = host = path = agent = upgrade = ""
        client: tuple[str, ...] = (peer,)
        headers = _NO_HEADERS
        if decision is not None:
            permitted = "deny" if isinstance(decision, Deny) else "permit"
            rule, subject = decision.rule_id, decision.subject_id
        if request is not None:
            method, scheme, host, path = request.method, request.scheme, request.host, request.path
            headers, client = request.headers, request.client_addresses
            agent = words(headers.get(b"user-agent"))
        said, heard = self.content_octets, self.connection.sent - self._sent_before
        if self.tunnel is not None and self.upgrade is not None:
            (said, heard), upgrade = self.tunnel.octets, self.upgrade.protocol.decode("latin-1")
        # Moments in whole microseconds; round() takes as long as a header field.
        return Entry(
            recorder.clock.now() - now + begun, recorder.listener, client,
            peer if len(client) == 1 else recorder.client_of(client),
            method, scheme, host, path, _PROTOCOLS.get(self.version, "") if method else "",
            self.status, said, heard if self.status else 0,
            int((now - begun) * 1e6) / 1e6, int((first - begun) * 1e6) / 1e6 if first else NO_TIME,
            permitted, rule, subject, self._error,
            upstream, int(((first or now) - asked) * 1e6) / 1e6 if upstream else NO_TIME,
            int((attached - asked) * 1e6) / 1e6 if attached else NO_TIME,
            self._failure, self._detail, upgrade, tls, agent,
            without_secrets(words(headers[b"referer"])) if b"referer" in headers else "",
            words(headers.get(b"x-request-id")), words(headers.get(b"traceparent")),
        )  # fmt: skip


class ObservedConnection(ClientConnection):
    """A connection whose exchanges are logged.

    Args:
        listener: what accepted it.
        address: of the client; `UNIX_SOCKET` when it has none.
        recorder: where they are logged.

    Attributes:
        now: seconds that only ever grow.
        sent: octets of all answers so far, but for their heads.
    """

    __slots__ = ("_awaits_head", "_recorder", "now", "sent")
    exchange_type: ClassVar[type[Exchange]] = ObservedExchange

    def __init__(self, listener: "Listener", address: str, recorder: Recorder) -> None:
        self._recorder = recorder
        self._awaits_head = False
        self.now = recorder.now
        self.sent = 0
        super().__init__(listener, address)

    def begin_answer(self) -> int:
        """Learns that a head is the next to be written; returns what was sent before."""
        self._awaits_head = True
        return self.sent

    def write(self, data: bytes) -> None:
        """Writes a piece of an answer."""
        super().write(data)
        self.sent += len(data)
        if self._awaits_head:
            self._awaits_head = False
            self.sent -= data.find(b"\r\n\r\n") + 4

    def record(self, exchange: ObservedExchange) -> None:
        """Logs an exchange that is over, and counts it."""
        tls = ""
        if self.peer.scheme == "https":
            encrypted: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
            tls = (encrypted and encrypted.version()) or ""
        recorder = self._recorder
        entry = exchange.entry(recorder, self.peer.address, tls)
        if recorder.durations is not None:
            recorder.durations.note(entry.method or OTHER, entry.status, entry.duration)
        recorder.log.record(entry)


def without_secrets(url: str) -> str:
    """Returns a URL without its query, its fragment and whoever it is for."""
    return _WITH_SECRETS.sub("", url)


def client_of(addresses: tuple[str, ...], trusted: tuple[Network, ...]) -> str:
    """Returns the address of the client: the last one that is no trusted proxy.

    What stands before it anybody may have said.

    Args:
        addresses: of the forwarding chain, the peer last.
        trusted: networks of proxies.
    """
    for address in reversed(addresses):
        if address == UNIX_SOCKET or not is_among(address_of(address), trusted):
            return address
    return addresses[0]
