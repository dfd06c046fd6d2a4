"""Requests from octets, in Python: see `message_parser.py`.

Source:
    RFC 9112 section 3 (request line); methods of the IANA registry that llhttp knows.

Trust: every octet is hostile.
"""

import re
from typing import Final, Protocol

from edgeauth.wire.message_facts import HttpParserError
from edgeauth.wire.message_parser import (
    INCOMPLETE,
    HttpParserUpgrade,
    MessageEvents,
    MessageParser,
)

_METHODS: Final = frozenset(
    b"ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY"
    b" MKCALENDAR MKCOL MOVE NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND"
    b" REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE".split()
)
_LONGEST: Final = max(len(method) for method in _METHODS)
_SPACE: Final = ord(" ")
_BEYOND_TARGET: Final = re.compile(rb"[^!-~]")
_OTHER_TARGET: Final = re.compile(
    rb"\*[!-~]*+|[A-Za-z]++://[!$%&'()*+,\-.0-9:;=@A-Z\[\]_a-z~]*+(?:[/?][!-~]*+)?"
)
"""Of a server or of a whole URL; what a whole URL has to be is looked at later."""
_VERSION: Final = re.compile(rb"HTTP/(0\.9|1\.[01]|2\.0)\r\n")
"""Versions that are none of ours are refused by whoever reads the head, with a better reason."""


class RequestEvents(MessageEvents, Protocol):
    """Who is told of requests."""

    def on_url(self, url: bytes) -> None:
        """Takes a piece of the request target."""
        ...


class HttpRequestParser(MessageParser):
    """Reads the requests of a connection.

    Args:
        events: is told what was found.
    """

    __slots__ = ("_method", "_on_url", "_target")

    def __init__(self, events: RequestEvents) -> None:
        super().__init__(events, HttpRequestParser._start)
        self._on_url = events.on_url
        self._method = b""
        self._target = bytearray()

    def get_method(self) -> bytes:
        """Returns the method of the request."""
        return self._method

    def should_upgrade(self) -> bool:
        """Returns whether another protocol follows the head."""
        return super().should_upgrade() or self._method == b"CONNECT"

    def _start(self, data: bytes, position: int) -> int:
        end = data.find(b" ", position, position + _LONGEST + 1)
        if end < 0:
            begun = data[position : position + _LONGEST + 1]
            if not any(method.startswith(begun) for method in _METHODS):
                raise HttpParserError("the method is not known")
            return INCOMPLETE
        self._method = data[position:end]
        if self._method not in _METHODS:
            raise HttpParserError("the method is not known")
        self._target.clear()
        self._step = HttpRequestParser._read_target
        return end + 1

    def _read_target(self, data: bytes, position: int) -> int:
        """Reads the target and the blank behind it; hands on what has come."""
        found = _BEYOND_TARGET.search(data, position)
        end = len(data) if found is None else found.start()
        if end > position:
            self._target += data[position:end]
            self._on_url(data[position:end])
        if end == len(data):
            return end
        if data[end] != _SPACE or not self._is_target():
            raise HttpParserError("the request target is none")
        self._step = HttpRequestParser._read_version
        return end + 1

    def _is_target(self) -> bool:
        target = self._target
        if target[:1] == b"/":
            return True
        if target[:1] == b"*" and self._method == b"CONNECT":
            return False
        return _OTHER_TARGET.fullmatch(target) is not None

    def _read_version(self, data: bytes, position: int) -> int:
        found = _VERSION.match(data, position)
        if found is None:
            return self._await_line(data, position, "the request line is none")
        self._version = found[1].decode()
        return self._begin_fields(found.end())

    def _after_head(self, position: int) -> None:
        if self.should_upgrade():
            self._events.on_message_complete()
            raise HttpParserUpgrade(position)
        self._begin_content()
