"""Upstreams whose names have several addresses, some of which are wrong, or not any more theirs."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trustme
from structlog.testing import capture_logs

from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.resolving import Address, Names
from edgeauth.listeners.upstream_fault import UpstreamFault
from edgeauth.listeners.upstream_trust import Trust, system_trust
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.services.listener_status import UpstreamFailure
from tests.attacks.edge import EDITS, GET, OWNED, PORTS, Edge, Upstream, run, running_edge
from tests.fakes.clock import FakeClock

HERE, NOBODY, OTHER = (
    Address(socket.AF_INET, each) for each in ("127.0.0.1", "127.0.0.2", "127.0.0.3")
)
DESCRIPTORS = Path("/proc/self/fd")


class NameServer:
    """Gives a name the addresses that a test says."""

    def __init__(self, *answer: Address) -> None:
        self.answer = answer
        self.clock = FakeClock()
        self.names = Names(self.look_up, self.clock.now)

    async def look_up(self, _host: str) -> tuple[Address, ...]:
        await asyncio.sleep(0)
        return self.answer


async def by_name(_request: Request, _content: ContentSource) -> Decision:
    return Permit("rule", "alice", EDITS, Target("orders.test", PORTS[-1]), OWNED)


async def by_name_with_tls(_request: Request, _content: ContentSource) -> Decision:
    return Permit("rule", "alice", EDITS, Target("orders.test", PORTS[-1], "https"), OWNED)


@asynccontextmanager
async def edge_with(server: NameServer, upstream: Upstream) -> AsyncIterator[Edge]:
    dialler = Dialler(10.0, names=server.names)
    async with running_edge(upstream, decide=by_name, dialler=dialler) as edge:
        yield edge


async def ask(edge: Edge) -> int:
    async with edge.client() as client:
        client.send(GET)
        return (await client.answer()).status


def test_a_name_without_addresses_is_a_bad_gateway():
    async def scenario() -> None:
        async with edge_with(NameServer(), Upstream()) as edge:
            assert await ask(edge) == 502
            assert edge.door._status.failed == {UpstreamFailure.NAME: 1}

    with capture_logs() as lines:
        run(scenario())
    assert [line["error"] for line in lines] == ["its name has no address"]


@pytest.mark.parametrize("answer", [(NOBODY,), (NOBODY, OTHER)], ids=["one", "two"])
def test_when_nobody_is_there_it_is_a_bad_gateway(answer):
    async def scenario() -> None:
        async with edge_with(NameServer(*answer), Upstream()) as edge:
            assert [await ask(edge) for _ in range(2)] == [502, 502]
            assert edge.door._status.failed == {UpstreamFailure.CONNECTION: 2}

    run(scenario())


@pytest.mark.parametrize("answer", [(NOBODY, HERE), (HERE, NOBODY), (NOBODY, OTHER, HERE)])
def test_requests_come_to_the_address_where_somebody_is(answer):
    async def scenario() -> None:
        upstream = Upstream()
        limits = Limits(idle_upstreams=0)
        dialler = Dialler(10.0, names=NameServer(*answer).names)
        async with running_edge(upstream, decide=by_name, limits=limits, dialler=dialler) as edge:
            assert [await ask(edge) for _ in range(5)] == [200] * 5
        assert len(upstream.streams) == 5

    run(scenario())


def test_an_address_that_comes_back_is_tried_although_it_has_just_failed():
    async def scenario() -> None:
        server = NameServer(NOBODY)
        async with edge_with(server, Upstream()) as edge:
            assert await ask(edge) == 502
            back = await asyncio.start_server(Upstream().serve, NOBODY.host, PORTS[-1])
            assert await ask(edge) == 200
            back.close()

    run(scenario())


def test_a_certificate_that_is_not_good_makes_room_for_the_next_address():
    authority, stranger = trustme.CA(), trustme.CA()

    def context(issuer: trustme.CA) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert("orders.test").configure_cert(made)
        return made

    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    server, upstream, false = NameServer(HERE, NOBODY), Upstream(), Upstream()
    limits = Limits(idle_upstreams=0)
    dialler = Dialler(10.0, lambda origin: Trust(trusted, origin.host), server.names)

    async def scenario() -> None:
        async with running_edge(
            upstream,
            decide=by_name_with_tls,
            limits=limits,
            dialler=dialler,
            upstream_tls=context(authority),
        ) as edge:
            wrong = await asyncio.start_server(
                false.serve, NOBODY.host, PORTS[-1], ssl=context(stranger)
            )
            assert [await ask(edge) for _ in range(3)] == [200] * 3
            server.answer = (NOBODY,)
            server.clock.advance(61)
            assert await ask(edge) == 502
            wrong.close()

    run(scenario())
    assert false.requests == []


def test_connections_to_addresses_that_are_gone_are_not_used_again():
    async def scenario() -> None:
        server, before, after = NameServer(HERE), Upstream(), Upstream()
        async with edge_with(server, before) as edge:
            assert [await ask(edge) for _ in range(2)] == [200, 200]
            assert len(before.streams) == 1
            moved = await asyncio.start_server(after.serve, OTHER.host, PORTS[-1])
            server.answer = (OTHER,)
            server.clock.advance(31)
            edge.door.sweep()
            while server.names.holds("orders.test", HERE):
                await asyncio.sleep(0)
            edge.door.sweep()
            assert [await ask(edge) for _ in range(2)] == [200, 200]
            moved.close()
        assert len(before.requests) == 2
        assert len(after.requests) == 2

    run(scenario())


def test_an_answer_under_way_is_finished_although_its_address_is_gone():
    async def scenario() -> None:
        server = NameServer(HERE)
        upstream = Upstream(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        async with edge_with(server, upstream) as edge, edge.client() as client:
            client.send(GET)
            while b"\r\n\r\n" not in client.rest:
                client.rest += await client.reader.read(100)
            server.answer = (OTHER,)
            server.clock.advance(31)
            edge.door.sweep()
            while server.names.holds("orders.test", HERE):
                await asyncio.sleep(0)
            edge.door.sweep()
            (connection,) = edge.door._pool.open
            connection.data_received(b"k")
            assert (await client.answer()).body == b"ok"
            assert not edge.door._pool._free_in_all

    run(scenario())


def test_a_name_server_that_is_silent_costs_a_request_no_more_than_a_connection():
    async def silent(_host: str) -> tuple[Address, ...]:
        await asyncio.Event().wait()
        return ()

    async def scenario() -> None:
        dialler = Dialler(0.05, system_trust, Names(silent))
        async with running_edge(decide=by_name, dialler=dialler) as edge:
            assert await ask(edge) == 504
            assert edge.door._status.failed == {UpstreamFailure.TIMEOUT: 1}

    run(scenario())


class Kept(asyncio.Protocol):
    """A connection that says nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


@pytest.mark.skipif(not DESCRIPTORS.exists(), reason="the system does not say what is open")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_attempts_that_are_given_up_at_any_moment_leave_nothing_open(scheme):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def scenario() -> None:
        complaints: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: complaints.append(context)
        )
        server = await asyncio.start_server(silent, HERE.host, 0)
        origin = Origin(scheme, "orders.test", server.sockets[0].getsockname()[1])
        dialler = Dialler(10.0, names=NameServer(NOBODY, HERE, OTHER).names)
        before = len(list(DESCRIPTORS.iterdir()))
        for moment in range(40):
            attempt = asyncio.create_task(dialler.open(origin, Kept))
            for _ in range(moment):
                await asyncio.sleep(0)
            attempt.cancel()
            with suppress(asyncio.CancelledError, UpstreamFault):
                (await attempt)[0].transport.close()
        while len(list(DESCRIPTORS.iterdir())) > before:
            await asyncio.sleep(0)
        assert complaints == []
        server.close()

    run(scenario())
