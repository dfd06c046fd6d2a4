"""Gateways whose decision service is gone, silent or somebody else: nothing is forwarded."""

import socketserver
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.ports import free_port
from tests.integration.gateways import (
    ALICE,
    COMMANDS,
    Front,
    deciding,
    gateway,
    request,
    send,
)
from tests.integration.processes import in_thread
from tests.integration.recording import Service

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
        assert isinstance(self.server, FaultyServer)
        self.request.recv(65_536)
        if self.server.says is None:
            self.request.recv(1)
        else:
            self.request.sendall(self.server.says)


class FaultyServer(socketserver.ThreadingTCPServer):
    """Stands in the place of a decision service."""

    daemon_threads = True
    says: bytes | None = b""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Faulty)


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyServer]:
    with in_thread(FaultyServer()) as server:
        yield server


@pytest.fixture(scope="module", params=list(COMMANDS))
def misled(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,
    faulty: FaultyServer,
) -> Iterator[Front]:
    """A gateway that asks the faulty server."""
    folder, asks = tmp_path_factory.mktemp(request.param), int(faulty.server_address[1])
    with gateway(request.param, folder, asks=asks, before=service) as running:
        yield running


@pytest.mark.parametrize("says", SAID.values(), ids=SAID.keys())
def test_attack_211_without_a_decision_nothing_is_forwarded(
    misled: Front, faulty: FaultyServer, says: bytes | None
):
    faulty.says = says
    misled.service.recorded.clear()

    answer = send(misled.port, request(b"/open/x", ALICE), HANGS)

    waits = misled.name == "traefik" and says is None
    assert answer.status >= 500 or (waits and answer.status == 0)
    assert misled.service.recorded == []


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A decision service that believes somebody else."""
    with deciding(tmp_path_factory.mktemp("stranger"), trusted="192.0.2.1") as port:
        yield port


@pytest.mark.parametrize("name", COMMANDS)
def test_a_gateway_that_is_not_believed_opens_nothing(
    tmp_path: Path, service: Service, stranger: int, name: str
):
    with gateway(name, tmp_path, asks=stranger, before=service) as running:
        answer = running.refused(request(b"/private/x"))
    assert answer.status == 401


@pytest.mark.parametrize("name", COMMANDS)
def test_attack_211_with_nobody_to_ask_nothing_is_forwarded(
    tmp_path: Path, service: Service, name: str
):
    with gateway(name, tmp_path, asks=free_port(), before=service) as running:
        answer = running.refused(request(b"/open/x", ALICE))
    assert answer.status >= 500
