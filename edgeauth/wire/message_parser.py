"""HTTP/1.1 messages from octets, in Python: for where llhttp can not be had.

It is used as httptools' parsers are, and calls back as they do. It reads no message in another way
than llhttp: what llhttp reads beyond the grammar is refused here.

    before a message  blank lines
    start line        in `request_parser.py` and `response_parser.py`
    fields            each when its line is complete
    content           of a length, in chunks, or until the connection ends; handed on as it comes
    trailers          as fields are, after the content

Time is linear in what comes. What is kept is less than a line; whoever feeds the parser counts what
comes without anything being found, and ends that, as it has to with llhttp.

Trust: every octet is hostile. Nothing is read any more after the first mistake.

Source:
    RFC 9112.
"""

import re
from collections.abc import Callable
from typing import Final, Protocol

from edgeauth.model.errors import Malformed
from edgeauth.wire.chunked import MOST_LINE_OCTETS, chunk_length
from edgeauth.wire.message_facts import NOTED, TOKEN, HttpParserError, MessageFacts


class HttpParserUpgrade(Exception):
    """Raised behind a head after which another protocol is spoken.

    Its only argument says where in the segment that begins.
    """


class MessageEvents(Protocol):
    """Who is told what was found."""

    def on_message_begin(self) -> None:
        """Learns that a message begins."""
        ...

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes a field, of the head or behind the content."""
        ...

    def on_headers_complete(self) -> None:
        """Learns that the head is complete."""
        ...

    def on_body(self, data: bytes) -> None:
        """Takes a piece of content."""
        ...

    def on_message_complete(self) -> None:
        """Learns that the message is complete."""
        ...


Step = Callable[..., int]
"""A method that reads octets from a place on; returns the place behind them, or `INCOMPLETE`.

