"""A real HTTP proxy that takes every host for a server of this machine."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_ABSOLUTE = re.compile(rb"([A-Z]+) http://([^/ ]+)(/[^ ]*) (HTTP/1\.1)\r\n")


@dataclass
class HttpProxy:
    """Passes requests on, over connections of its own.

    Attributes:
        there: the port that every host is at; 0 keeps the port that is asked for.
        answer: said in place of all that; empty for a proxy that does its work.
        extra: said right after a tunnel was made.
        heads: what it was asked, in order.
        port: where it listens.
    """

    there: int = 0
    answer: bytes = b""
    extra: bytes = b""
    heads: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self.answer:
                writer.write(self.answer)
                await writer.drain()
            elif head.startswith(b"CONNECT "):
                await self._tunnel(head.split(b" ")[1], reader, writer)
            else:
                await self._relay(head, reader, writer)
        writer.close()

    async def _tunnel(
        self, asked: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        port = self.there or int(asked.rpartition(b":")[2])
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n" + self.extra)
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    async def _relay(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            found = _ABSOLUTE.match(head)
            assert found is not None, head
            port = self.there or int(found[2].rpartition(b":")[2])
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            fields = re.sub(rb"(?i)proxy-authorization: [^\r]*\r\n", b"", head[found.end() :])
            far_writer.write(b"%b %b HTTP/1.1\r\n" % (found[1], found[3]) + fields)
            answer = await far_reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: ([0-9]+)", answer)
            answer += await far_reader.readexactly(int(length[1]) if length else 0)
            far_writer.close()
            writer.write(answer)
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(**more: object) -> AsyncIterator[HttpProxy]:
    """Runs a proxy."""
    made = HttpProxy(**more)  # type: ignore[arg-type]  # as the fields are
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
