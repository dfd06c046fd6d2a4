"""The answer of an upstream as it comes: read strictly, framed anew for the client.

Trust: the upstream is believed in what it says to its own request, in nothing else.
"""

from math import inf
from typing import Final

from edgeauth.listeners.exchange import Exchange
from edgeauth.listeners.parser import ERRORS, PARSERS, UPGRADES
from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.content_type import parse_content_type
from edgeauth.wire.http1 import (
    LAST_CHUNK,
    NO_CONTENT,
    UNTIL_CLOSE,
    Framing,
    announced_length,
    chunk,
    response_framing,
    status_line,
)
from edgeauth.wire.keep_alive import kept_for
from edgeauth.wire.outbound import response_fields
from edgeauth.wire.upgrades import switched_head

_MOST_INTERIM_RESPONSES: Final = 8
_HEAD_OCTETS: Final = 65_536
"""Octets of an upstream's response head; beyond that the upstream is out of order."""
_EVENTS: Final = "text/event-stream"
_BYPASS_OCTETS: Final = 65_536
"""From this length on, content of known length is passed on without the parser's help."""


class UpstreamAnswer:
    """Makes of what an upstream says what its client hears.

    Args:
        exchange: whose answer it is.
        relayed: whether a proxy on the way may have answered.

    Attributes:
        kept_for: seconds that the upstream keeps the connection for another request; `inf` when it
            does not say.
        framing: of the final response; None before its head is complete.
        ended: whether the final response is complete.
        clean: whether nothing came that nobody had asked for, and the upstream stays.
        said: what came after a switch to another protocol; None before.
        switched: the head that tells the client of it; None when that is not what it wants.
    """

    __slots__ = (
        "_chunked",
        "_exchange",
        "_fields",
        "_head_octets",
        "_interim",
        "_names",
        "_output",
        "_parser",
        "_refused",
        "_relayed",
        "_seen",
        "clean",
        "ended",
        "framing",
        "kept_for",
        "said",
        "switched",
    )

    def __init__(self, exchange: Exchange, *, relayed: bool = False) -> None:
        self._exchange = exchange
        self._relayed = relayed
        self._refused = False
        self._parser = PARSERS.kind.responses(self)
        self._names: list[bytes] = []
        self._fields: list[tuple[bytes, bytes]] = []
        self._output: list[bytes] = []
        self._head_octets = 0
        self._interim = 0
        self._chunked = False
        self._seen = 0
        self.framing: Framing | None = None
        self.ended = False
        self.clean = True
        self.kept_for = inf
        self.said: bytes | None = None
        self.switched: bytes | None = None

    @property
    def begun(self) -> bool:
        """Returns whether anything of it has come."""
        return self._head_octets > 0 or self.framing is not None

    @property
    def streams_events(self) -> bool:
        """Returns whether it is a stream of events (SSE), once its head has come."""
        if self.framing is None:
            return False
        field = Headers(self._fields).get(b"content-type", b"")
        return parse_content_type(field).media_type == _EVENTS

    @property
    def octets_left(self) -> int:
        """Returns how much content is to be passed on unread; 0 for none."""
        length = (self.framing and self.framing.length) or 0
        return length - self._seen if length > _BYPASS_OCTETS else 0

    def read(self, data: bytes) -> None:
        """Reads what came.

        Raises:
            Malformed: it is no answer.
        """
        try:
            self._parser.feed_data(data)
        except UPGRADES as upgrade:
            self.said = data[upgrade.args[0] :]
            return
        except ERRORS as error:
            if not self.ended:
                name = type(error).__name__
                raise Malformed(f"its response is malformed: {name}") from None
            self.clean = False
        if self._refused:
            raise Malformed("the proxy on the way wants other credentials")
        if not self.ended:
            self._check_head(len(data))

    def _check_head(self, octets: int) -> None:
        """Bounds what comes without any content: a head, or chunk extensions and trailers."""
        if self.framing is not None and self._output:
            self._head_octets = 0
            return
        self._head_octets += octets
        if self._head_octets > _HEAD_OCTETS:
            raise Malformed("the head of its response is too large")

    def release(self) -> None:
        """Forgets the exchange, and the parser, which refers back to this."""
        del self._parser, self._exchange

    def take(self) -> bytes:
        """Returns what the client is to hear now; empty for nothing."""
        output = b"".join(self._output)
        self._output.clear()
        return output

    def end_with_connection(self) -> bool:
        """Ends an answer that lasts until the connection does; returns whether it is one."""
        if self.framing is not UNTIL_CLOSE:
            return False
        self._end()
        return True

    def _end(self) -> None:
        self.ended = True
        if self._chunked:
            self._output.append(LAST_CHUNK)

    # The parser speaks.

    def on_message_begin(self) -> None:
        """Refuses a second response: nobody asked for it."""
        if self.ended:
            self.clean = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a field; those after the content are dropped."""
        if self.framing is None and not self.ended:
            self._names.append(name)
            self._fields.append((name.lower(), value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        """Passes the head on, once it is that of the final response."""
        if self.ended or self.framing is not None:
            return
        exchange, status = self._exchange, self._parser.get_status_code()
        if status < 100:
            raise Malformed("the status is none")
        headers = Headers(self._fields)
        if status == 101:
            wanted = exchange.upgrade
            protocol = wanted and wanted.protocol
            self.switched = switched_head(headers, self._names, protocol, exchange.owned)
            return
        if status < 200:
            self._pass_over()
            return
        if status == 407 and self._relayed:
            self._refused = True  # no client can do anything about it
            return
        version = self._parser.get_http_version()
        self.framing = response_framing(status, version, headers, to_head=exchange.to_head)
        self.clean = self.clean and bool(self._parser.should_keep_alive())
        if b"keep-alive" in headers:
            told = kept_for(headers[b"keep-alive"])
            self.kept_for = inf if told is None else told
        self._chunked = self.framing.length is None and exchange.version == "1.1"
        self._begin(status, headers)
        if self.framing is NO_CONTENT:
            self.ended = True

    def _pass_over(self) -> None:
        """Drops an interim response."""
        self._interim += 1
        self._names.clear()
        self._fields.clear()
        if self._interim > _MOST_INTERIM_RESPONSES:
            raise Malformed("interim responses without end")

    def _begin(self, status: int, headers: Headers) -> None:
        exchange = self._exchange
        said = response_fields(headers, self._names, exchange.owned, exchange.cors_fields)
        parts = [status_line(status), *said]
        length = announced_length(status, headers)
        if self._chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
        elif length is not None:
            parts.append(b"content-length: %d\r\n" % length)
        if not exchange.settle(status):
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        self._output.append(b"".join(parts))

    def on_body(self, data: bytes) -> None:
        """Passes a piece of content on."""
        if self.ended:
            self.clean = False
            return
        self._seen += len(data)
        self._output.append(chunk(data) if self._chunked else data)

    def on_message_complete(self) -> None:
        """Notes the end of the final response."""
        if self.framing is not None and not self.ended:
            self._end()
