"""Real HTTP servers on free ports: well-behaved ones, and some that send whatever a test says."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serves every path and method with one handler; yields the URL without a slash at its end."""
    application = web.Application()
    application.add_routes([web.route("*", "/{path:.*}", handler)])
    runner = web.AppRunner(application, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://localhost:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def blocking(context: ssl.SSLContext) -> Iterator[str]:
    """Answers over TLS with the name of the client's certificate; yields the URL.

    In a thread with blocking sockets, because asyncio does not send the alert that says why a
    handshake failed.
    """
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listening.accept()
            except OSError:
                return
            raw.settimeout(5)
            with suppress(OSError):
                _say_who_is_there(context.wrap_socket(raw, True, do_handshake_on_connect=False))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _say_who_is_there(connection: ssl.SSLSocket) -> None:
    try:
        connection.do_handshake()
    except ssl.SSLError:
        # Closed with something unread, the connection would be reset, and the alert lost.
        with socket.socket(fileno=connection.detach()) as plain:
            plain.shutdown(socket.SHUT_WR)
            while plain.recv(65_536):
                pass
        return
    with connection:
        connection.recv(65_536)
        certificate = connection.getpeercert() or {}
        names = [str(each[1]) for each in certificate.get("subjectAltName", ())]
        body = ",".join(names).encode()
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(body) + body)


@asynccontextmanager
async def sending(*pieces: bytes, pause: float = 0.0, stay: bool = False) -> AsyncIterator[str]:
    """Answers each connection with these octets, whatever it asks.

    Args:
        pieces: written one after the other.
        pause: seconds between two.
        stay: whether the connection stays open afterwards.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
            if stay:
                await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class FixedResolver(AbstractResolver):
    """Gives every name the same addresses, and counts.

    Attributes:
        asked: the names, in order.
    """

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """Returns the addresses."""
        self.asked.append(host)
        return [
            ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0)
            for each in self._addresses
        ]

    async def close(self) -> None:
        """Does nothing."""
