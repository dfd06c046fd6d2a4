"""Requests at a rate that does not wait for answers, and how long each was under way.

A request that had to wait for a free connection has waited from the moment it was due: a server
that stalls does not slow the clients down that measure it.
"""

import asyncio

from benchmarks.loads import Server

_CONNECTIONS = 32


class _Connection(asyncio.Protocol):
    """Answers of fixed length to one request after the other."""

    def __init__(self, idle: "asyncio.Queue[_Connection]", times: list[float]) -> None:
        self._idle = idle
        self._times = times
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._idle.put_nowait(self)

    def ask(self, request: bytes, due: float) -> None:
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, content = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        lengths = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        if len(content) >= lengths[0]:
            assert head.startswith(b"HTTP/1.1 200"), head[:40]
            self._received = b""
            self._times.append((self._loop.time() - self._due) * 1e3)
            self._idle.put_nowait(self)

    def close(self) -> None:
        self._transport.close()


async def paced(server: Server, rate: float, seconds: float) -> list[float]:
    """Returns the latencies in milliseconds, sorted.

    Args:
        server: who is asked.
        rate: requests a second.
        seconds: how long.
    """
    fields = "".join(f"{name}: {value}\r\n" for name, value in server.headers.items())
    request = f"GET {server.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n".encode()
    loop, times = asyncio.get_running_loop(), list[float]()
    idle: asyncio.Queue[_Connection] = asyncio.Queue()
    connections = [
        (await loop.create_connection(lambda: _Connection(idle, times), "127.0.0.1", server.port))
        for _ in range(_CONNECTIONS)
    ]
    begin = loop.time()
    for number in range(int(rate * seconds)):
        due = begin + number / rate
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        (await idle.get()).ask(request, due)
    for _ in connections:
        await idle.get()
    for _, connection in connections:
        connection.close()
    return sorted(times)
