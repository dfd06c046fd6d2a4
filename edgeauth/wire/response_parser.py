"""Responses from octets, in Python: see `message_parser.py`.

Source:
    RFC 9112 sections 4 (status line) and 6.3 (where a response ends).

Trust: the upstream's.
"""

import re
from typing import Final

from edgeauth.wire.http1 import STATUS_AND_PHRASE
from edgeauth.wire.message_facts import HttpParserError
from edgeauth.wire.message_parser import (
    INCOMPLETE,
    HttpParserUpgrade,
    MessageEvents,
    MessageParser,
)

_PROTOCOL: Final = b"HTTP/"
_STATUS: Final = re.compile(rb"(1\.[01]) " + STATUS_AND_PHRASE)
_SWITCHING: Final = 101
_WITHOUT_CONTENT: Final = frozenset({100, 102, 103, 204, 304})


class HttpResponseParser(MessageParser):
    """Reads the responses of a connection; does not know what was asked.

    Args:
        events: is told what was found.
    """

    __slots__ = ("_status",)

    def __init__(self, events: MessageEvents) -> None:
        super().__init__(events, HttpResponseParser._start)
        self._status = 0

    def get_status_code(self) -> int:
        """Returns the status of the response."""
        return self._status

    def should_keep_alive(self) -> bool:
        """Returns whether another message may follow."""
        return super().should_keep_alive() and not self._lasts

    def should_upgrade(self) -> bool:
        """Returns whether another protocol follows the head."""
        return super().should_upgrade() and self._status == _SWITCHING

    @property
    def _lasts(self) -> bool:
        """Returns whether the content ends with the connection."""
        if 100 <= self._status < 200 or self._status in _WITHOUT_CONTENT:
            return False
        if self._facts.coding is not None:
            return not self._facts.chunked
        return self._facts.length is None

    def _start(self, data: bytes, position: int) -> int:
        if data.startswith(_PROTOCOL, position):
            self._step = HttpResponseParser._read_status
            return position + len(_PROTOCOL)
        if _PROTOCOL.startswith(data[position : position + len(_PROTOCOL)]):
            return INCOMPLETE
        raise HttpParserError("the protocol is not HTTP")

    def _read_status(self, data: bytes, position: int) -> int:
        found = _STATUS.match(data, position)
        if found is None:
            return self._await_line(data, position, "the status line is none")
        self._version, self._status = found[1].decode(), int(found[2])
        return self._begin_fields(found.end())

    def _after_head(self, position: int) -> None:
        status, facts = self._status, self._facts
        if status == _SWITCHING:
            self._events.on_message_complete()
            if not self.should_upgrade():
                raise HttpParserError("a switch to nothing")
            raise HttpParserUpgrade(position)
        if status in _WITHOUT_CONTENT:
            self._complete()
            return
        if 100 <= status < 200 and (facts.coding is not None or facts.length):
            raise HttpParserError("an interim response has content")
        if self._lasts and facts.coding is None:
            self._begin_rest()
            return
        self._begin_content()
