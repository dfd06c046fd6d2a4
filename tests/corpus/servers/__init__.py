"""Real servers that say what they have read: Python's, Go's and Node's own, and nginx."""

import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.fakes.ports import free_port
from tests.integration.processes import PATIENCE, in_thread, wait_for_port
from tests.integration.recording import content_of

FOLDER = Path(__file__).parent
COMPILES = 300
"""Seconds for the first compilation of Go's library on a busy machine."""


class _Reader(BaseHTTPRequestHandler):
    """Says in X-Read what the library has read."""

    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._tell
        raise AttributeError(name)

    def _tell(self) -> None:
        fields = [(name.lower(), value) for name, value in self.headers.items()]
        told = {
            "method": self.command,
            "target": self.path,
            "host": self.headers["host"],
            "fields": fields,
            "content": content_of(self).decode("latin-1"),
        }
        assert isinstance(self.server, _Server)
        told["number"] = next(self.server.numbers)
        self.send_response(200)
        self.send_header("X-Read", base64.b64encode(json.dumps(told).encode()).decode())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Reader)
        self.numbers = itertools.count(1)

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of requests that were cut off: they are not counted."""


@contextmanager
def python(_: Path) -> Iterator[int]:
    with in_thread(_Server()) as server:
        yield server.server_address[1]


def needed(program: str) -> str:
    """Returns the path of a program, or skips the test."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


@contextmanager
def printing(*command: str) -> Iterator[int]:
    """Runs a server that prints its port."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def go(folder: Path) -> Iterator[int]:
    compiler, built = needed("go"), folder / "read"
    command = [compiler, "build", "-o", str(built), str(FOLDER / "read.go")]
    subprocess.run(command, check=True, timeout=COMPILES)
    with printing(str(built)) as port:
        yield port


@contextmanager
def node(_: Path) -> Iterator[int]:
    with printing(needed("node"), str(FOLDER / "read.mjs")) as port:
        yield port


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    program, port = needed("nginx"), free_port()
    with python(folder) as behind:
        text = (FOLDER / "nginx.conf").read_text()
        for name, value in (("$PORT", port), ("$NEXT", behind), ("$FOLDER", folder)):
            text = text.replace(name, str(value))
        written = folder / "nginx.conf"
        written.write_text(text)
        command = [program, "-c", str(written), "-p", str(folder)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            try:
                wait_for_port(process, port)
                yield port
            finally:
                process.terminate()
                process.wait(PATIENCE)


SERVERS: dict[str, Callable[[Path], AbstractContextManager[int]]] = {
    "python": python,
    "go": go,
    "node": node,
    "nginx": nginx,
}
"""By name: runs the server in a folder, and yields its port."""
