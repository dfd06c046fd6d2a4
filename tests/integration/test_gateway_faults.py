"""Gateways whose decision service is gone, silent or somebody else: nothing is forwarded."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.gateways import (
    ALICE,
    COMMANDS,
    Service,
    deciding,
    gateway,
    request,
    send,
)
from tests.integration.processes import free_port

pytestmark = pytest.mark.slow

HANGS = 3
"""Seconds after which a client gives up; edgeauth has one, behind Traefik thirty."""
SAID = {
    "nothing": None,
    "goodbye": b"",
    "another protocol": b"SSH-2.0-x\r\n\r\n",
    "half a word": b"HTTP/1.1 200",
    "no status": b"HTTP/1.1 600 Yes\r\n\r\n",
    "that it can not": b"HTTP/1.1 503 \r\n\r\n",
}


class _Faulty(socketserver.BaseRequestHandler):
    """Takes a question, and says what the server is told to; silent, it waits for the end."""

    def handle(self) -> None:
        assert isinstance(self.server, _FaultyServer)
        self.request.recv(65_536)
        if self.server.says is None:
            self.request.recv(1)
        else:
            self.request.sendall(self.server.says)


class _FaultyServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, says: bytes | None) -> None:
        super().__init__(("127.0.0.1", 0), _Faulty)
        self.says = says


@contextmanager
def faulty(says: bytes | None) -> Iterator[int]:
    with _FaultyServer(says) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("says", SAID.values(), ids=SAID.keys())
def test_attack_211_without_a_decision_nothing_is_forwarded(
    tmp_path: Path, service: Service, name: str, says: bytes | None
):
    with (
        faulty(says) as asks,
        gateway(name, tmp_path, asks=asks, before=service.port) as port,
    ):
        service.recorded.clear()
        answer = send(port, request(b"/open/x", ALICE), HANGS)
    assert answer.status >= 500 or (name == "traefik" and says is None and answer.status == 0)
    assert service.recorded == []


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A decision service that believes somebody else."""
    with deciding(tmp_path_factory.mktemp("stranger"), trusted="192.0.2.1") as port:
        yield port


@pytest.mark.parametrize("name", COMMANDS)
def test_a_gateway_that_is_not_believed_opens_nothing(
    tmp_path: Path, service: Service, stranger: int, name: str
):
    with gateway(name, tmp_path, asks=stranger, before=service.port) as port:
        service.recorded.clear()
        answer = send(port, request(b"/private/x"))
    assert answer.status == 401
    assert service.recorded == []


@pytest.mark.parametrize("name", COMMANDS)
def test_attack_211_with_nobody_to_ask_nothing_is_forwarded(
    tmp_path: Path, service: Service, name: str
):
    with gateway(name, tmp_path, asks=free_port(), before=service.port) as port:
        service.recorded.clear()
        answer = send(port, request(b"/open/x", ALICE))
    assert answer.status >= 500
    assert service.recorded == []
