"""What goes wrong around a process that serves: others go on, memory stays, nothing spins.

Faults of single upstreams are in test_upstream_faults.py and tests/attacks/test_upstream_tricks.py.
"""

import asyncio
import os
import re
import resource
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.attacks.edge import OK, Client, request, run
from tests.integration.processes import PATIENCE, PAUSE, TRIES, Place
from tests.integration.test_workers import children

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
PATIENT = "  timeout: {read: 60s, write: 60s}"
GET = request(b"/open")

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def upstream(serve: Serve) -> AsyncIterator[int]:
    """Runs an upstream beside the process under test; yields its port."""

    serving: set[asyncio.Task[None]] = set()

    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await serve(reader, writer)
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.ensure_future(polite(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for each in serving:
            each.cancel()
        # Connections that are not closed before their loop is are complained about much later.
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)


async def answer_each(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readuntil(b"\r\n\r\n"):
        writer.write(OK)


async def until(holds: Callable[[], object]) -> None:
    for _ in range(TRIES):
        if holds():
            return
        await asyncio.sleep(PAUSE)  # polls a process; nothing tells when it is ready
    raise AssertionError("it never came to that")


@asynccontextmanager
async def clients(port: int, count: int) -> AsyncIterator[list[Client]]:
    """Yields connections to the edge, which are closed in the end."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(count):
            client = Client(*await asyncio.open_connection("127.0.0.1", port))
            stack.callback(client.close)
            found.append(client)
        yield found


async def asked(port: int) -> int:
    """Returns the status of a request on a connection of its own."""
    async with clients(port, 1) as [client]:
        client.send(GET)
        return (await client.answer()).status


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, what: str) -> int:
    """Returns octets: `VmRSS` is what is taken now, `VmHWM` the most since `forget_peak`."""
    found = re.search(
        rf"^{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE
    )
    assert found is not None
    return int(found[1]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


# Processes that die, and processes that end.


async def ask_until(over: asyncio.Event, port: int, lost: list[int]) -> int:
    """Asks on a connection that is kept; returns how often that was answered."""
    count = 0
    while not over.is_set():
        try:
            async with clients(port, 1) as [client]:
                while not over.is_set():
                    client.send(GET)
                    assert (await client.answer()).status == 200
                    count += 1
        except ConnectionError:
            lost.append(count)
    return count


async def alive(kept: list[Client]) -> int:
    """Returns how many connections serve a request."""
    count = 0
    for client in kept:
        with suppress(ConnectionError):
            client.send(GET)
            count += (await client.answer()).status == 200
    return count


def test_a_worker_that_is_killed_under_load_takes_only_its_own_requests_with_it(tmp_path: Path):
    async def scenario() -> None:
        over = asyncio.Event()
        lost: list[int] = []
        async with upstream(answer_each) as port:
            place = Place(tmp_path, port)
            place.write("  workers: 3")
            with place.running("proxy") as process:
                await until(lambda: len(children(process.pid)) == 4)
                async with clients(place.port, 12) as kept:
                    assert await alive(kept) == 12
                    loads = [
                        asyncio.create_task(ask_until(over, place.port, lost)) for _ in range(6)
                    ]
                    busiest = max(children(process.pid), key=descriptors)
                    os.kill(busiest, signal.SIGKILL)
                    await until(lambda: len({*children(process.pid)} - {busiest}) == 4)
                    assert 0 < await alive(kept) < 12, "its siblings keep their connections"
                assert [await asked(place.port) for _ in range(20)] == [200] * 20
                over.set()
                assert min(await asyncio.gather(*loads)) > 0
        assert len(lost) <= len(loads), "nobody loses more than what the dead one was at"

    run(scenario())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_request_that_was_begun_is_answered_when_the_end_comes(tmp_path: Path, workers: int):
    async def scenario() -> None:
        arrived, release = 0, asyncio.Event()

        async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal arrived
            while await reader.readuntil(b"\r\n\r\n"):
                arrived += 1
                await release.wait()
                writer.write(OK)

        async with upstream(held) as port:
            place = Place(tmp_path, port)
            place.write(f"  workers: {workers}\n{PATIENT}")
            with place.running("proxy") as process:
                async with (
                    clients(place.port, 10) as idle,
                    clients(place.port, 10) as half,
                    clients(place.port, 60) as busy,
                ):
                    for client in half:
                        client.send(GET[:20])
                    for client in busy:
                        client.send(GET)
                    await until(lambda: arrived == 60)
                    process.send_signal(signal.SIGTERM)
                    assert [await client.all() for client in idle] == [b""] * 10
                    for client in half:
                        client.send(GET[20:])
                    await until(lambda: arrived == 70)
                    release.set()
                    answers = [await client.answer() for client in busy + half]
                    assert [each.status for each in answers] == [200] * 70
                    assert all(each.all(b"connection") == [b"close"] for each in answers)
                assert await asyncio.to_thread(process.wait, PATIENCE) == 0

    run(scenario())


def test_a_process_that_was_stopped_reads_what_has_come_before_it_calls_it_too_late(tmp_path: Path):
    """As when a machine is suspended, or a container gets no processor for a while."""

    async def scenario() -> None:
        arrived, release, said = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            arrived.set()
            await release.wait()
            writer.write(OK)
            said.set()
            await reader.read()

        async with upstream(held) as port:
            place = Place(tmp_path, port)
            place.write("  timeout: {read: 3s}")
            with place.running("proxy") as process:
                async with clients(place.port, 1) as [client]:
                    client.send(GET)
                    await arrived.wait()
                    process.send_signal(signal.SIGSTOP)
                    release.set()
                    await said.wait()
                    await asyncio.sleep(4)  # beyond the time that the upstream has
                    process.send_signal(signal.SIGCONT)
                    assert (await client.answer()).status == 200

    run(scenario())


# Too little of everything.


def test_attack_073_a_process_without_descriptors_neither_spins_nor_dies(tmp_path: Path):
    async def scenario() -> None:
        async with upstream(answer_each) as port:
            place = Place(tmp_path, port)
            place.write(PATIENT)
            with place.running("proxy") as process:
                assert await asked(place.port) == 200
                used = descriptors(process.pid)
                resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 20, used + 20))
                async with clients(place.port, 80) as crowd:
                    for client in crowd:
                        client.send(GET)
                    begun, before = time.monotonic(), processor_seconds(process.pid)
                    await asyncio.sleep(2)  # so long, that a loop would be seen
                    spent = processor_seconds(process.pid) - before
                    assert spent < (time.monotonic() - begun) / 2, "it spins"
                await until(lambda: descriptors(process.pid) <= used + 10)
                assert process.poll() is None
                assert [await asked(place.port) for _ in range(5)] == [200] * 5

    run(scenario())


def test_attack_073_slow_clients_do_not_keep_others_from_their_answers(tmp_path: Path):
    """Of 500, some send their heads slowly, some their content, and some do not read."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if head.startswith(b"POST"):
                await reader.readexactly(1000)
            length = MIB if b"x-large" in head else 2
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
            writer.write(b"o" * length)
            await writer.drain()

    post = request(b"/open", b"Content-Length: 1000", method=b"POST", body=b"c" * 1000)
    large = request(b"/open", b"X-Large: yes")
    halves = [(large, b"")] * 50
    halves += [(GET[:-2], GET[-2:])] * 200 + [(post[:-500], post[-500:])] * 250

    async def scenario() -> None:
        async with upstream(serve) as port:
            place = Place(tmp_path, port)
            place.write(PATIENT)
            with place.running("proxy") as process:
                assert await asked(place.port) == 200
                before = memory(process.pid, "VmRSS")
                async with clients(place.port, 500) as slow:
                    for client, (first, _) in zip(slow, halves, strict=True):
                        client.writer.transport.pause_reading()
                        client.send(first)
                    assert [await asked(place.port) for _ in range(30)] == [200] * 30
                    assert memory(process.pid, "VmRSS") - before < 64 * MIB
                    for client, (_, second) in zip(slow, halves, strict=True):
                        client.writer.transport.resume_reading()
                        client.send(second)
                    assert [(await client.answer()).status for client in slow] == [200] * 500

    run(scenario())


SIZE = 50 * MIB
BLOCK = bytes(range(256)) * 256
LAST = OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")
FRAMINGS = {"known length": b"Content-Length: %d" % SIZE, "chunked": b"Transfer-Encoding: chunked"}


def stuck(writer: asyncio.StreamWriter) -> Callable[[], bool]:
    """Returns whether somebody who writes waits, and has waited at the last look as well."""
    waited = -1

    def is_stuck() -> bool:
        nonlocal waited
        before, waited = waited, writer.transport.get_write_buffer_size()
        return 0 < waited == before

    return is_stuck


@asynccontextmanager
async def bounded(folder: Path, port: int) -> AsyncIterator[int]:
    """Runs an edge before an upstream, whose memory must not grow by much; yields its port."""
    place = Place(folder, port)
    place.write(PATIENT)
    with place.running("proxy") as process:
        forget_peak(process.pid)
        before = memory(process.pid, "VmRSS")
        yield place.port
        assert memory(process.pid, "VmHWM") - before < 16 * MIB


async def say(writer: asyncio.StreamWriter, framing: bytes) -> None:
    """Writes the content as quickly as it is taken."""
    chunked = framing == FRAMINGS["chunked"]
    for _ in range(SIZE // len(BLOCK)):
        writer.write(b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK) if chunked else BLOCK)
        await writer.drain()
    writer.write(b"0\r\n\r\n" if chunked else b"")


async def hear(reader: asyncio.StreamReader, framing: bytes) -> None:
    """Reads the content and keeps none of it."""
    chunked = framing == FRAMINGS["chunked"]
    heard, last = 0, b""
    while heard < SIZE or (chunked and not last.endswith(b"0\r\n\r\n")):
        data = await reader.read(65_536)
        assert data, "it ended too early"
        heard, last = heard + len(data), (last + data)[-5:]


def test_fifty_mebibytes_up_take_little_memory_however_slow_the_upstream(tmp_path: Path):
    go_on = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.transport.pause_reading()
        await go_on.wait()
        writer.transport.resume_reading()
        await hear(reader, FRAMINGS["chunked" if b"chunked" in head else "known length"])
        writer.write(LAST)

    async def upload(port: int, framing: bytes) -> None:
        go_on.clear()
        async with clients(port, 1) as [client]:
            client.send(request(b"/open", framing, method=b"POST"))
            saying = asyncio.create_task(say(client.writer, framing))
            await until(stuck(client.writer))
            go_on.set()
            await saying
            assert (await client.answer()).status == 200

    async def scenario() -> None:
        async with upstream(serve) as port, bounded(tmp_path, port) as edge_port:
            for framing in FRAMINGS.values():
                await upload(edge_port, framing)

    run(scenario())


def test_fifty_mebibytes_down_take_little_memory_however_slow_the_client(tmp_path: Path):
    writers: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writers.put_nowait(writer)
        framing = FRAMINGS["chunked" if b"x-chunked" in head else "known length"]
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + framing + b"\r\n\r\n")
        await say(writer, framing)

    async def download(port: int, framing: bytes) -> None:
        async with clients(port, 1) as [client]:
            client.writer.transport.pause_reading()
            chunked = framing == FRAMINGS["chunked"]
            client.send(request(b"/open", *([b"X-Chunked: yes"] if chunked else [])))
            await until(stuck(await writers.get()))
            client.writer.transport.resume_reading()
            await client.reader.readuntil(b"\r\n\r\n")
            await hear(client.reader, framing)

    async def scenario() -> None:
        async with upstream(serve) as port, bounded(tmp_path, port) as edge_port:
            for framing in FRAMINGS.values():
                await download(edge_port, framing)

    run(scenario())
