"""A service that edgeauth asks, which does what the path says: break off, hang, lie."""

import asyncio
import json
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

PAUSE = 0.1
"""Seconds between octets of those who drip."""

Say = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""Answers, given the document that would be the right one."""


def answer(body: bytes, status: int = 200, kind: str = "application/json", more: str = "") -> bytes:
    """Returns an answer as it is sent."""
    head = f"HTTP/1.1 {status} Said\r\nConnection: close\r\nContent-Type: {kind}\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def saying(text: Callable[[bytes], bytes]) -> Say:
    """Returns one who says something at once, and closes the connection."""

    async def say(writer: asyncio.StreamWriter, right: bytes) -> None:
        writer.write(text(right))
        await writer.drain()

    return say


def dripping(begin: Callable[[bytes], bytes], drop: bytes) -> Say:
    """Returns one who never comes to an end."""

    async def say(writer: asyncio.StreamWriter, right: bytes) -> None:
        writer.write(begin(right))
        while True:
            await asyncio.sleep(PAUSE)
            writer.write(drop)
            await writer.drain()

    return say


async def _reset(writer: asyncio.StreamWriter, _: bytes) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def _hang(_: asyncio.StreamWriter, __: bytes) -> None:
    await asyncio.Event().wait()


def _padded(right: bytes) -> bytes:
    return answer(right + b" " * 2_000_000)


FAULTS: Mapping[str, Say] = {
    "reset": _reset,
    "closed": saying(lambda _: b""),
    "hanging": _hang,
    "dripping-head": dripping(lambda _: b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n"),
    "dripping": dripping(lambda right: answer(right + b" " * 9_999)[:-9_999], b" "),
    "promising": dripping(lambda _: b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "cut-off": saying(lambda right: answer(right + b"    ")[:-1]),
    "cut-off-chunks": saying(
        lambda right: (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(right), right)
        )
    ),
    "half-a-document": saying(lambda right: answer(right[:-1])),
    "empty": saying(lambda _: answer(b"")),
    "no-content": saying(lambda _: b"HTTP/1.1 204 No Content\r\n\r\n"),
    "page": saying(lambda _: answer(b"<html>Sign in</html>", kind="text/html")),
    "page-called-json": saying(lambda _: answer(b"<html>Sign in</html>")),
    "error-document": saying(lambda _: answer(b'{"error": "server_error"}')),
    "broken": saying(lambda right: answer(right, 500)),
    "forbidden": saying(lambda right: answer(right, 403)),
    "not-found": saying(lambda right: answer(right, 404)),
    "not-modified": saying(lambda _: b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'),
    "redirect": saying(lambda right: answer(right, 302, more="Location: ../right/\r\n")),
    "compressed": saying(lambda right: answer(right, more="Content-Encoding: gzip\r\n")),
    "huge": saying(_padded),
    "huge-head": saying(lambda right: answer(right, more=f"X-A: {'a' * 1_000_000}\r\n")),
    "two-lengths": saying(lambda right: answer(right, more="Content-Length: 1\r\n")),
    "no-http": saying(lambda right: right),
    "other-encoding": saying(lambda right: answer(right.decode().encode("utf-16"))),
    "deep": saying(lambda _: answer(b"[" * 100_000)),
    "twice": saying(lambda right: answer(right + right)),
}
"""What may be wrong with any answer."""


@dataclass
class Service:
    """Answers at `/<what>/<which>/…` with a document, and with the fault of that name.

    Attributes:
        port: where it listens.
        documents: by what and which; octets are a whole answer.
    """

    port: int = 0
    documents: dict[tuple[str, str], object] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            # Closed with something unread, a connection would be reset.
            await reader.readexactly(int(length[1]) if length else 0)
            _, what, which, *_ = head.split(b" ", 2)[1].decode().split("/")
            document = self.documents[what, which]
            if isinstance(document, bytes):
                writer.write(document)
            else:
                say = FAULTS.get(which, saying(answer))
                await say(writer, json.dumps(document).encode())


@asynccontextmanager
async def lying() -> AsyncIterator[Service]:
    """Yields the service; afterwards nobody hangs any more."""
    service = Service()
    begun: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await service.serve(reader, writer)
        finally:
            await end(writer)

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0, backlog=1000)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
        for each in begun:
            each.cancel()
        await asyncio.gather(*begun, return_exceptions=True)


async def end(writer: asyncio.StreamWriter) -> None:
    """Closes a connection, however the other side has left it."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
