"""The same protocol over TLS, where a connection can not be closed by halves."""

from tests.attacks.edge import GET, Upstream, request, run, running_edge


def test_requests_and_refusals_over_tls():
    upstream = Upstream()

    async def scenario() -> None:
        async with running_edge(upstream, tls=True) as edge, edge.client() as client:
            client.send(GET + request(b"/deny") + GET)
            assert [(await client.answer()).status for _ in range(3)] == [200, 403, 200]
            length = b"Content-Length: 100000"
            client.send(request(b"/up", length, method=b"POST", body=b"x" * 100_000))
            assert (await client.answer()).status == 200
            client.send(b"GET /" + b"a" * 9000)
            assert [each.status for each in await client.answers()] == [414]

    run(scenario())
    assert upstream.faults == []
    assert upstream.requests[0].all(b"x-forwarded-proto") == [b"https"]


def test_a_refusal_can_be_read_by_one_who_is_still_sending():
    async def scenario() -> None:
        async with running_edge(tls=True) as edge, edge.client() as client:
            client.send(request(b"/deny", b"Content-Length: 5000000", method=b"POST"))
            for _ in range(20):
                client.send(b"x" * 100_000)
            assert (await client.answer()).status == 403

    run(scenario())
