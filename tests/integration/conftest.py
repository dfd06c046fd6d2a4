"""What many tests need: an upstream, a folder with a configuration, a Keycloak, the gateways."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.gateways import COMMANDS, Front, deciding, gateway
from tests.integration.keycloak import Edge, Keycloak, Realm, edge_before
from tests.integration.processes import Place, Upstream, in_thread
from tests.integration.recording import Service


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with in_thread(Upstream()) as server:
        yield server
        server.go_on.set()


@pytest.fixture
def place(tmp_path: Path, upstream: Upstream) -> Place:
    made = Place(tmp_path, upstream.server_address[1])
    made.write()
    return made


@pytest.fixture(scope="session")
def _one_keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    server = Keycloak(tmp_path_factory.mktemp("keycloak"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def keycloak(_one_keycloak: Keycloak) -> Keycloak:
    """The one of this session, which answers; a module may stop it at its end."""
    _one_keycloak.start()
    return _one_keycloak


@pytest.fixture(scope="module")
def shop(keycloak: Keycloak) -> Realm:
    return Realm(keycloak)


@pytest.fixture(scope="module")
def edge(keycloak: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with edge_before(keycloak.url, tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with in_thread(Service()) as running:
        yield running


@pytest.fixture(scope="module")
def decision_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with deciding(tmp_path_factory.mktemp("edgeauth")) as port:
        yield port


@pytest.fixture(scope="module", params=list(COMMANDS))
def front(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    service: Service,
    decision_service: int,
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp(request.param)
    with gateway(request.param, folder, asks=decision_service, before=service) as running:
        yield running
