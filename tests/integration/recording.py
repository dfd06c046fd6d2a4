"""A service behind a gateway: it remembers what it gets."""

import base64
import hashlib
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from tests.integration.processes import QuietServer


class Recorded(NamedTuple):
    """A request as the service behind a gateway has read it."""

    method: str
    target: str
    fields: list[tuple[str, str]]
    content: bytes

    def all(self, name: str) -> list[str]:
        return [value for each, value in self.fields if each == name]

    @property
    def seen(self) -> dict[str, object]:
        """Returns what edgeauth has decided about."""
        (told,) = self.all("x-user")
        read = json.loads(told)
        assert isinstance(read, dict)
        return read


class Service(QuietServer):
    """Remembers what it gets, and speaks any protocol by saying everything again."""

    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.recorded: list[Recorded] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._record
        raise AttributeError(name)

    def _record(self) -> None:
        assert isinstance(self.server, Service)
        # The library takes slashes away from the target that it tells.
        method, target, _ = self.raw_requestline.decode("latin-1").split(" ")
        fields = [(name.lower(), value) for name, value in self.headers.items()]
        self.server.recorded.append(Recorded(method, target, fields, content_of(self)))
        if self.headers["upgrade"]:
            self._say_again()
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _say_again(self) -> None:
        self.send_response(101)
        self.send_header("Upgrade", self.headers["upgrade"])
        self.send_header("Connection", "upgrade")
        key = self.headers["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        digest = hashlib.sha1(key, usedforsecurity=False).digest()
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.end_headers()
        while said := self.rfile.read1():
            self.wfile.write(said)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Says nothing."""


def content_of(handler: BaseHTTPRequestHandler) -> bytes:
    """Returns the content of a request, framed as its head says.

    Raises:
        ConnectionError: it was cut off.
    """
    if handler.headers["transfer-encoding"] is None:
        length = int(handler.headers.get("content-length", 0))
        content = handler.rfile.read(length)
        if len(content) < length:
            raise ConnectionError
        return content
    content = b""
    while line := handler.rfile.readline():
        size = int(line, 16)
        content += handler.rfile.read(size)
        handler.rfile.readline()
        if not size:
            return content
    raise ConnectionError
