"""Section B: a trusted peer says much about a request, but nothing that can be read in two ways."""

import pytest

from tests.attacks.edge import Upstream, request, run, running_edge

REROUTING = (
    b"X-Forwarded-Method: DELETE",
    b"X-Original-URL: /deny",
    b"X-Original-Uri: /deny",
    b"X-Original-Method: DELETE",
    b"X-Rewrite-URL: /deny",
    b"X-Envoy-Original-Path: /deny",
    b"X-HTTP-Method-Override: DELETE",
    b"X-HTTP-Method: DELETE",
    b"X-Method-Override: DELETE",
    b"Proxy: http://evil.test",
)

TRUSTED_AND_REFUSED = {
    "attack-021 forwarded URI without a path": b"X-Forwarded-Uri: https:///x/%2e%2e/",
    "attack-021 forwarded URI with a fragment": b"X-Forwarded-Uri: /x#y",
    "attack-021 forwarded URI without a slash": b"X-Forwarded-Uri: deny",
    "attack-021 forwarded URI that is not ASCII": "X-Forwarded-Uri: http://ä/ü?ö".encode(),
    "attack-021 forwarded URI with encoded dots": b"X-Forwarded-Uri: /x/%2e%2e/deny",
    "attack-030 forwarded scheme": b"X-Forwarded-Proto: ftp",
    "attack-030 forwarded schemes": b"X-Forwarded-Proto: https,http",
    "attack-031 forwarded host": b"X-Forwarded-Host: a.test;evil",
    "attack-031 forwarded hosts": b"X-Forwarded-Host: a.test, b.test",
    "attack-040 forwarded method": b"X-Forwarded-Method: GET /x",
    "attack-040 forwarded CONNECT": b"X-Forwarded-Method: CONNECT",
    "attack-040 forwarded TRACE": b"X-Forwarded-Method: TRACE",
    "attack-040 forwarded HEAD": b"X-Forwarded-Method: HEAD",
}


@pytest.mark.parametrize("field", TRUSTED_AND_REFUSED.values(), ids=TRUSTED_AND_REFUSED.keys())
def test_a_trusted_peer_is_read_strictly(field):
    upstream = Upstream()

    async def scenario() -> None:
        async with (
            running_edge(upstream, trusted=("127.0.0.0/8",)) as edge,
            edge.client() as client,
        ):
            client.send(request(b"/x", field))
            assert (await client.answer()).status == 400

    run(scenario())
    assert upstream.streams == []


def test_attack_035_a_trusted_peer_does_not_reroute_behind_the_decision():
    upstream = Upstream()

    async def scenario() -> None:
        async with (
            running_edge(upstream, trusted=("127.0.0.0/8",)) as edge,
            edge.client() as client,
        ):
            client.send(request(b"/x", *REROUTING))
            assert (await client.answer()).status == 200

    run(scenario())
    assert upstream.faults == []
    assert upstream.requests[0].start == (b"DELETE", b"/x")
    names = {name for name, _ in upstream.requests[0].fields}
    assert names.isdisjoint(field.partition(b":")[0].lower() for field in REROUTING)
