"""Upstreams at unix sockets."""

import asyncio
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from tests.attacks.edge import EDITS, GET, OWNED, Upstream, request, run, running_edge


def decide(path, *, forward_host_header=True):
    target = Target("localhost", socket=str(path), forward_host_header=forward_host_header)

    async def at_socket(_request: Request, _content: ContentSource) -> Decision:
        return Permit("rule", "alice", EDITS, target, OWNED)

    return at_socket


@pytest.mark.parametrize("kind", ["nothing", "file", "folder", "nobody listens"])
def test_where_no_service_is_it_is_a_bad_gateway(tmp_path, kind):
    path = tmp_path / "orders.sock"
    if kind == "file":
        path.write_text("")
    elif kind == "folder":
        path.mkdir()

    async def scenario() -> None:
        if kind == "nobody listens":
            server = await asyncio.start_unix_server(Upstream().serve, path)
            server.close()
            with suppress(FileNotFoundError):
                path.unlink()
        async with running_edge(decide=decide(path)) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).status == 502

    with capture_logs() as lines:
        run(scenario())
    assert [line["upstream"] for line in lines] == [f"unix:{path}"]


@pytest.mark.parametrize(("forwarded", "host"), [(True, b"a.test"), (False, b"localhost")])
def test_requests_are_forwarded_over_a_connection_that_is_kept(tmp_path, forwarded, host):
    path, upstream = tmp_path / "orders.sock", Upstream()

    async def scenario() -> None:
        server = await asyncio.start_unix_server(upstream.serve, path)
        decision = decide(path, forward_host_header=forwarded)
        async with running_edge(decide=decision) as edge, edge.client() as client:
            client.send(GET)
            assert (await client.answer()).status == 200
            length = b"Content-Length: 200000"
            client.send(request(b"/up", length, method=b"POST", body=b"x" * 200_000))
            assert (await client.answer()).status == 200
            edge.door.sweep()
            client.send(GET)
            assert (await client.answer()).status == 200
        server.close()

    run(scenario())
    assert upstream.faults == []
    assert [each.all(b"host") for each in upstream.requests] == [[host]] * 3
    assert len(upstream.streams) == 1