Never bound to its object, which would keep itself alive.
"""
INCOMPLETE: Final = -1
CRLF: Final = b"\r\n"
# Possessive throughout: a line that does not fit is not tried in another way.
_FIELD: Final = re.compile(
    rb"(" + TOKEN + rb"):[\t ]*+([\t -~\x80-\xff]*+)\r\n",
)


class MessageParser:
    """What requests and responses have in common.

    Args:
        events: is told what was found. Whatever it raises ends the parsing for good.
        first_step: reads the first word of a message.
    """

    __slots__ = (
        "_events",
        "_facts",
        "_first_step",
        "_left",
        "_rest",
        "_step",
        "_trailing",
        "_version",
        "_wants_line",
    )

    def __init__(self, events: MessageEvents, first_step: Step) -> None:
        self._events = events
        self._first_step = first_step
        self._facts = MessageFacts()
        self._version = "0.0"
        self._left = 0
        self._trailing = False
        self._rest = bytearray()
        self._wants_line = False
        self._step: Step = MessageParser._before_message

    def get_http_version(self) -> str:
        """Returns the version of the message, such as `1.1`."""
        return self._version

    def should_keep_alive(self) -> bool:
        """Returns whether another message may follow."""
        return self._facts.persists(self._version)

    def should_upgrade(self) -> bool:
        """Returns whether another protocol follows the head."""
        return self._facts.upgrades

    def feed_data(self, data: bytes) -> None:
        """Reads what comes.

        Raises:
            HttpParserError: it is no message, or whoever is told of it calls it malformed.
            HttpParserUpgrade: the rest is no HTTP.
        """
        before = len(self._rest)
        if before:
            self._rest += data
            if self._wants_line and data.find(b"\n") < 0:
                return
            data = bytes(self._rest)
            self._rest.clear()
        self._wants_line = False
        ends = True
        try:
            self._read(data)
            ends = False
        except HttpParserUpgrade as upgrade:
            raise HttpParserUpgrade(upgrade.args[0] - before) from None
        except HttpParserError:
            raise
        except Malformed as malformed:
            raise HttpParserError("what was found is not wanted") from malformed
        finally:
            if ends:
                self._step = MessageParser._ended

    def _read(self, data: bytes) -> None:
        position, end = 0, len(data)
        while position < end:
            taken = self._step(self, data, position)
            if taken == INCOMPLETE:
                self._rest += data[position:]
                return
            position = taken

    # The steps.

    def _before_message(self, data: bytes, position: int) -> int:
        """Passes blank lines over, which are CRLF and nothing else (RFC 9112 section 2.2)."""
        start = position
        while data.startswith(CRLF, position):
            position += len(CRLF)
        if position > start:
            return position
        if data[position:] == b"\r":
            return INCOMPLETE
        self._facts = MessageFacts()
        self._trailing = False
        self._events.on_message_begin()
        if data[position] in CRLF:
            raise HttpParserError("a blank line is none")
        self._step = self._first_step
        return position

    def _fields(self, data: bytes, position: int) -> int:
        """Reads fields, of the head or behind the content, and the blank line behind them."""
        start, events = position, self._events
        while (found := _FIELD.match(data, position)) is not None:
            name, value = found.groups()
            lowered = name.lower()
            if lowered in NOTED:
                self._facts.note(lowered, value)
            events.on_header(name, value)
            position = found.end()
        if data.startswith(CRLF, position):
            return self._end_fields(position + len(CRLF))
        if position > start:
            return position
        return self._await_line(data, position, "a header field is none")

    def _end_fields(self, position: int) -> int:
        if self._trailing:
            self._complete()
            return position
        self._events.on_headers_complete()
        self._after_head(position)
        return position

    def _after_head(self, position: int) -> None:
        """Decides what follows the head.

        Args:
            position: behind it.

        Raises:
            HttpParserUpgrade: another protocol.
            HttpParserError: nobody knows.
        """
        raise NotImplementedError

    def _content(self, data: bytes, position: int) -> int:
        piece = self._take(data, position)
        if not self._left:
            self._complete()
        return position + len(piece)

    def _until_close(self, data: bytes, position: int) -> int:
        self._events.on_body(data[position:])
        return len(data)

    def _chunk(self, data: bytes, position: int) -> int:
        """Reads the line in front of a chunk."""
        end = data.find(b"\n", position, position + MOST_LINE_OCTETS) + 1
        if not end:
            if len(data) - position >= MOST_LINE_OCTETS:
                raise HttpParserError("a chunk has too many extensions")
            return INCOMPLETE
        self._left = chunk_length(data[position:end])
        self._trailing = not self._left
        self._step = MessageParser._chunk_content if self._left else MessageParser._fields
        return end

    def _chunk_content(self, data: bytes, position: int) -> int:
        piece = self._take(data, position)
        if not self._left:
            self._step = MessageParser._chunk_end
        return position + len(piece)

    def _chunk_end(self, data: bytes, position: int) -> int:
        if data.startswith(CRLF, position):
            self._step = MessageParser._chunk
            return position + len(CRLF)
        if data[position:] == b"\r":
            return INCOMPLETE
        raise HttpParserError("a chunk is longer than its length")

    def _closed(self, data: bytes, position: int) -> int:
        """Passes blank lines over behind the last message, and nothing else."""
        if data[position:].strip(CRLF):
            raise HttpParserError("something follows the last message")
        return len(data)

    def _ended(self, _data: bytes, _position: int) -> int:
        """Refuses everything."""
        raise HttpParserError("nothing is read any more")

    # What steps do.

    def _await_line(self, data: bytes, position: int, mistake: str) -> int:
        """Waits for the end of a line; raises when it is there, and the line was none."""
        if data.find(b"\n", position) >= 0:
            raise HttpParserError(mistake)
        self._wants_line = True
        return INCOMPLETE

    def _take(self, data: bytes, position: int) -> bytes:
        piece = data[position : position + self._left]
        self._left -= len(piece)
        self._events.on_body(piece)
        return piece

    def _begin_fields(self, position: int) -> int:
        """Goes on with the fields behind the first line; returns the position."""
        self._step = MessageParser._fields
        return position

    def _begin_rest(self) -> None:
        """Goes on with content that ends with the connection."""
        self._step = MessageParser._until_close

    def _begin_content(self) -> None:
        """Goes on with content as the fields say that it is framed; with the end if there is none.

        Raises:
            HttpParserError: the coding is not known.
        """
        facts = self._facts
        if facts.coding is not None:
            if not facts.chunked:
                raise HttpParserError("the transfer coding is not known")
            self._step = MessageParser._chunk
        elif facts.length:
            self._left = facts.length
            self._step = MessageParser._content
        else:
            self._complete()

    def _complete(self) -> None:
        last = not self.should_keep_alive()
        self._step = MessageParser._closed if last else MessageParser._before_message
        self._events.on_message_complete()
