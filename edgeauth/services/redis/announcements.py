"""What one server of Redis tells of the entries that change: a connection of our own for that.

It speaks RESP3, in which such messages need no channel. The server is told a prefix (`BCAST`), so
it remembers nothing of us, and names come to us whoever changes, deletes or evicts an entry, and
when one ends.

Trust: the server may lie. Only what has the form of these few messages is read, a name at a time,
so that nothing grows with what is sent.

Source:
    Redis, "Client-side caching reference" (broadcasting mode); RESP3 specification.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed
from edgeauth.services.redis.credentials import Login
from edgeauth.services.redis.lanes import RefusedError, UnavailableError

_GOODBYE: Final = 0.5
"""Seconds that a server has to close a connection of TLS properly."""
_LINE: Final = 1024
"""Octets of a line, an error for example."""
_LONGEST_NAME: Final = 65_536
_MOST_VALUES: Final = 4096
"""Values in the answer of a server that introduces itself."""
_MOST_DIGITS: Final = 12
_CONTAINERS: Final = {b"*": 1, b"~": 1, b"%": 2}
"""Marks of values that have others inside, and how many for each that is counted."""
_SCALARS: Final = frozenset((b"+", b":", b"_", b"#", b",", b"("))
_BROKEN: Final = (OSError, EOFError, asyncio.LimitOverrunError, Malformed)


class Server(NamedTuple):
    """Where a server of Redis listens."""

    host: str
    port: int


async def announcements_of(server: Server, tls: ssl.SSLContext | None) -> "Announcements":
    """Returns a new connection to a server, which knows nothing of us yet.

    Raises:
        UnavailableError: there is none.
    """
    try:
        reader, writer = await asyncio.open_connection(server.host, server.port, ssl=tls)
    except (OSError, ValueError):
        raise UnavailableError from None
    return Announcements(reader, writer)


class Announcements:
    """Names of entries that change, as one server tells them.

    Args:
        reader: what the server says.
        writer: what it is told.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def begin(self, login: Login | None, prefix: bytes) -> None:
        """Has the server tell what changes from now on.

        Args:
            login: who we are.
            prefix: of the names that we want to hear of.

        Raises:
            UnavailableError: the connection broke, or this is no such server.
            RefusedError: the server does not do that for us.
        """
        try:
            self._send(b"HELLO", b"3", *_authentication(login))
            await self._skip()
            self._send(b"CLIENT", b"TRACKING", b"ON", b"BCAST", b"PREFIX", prefix)
            await self._skip()
        except _BROKEN:
            raise UnavailableError from None

    def ping(self) -> None:
        """Has the server say something, which `hear` returns after.

        Raises:
            UnavailableError: the connection broke.
        """
        self._send(b"PING")

    async def hear(self, changed: Callable[[bytes], None], flushed: Callable[[], None]) -> None:
        """Waits for one message of the server.

        Args:
            changed: is called with each name whose entry is another one now, or none.
            flushed: is called when all may be.

        Raises:
            UnavailableError: the connection broke, or the message is none that was asked for.
        """
        try:
            line = await self._line()
            if line == b"+PONG":
                return
            if line != b">2" or await self._text() != b"invalidate":
                raise Malformed("the message is none of these")
            line = await self._line()
            if line == b"_":
                flushed()
                return
            for _ in range(_number(line, b"*")):
                changed(await self._text())
        except _BROKEN:
            raise UnavailableError from None

    async def close(self) -> None:
        """Ends the connection; one whose server does not say goodbye is cut off."""
        self._writer.close()
        try:
            async with asyncio.timeout(_GOODBYE):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()

    def _send(self, *parts: bytes) -> None:
        if self._writer.is_closing():
            raise UnavailableError
        pieces = [b"*%d\r\n" % len(parts)]
        pieces += [b"$%d\r\n%s\r\n" % (len(part), part) for part in parts]
        self._writer.write(b"".join(pieces))

    async def _line(self) -> bytes:
        line = await self._reader.readuntil(b"\r\n")
        if len(line) > _LINE:
            raise Malformed("the line is too long")
        return line[:-2]

    async def _text(self) -> bytes:
        length = _number(await self._line(), b"$")
        if length > _LONGEST_NAME:
            raise Malformed("the name is too long")
        octets = await self._reader.readexactly(length + 2)
        return octets[:-2]

    async def _skip(self) -> None:
        """Reads an answer that says nothing new.

        Raises:
            RefusedError: it is an error.
        """
        values = left = 1
        while left:
            left -= 1
            line = await self._line()
            mark = line[:1]
            if mark == b"-":
                raise RefusedError(line[1:].split(b" ", 1)[0].decode("ascii", "replace"))
            if mark == b"$":
                await self._reader.readexactly(min(_number(line, mark), _LONGEST_NAME) + 2)
            elif mark in _CONTAINERS:
                inside = _number(line, mark) * _CONTAINERS[mark]
                values += inside
                left += inside
            elif mark not in _SCALARS:
                raise Malformed("the answer is none of RESP3")
            if values > _MOST_VALUES:
                raise Malformed("the answer is too long")


def _number(line: bytes, mark: bytes) -> int:
    """Returns the number after a mark.

    Raises:
        Malformed: it is something else.
    """
    digits = line[1:]
    if line[:1] != mark or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        raise Malformed("the number is none")
    return int(digits)


def _authentication(login: Login | None) -> tuple[bytes, ...]:
    if login is None:
        return ()
    username = login.username or "default"
    return b"AUTH", username.encode(), login.password.get_secret_value().encode()
