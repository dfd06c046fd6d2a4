"""An upstream and a folder with a configuration for each test."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.processes import Place, Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def place(tmp_path: Path, upstream: Upstream) -> Place:
    made = Place(tmp_path, upstream.server_address[1])
    made.write()
    return made
