"""Clients of every kind, and an upstream that is often out of order, for `soak.py`.

Each kind of client knows what it must get. Whatever else happens is unexpected, but for connections
that break just when a worker is killed.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.attacks.edge import Client, NotStrict, request

LARGE = 1024 * 1024
PIPELINED = 8
EXCUSED_SECONDS = 3.0
"""How long after a worker was killed a connection may break."""


class Upstream:
    """Answers as the path says: properly, or with one of the faults that there are."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split(b" ", 2)[1]
        await self._take_content(head, reader)
        what = target.split(b"/")[2]
        if what == b"large":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE)
            writer.write(b"o" * LARGE)
        elif what == b"close":
            return False
        elif what == b"garbage":
            writer.write(b"nonsense\r\n\r\n")
        elif what == b"cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            return False
        elif what == b"twice":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 2)
        elif what == b"stall":
            await reader.read()
            return False
        else:
            content = b"%d " % len(target) + target
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(content), content)
            )
        return True

    async def _take_content(self, head: bytes, reader: asyncio.StreamReader) -> None:
        if b"transfer-encoding: chunked" in head:
            while size := int(await reader.readuntil(b"\r\n"), 16):
                await reader.readexactly(size + 2)
            await reader.readexactly(2)
        elif (place := head.find(b"content-length: ")) >= 0:
            await reader.readexactly(int(head[place + 16 :].split(b"\r\n")[0]))


class Unexpected(Exception):
    """Raised for an answer that the client must not get."""


@dataclass
class Books:
    """What became of all requests since they were opened.

    Attributes:
        done: by kind.
        excused: connections that broke when a worker was killed.
        unexpected: by kind and what it was.
        latencies: seconds, of small requests on connections that are kept; emptied by who reads.
        killed: when a worker was killed last.
    """

    done: Counter[str] = field(default_factory=Counter)
    excused: int = 0
    unexpected: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    killed: float = float("-inf")

    def failed(self, kind: str, error: Exception) -> None:
        broken = isinstance(error, OSError | EOFError) and not isinstance(error, TimeoutError)
        if broken and time.monotonic() < self.killed + EXCUSED_SECONDS:
            self.excused += 1
        else:
            self.unexpected[f"{kind}: {type(error).__name__} {str(error)[:80]}"] += 1


@dataclass
class Loads:
    """All the clients.

    Args:
        port: of the edge.
        books: where they write what they got.
    """

    port: int
    books: Books
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, each: int) -> list[asyncio.Task[None]]:
        """Starts so many clients of each kind; they end when it is over."""
        kinds: list[Callable[[Client], Awaitable[None]]] = [
            self.keep_alive, self.pipelining, self.slow_content, self.large_both_ways,
            self.leaving, self.malformed, self.denied, self.faults, self.stalling,
        ]  # fmt: skip
        return [asyncio.create_task(self._repeat(kind)) for kind in kinds for _ in range(each)]

    async def _repeat(self, kind: Callable[[Client], Awaitable[None]]) -> None:
        name = kind.__name__
        while not self.over.is_set():
            try:
                client = Client(*await asyncio.open_connection("127.0.0.1", self.port))
            except OSError as error:
                self.books.failed(name, error)
                await asyncio.sleep(0.1)
                continue
            try:
                await kind(client)
                self.books.done[name] += 1
            except (Unexpected, NotStrict, OSError, EOFError) as error:
                self.books.failed(name, error)
            except RuntimeError as error:  # what uvloop raises for a write to what has ended
                self.books.failed(name, ConnectionError(str(error)))
            finally:
                client.close()
            await asyncio.sleep(random.uniform(0, 0.05))

    async def keep_alive(self, client: Client) -> None:
        for number in range(50):
            begin = time.perf_counter()
            client.send(request(b"/soak/%d" % number))
            await expect(client, 200, b" /soak/%d" % number)
            self.books.latencies.append(time.perf_counter() - begin)
            await asyncio.sleep(0.01)

    async def pipelining(self, client: Client) -> None:
        targets = [b"/soak/%d" % random.randrange(10**6) for _ in range(PIPELINED)]
        client.send(b"".join(request(target) for target in targets))
        for target in targets:
            await expect(client, 200, b" " + target)

    async def slow_content(self, client: Client) -> None:
        client.send(request(b"/soak/slow", b"Content-Length: 20000", method=b"POST"))
        for _ in range(20):
            client.send(b"s" * 1000)
            await asyncio.sleep(0.05)
        await expect(client, 200)

    async def large_both_ways(self, client: Client) -> None:
        client.send(request(b"/soak/large", b"Transfer-Encoding: chunked", method=b"PUT"))
        for _ in range(LARGE // 65_536):
            client.send(b"10000\r\n" + b"l" * 65_536 + b"\r\n")
            await client.writer.drain()
        client.send(b"0\r\n\r\n")
        head = await client.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise Unexpected(head[:40])
        await client.reader.readexactly(LARGE)

    async def leaving(self, client: Client) -> None:
        """Leaves in the middle of a head, of content, of an answer, or before it."""
        raw = random.choice(
            [
                request(b"/soak/large"),
                request(b"/soak/stall"),
                request(b"/soak/1")[:30],
                request(b"/soak/1", b"Content-Length: 100", method=b"POST", body=b"half"),
            ]
        )
        client.send(raw)
        await asyncio.sleep(random.uniform(0, 0.1))
        if client.writer.transport.is_closing():
            raise ConnectionError("it has ended before")
        client.reset()

    async def malformed(self, client: Client) -> None:
        client.send(random.choice([b"\x16\x03\x01\x00", b"GET /\r\n\r\n", request(b"/soak/%00")]))
        await expect(client, 400)

    async def denied(self, client: Client) -> None:
        for _ in range(10):
            client.send(request(b"/denied"))
            await expect(client, 401)

    async def faults(self, client: Client) -> None:
        for what, status in ((b"close", 502), (b"garbage", 502), (b"twice", 200)):
            client.send(request(b"/soak/" + what, method=b"PATCH"))
            await expect(client, status)
        client.send(request(b"/soak/cut", method=b"PATCH"))
        if not (await client.all()).endswith(b"half"):
            raise ConnectionError("it ended before the answer that is cut")

    async def stalling(self, client: Client) -> None:
        client.send(request(b"/soak/stall"))
        await expect(client, 504)


async def expect(client: Client, status: int, ending: bytes = b"") -> None:
    """Reads an answer.

    Raises:
        Unexpected: it has another status or belongs to another request.
    """
    answer = await client.answer()
    if answer.status != status:
        raise Unexpected(f"status {answer.status} in place of {status}")
    if not answer.body.endswith(ending):
        raise Unexpected("the answer to another request")
