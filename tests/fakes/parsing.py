"""What a parser of HTTP messages finds, in a form in which two parsers can be compared."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httptools

from edgeauth.listeners.parser import PARSERS, ParserName
from edgeauth.wire.message_facts import HttpParserError
from edgeauth.wire.message_parser import HttpParserUpgrade
from edgeauth.wire.request_parser import HttpRequestParser
from edgeauth.wire.response_parser import HttpResponseParser


@contextmanager
def using(name: ParserName) -> Iterator[None]:
    """Has a kind of parsers used for what is connected meanwhile."""
    before = PARSERS.kind
    PARSERS.choose(name)
    try:
        yield
    finally:
        PARSERS.choose(before.name)


Parser = type[
    HttpRequestParser
    | HttpResponseParser
    | httptools.HttpRequestParser
    | httptools.HttpResponseParser
]
OURS_AND_LLHTTP: dict[str, tuple[Parser, Parser]] = {
    "requests": (HttpRequestParser, httptools.HttpRequestParser),
    "responses": (HttpResponseParser, httptools.HttpResponseParser),
}


@dataclass
class Found:
    """A message, as far as it has come."""

    target: bytes = b""
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    head: tuple[object, ...] = ()
    """Empty before it is complete."""
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    complete: bool = False


class Reading:
    """Feeds a parser with segments and collects what it finds.

    Attributes:
        messages: those that have begun.
        refused: whether the parser has raised an error.
        said: what comes behind an upgrade; None when there was none.
    """

    def __init__(self, parser: Parser, segments: Iterable[bytes]) -> None:
        self.messages: list[Found] = []
        self.refused = False
        self.said: bytes | None = None
        self.pieces: list[bytes] = []
        self.parser = parser(self)
        for segment in segments:
            self.feed(segment)

    def feed(self, segment: bytes) -> None:
        """Reads a segment; after a refusal nothing, and what follows an upgrade as it is."""
        if self.said is not None:
            self.said += segment
        if self.refused or self.said is not None:
            return
        try:
            self.parser.feed_data(segment)
        except (HttpParserUpgrade, httptools.HttpParserUpgrade) as upgrade:
            self.said = segment[upgrade.args[0] :]
        except (HttpParserError, httptools.HttpParserError) as error:
            if error.__cause__ is not None:  # nothing here raises
                raise
            self.refused = True

    @property
    def heads(self) -> list[Found]:
        """Returns the messages whose heads are complete."""
        return [message for message in self.messages if message.head]

    def on_message_begin(self) -> None:
        self.messages.append(Found())

    def on_url(self, url: bytes) -> None:
        self.messages[-1].target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        message = self.messages[-1]
        (message.trailers if message.head else message.fields).append((name, value))

    def on_headers_complete(self) -> None:
        parser = self.parser
        if isinstance(parser, HttpRequestParser | httptools.HttpRequestParser):
            first: object = parser.get_method()
        else:
            first = parser.get_status_code()
        self.messages[-1].head = (
            first,
            parser.get_http_version(),
            parser.should_keep_alive(),
            parser.should_upgrade(),
        )

    def on_body(self, data: bytes) -> None:
        assert data
        self.pieces.append(data)
        self.messages[-1].body += data

    def on_message_complete(self) -> None:
        self.messages[-1].complete = True
