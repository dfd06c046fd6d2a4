"""Which parser reads HTTP: llhttp through httptools, and where that can not be had ours in Python.

One process has one. Both read the same, or ours refuses (`wire/message_parser.py`); the rest of the
listeners does not know which of them it is.
"""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple, Protocol

from edgeauth.wire.message_facts import HttpParserError
from edgeauth.wire.message_parser import HttpParserUpgrade, MessageEvents
from edgeauth.wire.request_parser import HttpRequestParser, RequestEvents
from edgeauth.wire.response_parser import HttpResponseParser

ParserName = Literal["llhttp", "python"]


class MessageParser(Protocol):
    """What both parsers of both kinds of messages do."""

    def get_http_version(self) -> str:
        """Returns the version of the message, such as `1.1`."""
        ...

    def should_keep_alive(self) -> bool:
        """Returns whether another message may follow."""
        ...

    def should_upgrade(self) -> bool:
        """Returns whether another protocol follows the head."""
        ...

    def feed_data(self, data: bytes) -> None:
        """Reads what comes.

        Raises:
            Exception: one of `ERRORS` or `UPGRADES`.
        """
        ...


class RequestParser(MessageParser, Protocol):
    """Reads the requests of a connection."""

    def get_method(self) -> bytes:
        """Returns the method of the request."""
        ...


class ResponseParser(MessageParser, Protocol):
    """Reads the responses of a connection."""

    def get_status_code(self) -> int:
        """Returns the status of the response."""
        ...


class Parsers(NamedTuple):
    """A kind of parsers."""

    name: ParserName
    requests: Callable[[RequestEvents], RequestParser]
    responses: Callable[[MessageEvents], ResponseParser]
    error: type[Exception]
    """What they raise for octets that are no message."""
    upgrade: type[Exception]
    """What they raise where another protocol begins; its argument says where in the segment."""


def _kinds() -> tuple[Parsers, ...]:
    """Returns what can be had, the preferred kind first."""
    python = Parsers(
        "python", HttpRequestParser, HttpResponseParser, HttpParserError, HttpParserUpgrade
    )
    try:
        import httptools  # noqa: PLC0415  (it may be missing)
    except ImportError:  # not on every platform
        return (python,)
    llhttp = Parsers(
        "llhttp",
        httptools.HttpRequestParser,
        httptools.HttpResponseParser,
        httptools.HttpParserError,
        httptools.HttpParserUpgrade,
    )
    return (llhttp, python)


class ParserChoice:
    """The kind that this process uses: the preferred one unless another is chosen.

    Attributes:
        kinds: what can be had.
        kind: makes the parsers of connections from now on.
    """

    def __init__(self) -> None:
        self.kinds = _kinds()
        self.kind = self.kinds[0]

    def choose(self, name: ParserName) -> None:
        """Uses a kind from now on.

        Raises:
            LookupError: it is not installed.
        """
        found = [kind for kind in self.kinds if kind.name == name]
        if not found:
            raise LookupError(name)
        [self.kind] = found


PARSERS: Final = ParserChoice()
ERRORS: Final = tuple(kind.error for kind in PARSERS.kinds)
UPGRADES: Final = tuple(kind.upgrade for kind in PARSERS.kinds)
