"""The `edgeauth` command as a process in a folder of its own, and an upstream behind it."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from typing import TypeVar

from tests.fakes.ports import free_port

S = TypeVar("S", bound=BaseServer)
COMMAND = Path(sys.executable).parent / "edgeauth"
TRIES = 800
PAUSE = 0.05
"""Seconds between two tries, unless the process ends before."""
PATIENCE = 20
"""Seconds after which a process that hangs fails its test."""


def finished(*arguments: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """Runs the command to its end."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class QuietServer(ThreadingHTTPServer):
    """Says nothing of those who hang up on it."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Tells what went wrong, unless the other side is gone."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # handed on


@contextmanager
def in_thread(server: S) -> Iterator[S]:
    """Lets a server answer in a thread of its own, and closes it in the end."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Upstream(QuietServer):
    """Answers every request with its head; `/slow` only when it is told to go on."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.slow_began = threading.Event()
        self.go_on = threading.Event()


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Upstream)
        if self.path == "/slow":
            self.server.slow_began.set()
            self.server.go_on.wait(PATIENCE)
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Says nothing."""


@dataclass
class Place:
    """A folder with a configuration, and the ports that it names."""

    folder: Path
    upstream: int
    port: int = field(default_factory=free_port)
    management: int = field(default_factory=free_port)

    def write(self, serve: str = "", rules: str = "") -> None:
        workers = "" if "workers:" in serve else "  workers: 1\n"
        (self.folder / "edgeauth.yaml").write_text(f"""\
serve:
  host: 127.0.0.1
  port: {self.port}
  trusted_proxies: [127.0.0.1]
{serve}
{workers}management: {{host: 127.0.0.1, port: {self.management}}}
mechanisms:
  authenticators:
    - {{id: anyone, type: anonymous}}
    - {{id: nobody, type: unauthorized}}
  authorizers: [{{id: allow, type: allow}}, {{id: deny, type: deny}}]
  finalizers:
    - {{id: tell, type: header, config: {{headers: {{X-User: "{{{{ .Subject.ID }}}}"}}}}}}
default_rule: {{execute: [{{authenticator: nobody}}, {{authorizer: deny}}]}}
providers: {{file_system: {{src: rules.yaml}}}}
""")
        (self.folder / "rules.yaml").write_text(f"""\
version: "1alpha4"
rules:
  - id: open
    match: {{routes: [{{path: /open}}, {{path: /slow}}]}}
    forward_to: {{host: "127.0.0.1:{self.upstream}", rewrite: {{scheme: http}}}}
    execute: [{{authenticator: anyone}}, {{authorizer: allow}}, {{finalizer: tell}}]
{rules}
""")

    def arguments(self, mode: str) -> list[str]:
        return ["serve", mode, "-c", "edgeauth.yaml", "--insecure"]

    def run(self, mode: str, *options: str) -> "subprocess.CompletedProcess[str]":
        """Runs a server that does not get as far as to serve."""
        return finished(*self.arguments(mode), *options, folder=self.folder)

    @contextmanager
    def running(self, mode: str, *options: str) -> Iterator["subprocess.Popen[str]"]:
        """Yields a server that answers; afterwards it is gone."""
        with subprocess.Popen(
            [COMMAND, *self.arguments(mode), *options],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        ) as process:
            try:
                wait_for_port(process, self.port)
                yield process
            finally:
                process.kill()


def wait_for_port(process: "subprocess.Popen[str]", port: int) -> None:
    for _ in range(TRIES):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(PAUSE)
            raise AssertionError(process.stderr.read() if process.stderr else "")
    raise AssertionError("it does not listen")


def is_free(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def ask(
    port: int, path: str, fields: dict[str, str] | None = None, tls: ssl.SSLContext | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Returns status, fields and body of an answer."""
    connection = (
        http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        if tls is None
        else http.client.HTTPSConnection("127.0.0.1", port, timeout=PATIENCE, context=tls)
    )
    try:
        connection.request("GET", path, headers=fields or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def stop(process: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> tuple[str, str]:
    """Ends a server, which has to do so by itself; returns what it wrote."""
    process.send_signal(number)
    written = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, written
    return written
