"""Endpoints that reset connections before TLS has begun, and what that costs others: nothing."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.fakes.resets import reset
from tests.integration.processes import Place, ask, stop

pytestmark = pytest.mark.slow

TIMES = 60
MOMENTS = [each * 50e-6 for each in range(20)]
"""Seconds until a connection is reset: some are those between its beginning and that of TLS."""
RULE = """\
  - id: asked
    match: {routes: [{path: /asked}]}
    execute: [{authenticator: anyone}, {contextualizer: ask}, {authorizer: allow}]
"""
ASKING = """\
  contextualizers:
    - {id: ask, type: generic, config: {endpoint: {url: "https://127.0.0.1:%d/"}}}
  finalizers:
"""


@pytest.fixture
def resetting() -> Iterator[int]:
    """Yields the port of somebody who resets every connection, sooner or later."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                for moment in itertools.cycle(MOMENTS):
                    accepted, _ = listening.accept()
                    time.sleep(moment)
                    reset(accepted)

        serving = threading.Thread(target=serve)
        serving.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        serving.join()


def test_no_client_loses_its_connection_to_an_endpoint_that_resets_its_own(
    place: Place, resetting: int
) -> None:
    place.write(rules=RULE)
    written = place.folder / "edgeauth.yaml"
    written.write_text(written.read_text().replace("  finalizers:\n", ASKING % resetting))

    with place.running("decision") as process:
        statuses = {ask(place.port, "/asked")[0] for _ in range(TIMES)}
        _, errors = stop(process)

    assert statuses == {502}
    # A socket that closes something when it is collected says so.
    assert "unclosed" not in errors
