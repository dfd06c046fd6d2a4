"""Lines of the access log for what lasts: upgraded connections, TLS, services that leave."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from edgeauth.listeners.observed import Recorder
from edgeauth.services.access_log import AccessLog, Entry
from edgeauth.services.clock import SystemClock
from edgeauth.services.line_writer import LineWriter
from edgeauth.services.log_file import LogFile
from tests.attacks.edge import Upstream, request, run, running_edge
from tests.integration.test_websocket import chatting, echo

pytestmark = pytest.mark.slow


class Kept:
    """A recorder that writes to a file, and what is in it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "access.log"
        file = LogFile(str(self._path))
        file.open()
        self._writer = LineWriter(file)
        self.recorder = Recorder(AccessLog(self._writer, "json"), "proxy", SystemClock())

    async def line(self) -> Entry:
        """Returns the only line, once there is one."""
        async with asyncio.timeout(10):
            while not self._path.stat().st_size:
                await asyncio.sleep(0)
                self._writer.flush()
        (line,) = self._path.read_bytes().splitlines()
        return msgspec.json.decode(line, type=Entry)


def test_a_websocket_is_a_line_when_it_ends(tmp_path: Path):
    kept = Kept(tmp_path)

    async def scenario() -> None:
        async with chatting(echo, recorder=kept.recorder) as (_, session, url):
            async with session.ws_connect(url) as socket:
                await socket.send_str("x" * 1000)
                assert await socket.receive_str() == "x" * 1000
            line = await kept.line()
        assert (line.status, line.upgrade, line.error) == (101, "websocket", "")
        assert 1000 < line.bytes_in < 1100, "with the frames around"
        assert 1000 < line.bytes_out < 1100
        assert line.upstream.startswith("127.0.0.1:")

    run(scenario())


def test_the_version_of_tls_is_told(tmp_path: Path):
    kept = Kept(tmp_path)

    async def scenario() -> None:
        async with running_edge(tls=True, recorder=kept.recorder) as edge:
            async with edge.client() as client:
                client.send(request(b"/a"))
                await client.answer()
            line = await kept.line()
        assert (line.tls, line.scheme, line.bytes_out) == ("TLSv1.3", "https", 2)

    run(scenario())


def test_a_service_that_leaves_in_the_middle_is_a_line_with_what_came(tmp_path: Path):
    kept = Kept(tmp_path)

    async def half(_: Upstream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        await writer.drain()

    async def scenario() -> None:
        async with running_edge(Upstream(script=half), recorder=kept.recorder) as edge:
            async with edge.client() as client:
                client.send(request(b"/a"))
                await client.all()
            line = await kept.line()
        assert (line.status, line.bytes_out, line.error) == (200, 4, "communication_error")
        assert line.upstream == f"127.0.0.1:{edge.upstream.port}"

    run(scenario())
