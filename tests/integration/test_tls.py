"""The same protocol over TLS, where a connection can not be closed by halves."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import trustme

from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.server import Listener
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.ports.content import ContentSource
from edgeauth.wire.answers import Answers
from tests.attacks import edge as attacks
from tests.attacks.edge import GET, Client, Upstream, by_path, request, run


@asynccontextmanager
async def connections(upstream: Upstream) -> AsyncIterator[Callable[[], Awaitable[Client]]]:
    """Yields what connects to a proxy that speaks TLS; afterwards nothing may be unhandled."""
    authority = trustme.CA()
    server, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(trusting)
    complaints: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    backend = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    attacks.PORTS.append(backend.sockets[0].getsockname()[1])
    deadlines, limits = Deadlines(), Limits(read_timeout=1.0)
    door = ProxyDoor(Answers(), limits, deadlines)
    listener = Listener(plain_upstream, door, deadlines, limits)
    port = await listener.start("127.0.0.1", 0, Reception(tls=lambda: server))

    async def connect() -> Client:
        streams = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusting, server_hostname="localhost"
        )
        return Client(*streams)

    yield connect
    await listener.drain(0.1)
    backend.close()
    assert complaints == []


def test_requests_and_refusals_over_tls():
    upstream = Upstream()

    async def scenario() -> None:
        async with connections(upstream) as connect:
            client = await connect()
            client.send(GET + request(b"/deny") + GET)
            assert [(await client.answer()).status for _ in range(3)] == [200, 403, 200]
            length = b"Content-Length: 100000"
            client.send(request(b"/up", length, method=b"POST", body=b"x" * 100_000))
            assert (await client.answer()).status == 200
            client.send(b"GET /" + b"a" * 9000)
            assert [each.status for each in await client.answers()] == [414]
            client.close()

    run(scenario())
    assert upstream.faults == []
    assert upstream.requests[0].all(b"x-forwarded-proto") == [b"https"]


def test_a_refusal_can_be_read_by_one_who_is_still_sending():
    async def scenario() -> None:
        async with connections(Upstream()) as connect:
            client = await connect()
            client.send(request(b"/deny", b"Content-Length: 5000000", method=b"POST"))
            for _ in range(20):
                client.send(b"x" * 100_000)
            assert (await client.answer()).status == 403
            client.close()

    run(scenario())


async def plain_upstream(asked: Request, content: ContentSource) -> Decision:
    """Sends everything to the upstream without TLS, whatever the client came with."""
    decision = await by_path(asked, content)
    if isinstance(decision, Permit) and decision.target is not None:
        return decision._replace(target=replace(decision.target, scheme="http"))
    return decision
