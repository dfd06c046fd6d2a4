"""A real edge between a raw client and an upstream that believes nothing.

`Edge` starts a listener with the proxy door (or the decision door) and an upstream that records
every octet, reads it more strictly than any real server would, and answers as it is told.
"""

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_network

import trustme

from edgeauth.listeners.arrivals import Reception
from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.decision import DecisionDoor
from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.server import Decide, Listener, TrustedProxies
from edgeauth.model.decision import Decision, Deny, HeaderEdits, Permit, Refusal, Response
from edgeauth.model.errors import Reason
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.services.event_loop import Loop
from edgeauth.wire.answers import Answers

CONTRACT = b"Bearer signed-by-the-edge"
OWNED = frozenset({b"authorization", b"x-user", b"x-tenant"})
EDITS = HeaderEdits(((b"authorization", CONTRACT), (b"x-user", b"alice")))
FORBIDDEN = Deny(Response(403, (), b"no"), Refusal(Reason.AUTHORIZATION, "denied by path"))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


def request(
    target: bytes = b"/",
    *fields: bytes,
    method: bytes = b"GET",
    host: bytes = b"a.test",
    body: bytes = b"",
) -> bytes:
    """Returns a request as raw octets; nothing is checked."""
    lines = [b"%b %b HTTP/1.1" % (method, target), b"Host: " + host, *fields, b"", body]
    return b"\r\n".join(lines)


PROBE = b"GET /probe HTTP/1.1\r\nHost: a.test\r\n\r\n"
new_event_loop: Callable[[], asyncio.AbstractEventLoop] = Loop
PATIENCE = 10.0
"""Seconds after which a test that hangs fails; nothing waits for so long."""

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (/[!-~]*) HTTP/1\.1")
_FIELD = re.compile(rb"([a-z0-9!#$%&'*+^`|~.-]+): ([\t\x20-\x7e\x80-\xff]*)")
_CHUNK = re.compile(rb"([0-9a-f]{1,8})\r\n")


class NotStrict(Exception):
    """Raised for octets that no careful upstream would take."""


@dataclass
class Message:
    """A request as the upstream read it, or an answer as the client did."""

    start: tuple[bytes, ...]
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    chunked: bool = False

    def all(self, name: bytes) -> list[bytes]:
        return [value for each, value in self.fields if each == name]

    @property
    def target(self) -> bytes:
        return self.start[1]

    @property
    def status(self) -> int:
        return int(self.start[1])


def _take_chunked(data: bytes) -> tuple[bytes, bytes] | None:
    body = b""
    while True:
        found = _CHUNK.match(data)
        if found is None:
            if b"\r\n" in data[:10] or len(data) > 10:
                raise NotStrict(data[:40])
            return None
        size = int(found[1], 16)
        end = found.end() + size
        if len(data) < end + 2:
            return None
        if data[end : end + 2] != b"\r\n":
            raise NotStrict(b"chunk end")
        if size == 0:
            return body, data[end + 2 :]
        body += data[found.end() : end]
        data = data[end + 2 :]


def take_request(data: bytes) -> tuple[Message, bytes] | None:
    """Returns the first request of a stream and what follows; None when it is not complete."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    lines = head.split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(lines[0])
    if found is None:
        raise NotStrict(lines[0])
    message = Message((found[1], found[2]), _fields(lines[1:]))
    _check_request(message)
    return _with_body(message, rest)


def _fields(lines: list[bytes], grammar: re.Pattern[bytes] = _FIELD) -> list[tuple[bytes, bytes]]:
    read = []
    for line in lines:
        pair = grammar.fullmatch(line)
        if pair is None:
            raise NotStrict(line)
        read.append((pair[1].lower(), pair[2]))
    return read


def _check_request(message: Message) -> None:
    names = [name for name, _ in message.fields]
    for name in (b"host", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"):
        if names.count(name) != 1:
            raise NotStrict(b"not exactly one " + name)
    if message.all(b"authorization") != [CONTRACT] or message.all(b"x-user") != [b"alice"]:
        raise NotStrict(b"identity")
    for name in names:
        if b"_" in name or (b"." in name and name.replace(b".", b"-") in OWNED):
            raise NotStrict(b"alias " + name)
    if message.all(b"upgrade") == [b"websocket"] and message.all(b"connection") == [b"upgrade"]:
        names = [name for name in names if name not in {b"upgrade", b"connection"}]
    if set(names) & {b"connection", b"te", b"upgrade", b"trailer", b"keep-alive", b"expect"}:
        raise NotStrict(b"hop-by-hop")
    if message.target.startswith(b"/deny"):
        raise NotStrict(b"unauthorized")


def _with_body(message: Message, rest: bytes) -> tuple[Message, bytes] | None:
    length, coding = message.all(b"content-length"), message.all(b"transfer-encoding")
    if (length and coding) or len(length) > 1 or len(coding) > 1:
        raise NotStrict(b"two framings")
    if coding:
        if coding != [b"chunked"]:
            raise NotStrict(coding[0])
        taken = _take_chunked(rest)
        if taken is None:
            return None
        message.body, message.chunked = taken[0], True
        return message, taken[1]
    if not length:
        return message, rest
    if re.fullmatch(rb"0|[1-9][0-9]*", length[0]) is None:
        raise NotStrict(length[0])
    size = int(length[0])
    if len(rest) < size:
        return None
    message.body = rest[:size]
    return message, rest[size:]


_STATUS_LINE = re.compile(rb"(HTTP/1\.1) ([1-5][0-9]{2}) ([\x20-\x7e]*)")
_ANSWER_FIELD = re.compile(rb"([A-Za-z0-9!#$%&'*+^`|~._-]+): ([\t\x20-\x7e\x80-\xff]*)")


def take_answer(
    data: bytes, *, to_head: bool = False, ended: bool = False
) -> tuple[Message, bytes] | None:
    """Returns the first answer of a stream and what follows; None when it is not complete."""
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    lines = head.split(b"\r\n")
    found = _STATUS_LINE.fullmatch(lines[0])
    if found is None:
        raise NotStrict(lines[0])
    message = Message((found[1], found[2]), _fields(lines[1:], _ANSWER_FIELD))
    if message.status < 200 or message.status in {204, 304} or to_head:
        return message, rest
    if message.all(b"content-length") or message.all(b"transfer-encoding"):
        return _with_body(message, rest)
    if not ended:
        return None
    message.body = rest
    return message, b""


def take_answers(data: bytes, *, heads: tuple[int, ...] = ()) -> list[Message]:
    """Returns all answers of a stream that has ended; fails when something is left over."""
    found: list[Message] = []
    while data:
        taken = take_answer(data, to_head=len(found) in heads, ended=True)
        if taken is None:
            raise NotStrict(data[:80])
        found.append(taken[0])
        data = taken[1]
    return found


Script = Callable[
    ["Upstream", asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]
]


@dataclass
class Upstream:
    """Records what it gets; strict about each octet of it."""

    answer: bytes | Callable[[Message], bytes] = OK
    script: Script | None = None
    streams: list[bytearray] = field(default_factory=list)
    requests: list[Message] = field(default_factory=list)
    faults: list[NotStrict] = field(default_factory=list)
    closed: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        stream = bytearray()
        self.streams.append(stream)
        try:
            if self.script is not None:
                await self.script(self, reader, writer)
            else:
                await self._answer_all(stream, reader, writer)
        except (ConnectionError, EOFError):
            pass
        finally:
            self.closed += 1
            writer.close()

    async def _answer_all(
        self, stream: bytearray, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rest = b""
        while data := await reader.read(65_536):
            stream += data
            rest += data
            try:
                while (taken := take_request(rest)) is not None:
                    message, rest = taken
                    self.requests.append(message)
                    answer = self.answer
                    writer.write(answer if isinstance(answer, bytes) else answer(message))
            except NotStrict as fault:
                self.faults.append(fault)
                return
        if rest:
            self.faults.append(NotStrict(b"incomplete: " + rest[:60]))

    @property
    def targets(self) -> list[bytes]:
        return [message.target for message in self.requests]


class Client:
    """A raw connection to the edge."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.rest = b""

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, to_head: bool = False) -> Message:
        """Returns the next answer."""
        async with asyncio.timeout(PATIENCE):
            while (taken := take_answer(self.rest, to_head=to_head)) is None:
                data = await self.reader.read(65_536)
                if not data:
                    raise ConnectionError(f"ended after {self.rest[:80]!r}")
                self.rest += data
        message, self.rest = taken
        return message

    async def all(self) -> bytes:
        """Returns everything up to the end of the connection; a reset is an end as well."""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                while data := await self.reader.read(65_536):
                    self.rest += data
        return self.rest

    async def answers(self, *, heads: tuple[int, ...] = ()) -> list[Message]:
        """Returns all answers up to the end of the connection."""
        return take_answers(await self.all(), heads=heads)

    async def usable(self) -> bool:
        """Returns whether the connection serves another request."""
        self.send(PROBE)
        return (await self.answer()).status == 200

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Leaves without a farewell."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


async def by_path(request: Request, _content: ContentSource) -> Decision:
    """Denies below /deny, permits the rest."""
    if request.path.startswith("/deny"):
        return FORBIDDEN
    return Permit("rule", "alice", EDITS, Target("127.0.0.1", PORTS[-1], "http"), OWNED)


PORTS: list[int] = []
"""The port of the upstream of the test that runs."""


@dataclass
class Edge:
    """An edge that runs."""

    port: int
    upstream: Upstream
    listener: Listener
    door: ProxyDoor | DecisionDoor
    deadlines: Deadlines
    trusting: ssl.SSLContext | None = None
    """What clients begin TLS with, if the edge speaks it."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        tls = (
            {} if self.trusting is None else {"ssl": self.trusting, "server_hostname": "localhost"}
        )
        client = Client(*await asyncio.open_connection("127.0.0.1", self.port, **tls))
        try:
            yield client
        finally:
            client.close()


@asynccontextmanager
async def running_edge(
    upstream: Upstream | None = None,
    *,
    door: str = "proxy",
    decide: Decide = by_path,
    limits: Limits | None = None,
    trusted: tuple[str, ...] = (),
    dialler: Dialler | None = None,
    upstream_tls: ssl.SSLContext | None = None,
    tls: bool = False,
    recorder: Recorder | None = None,
    only_resolved: bool = False,
) -> AsyncIterator[Edge]:
    """Runs an edge before an upstream; afterwards nothing may be left open or unhandled."""
    complaints: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    upstream = upstream or Upstream()
    limits, deadlines = limits or Limits(), Deadlines()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0, ssl=upstream_tls)
    upstream.port = server.sockets[0].getsockname()[1]
    PORTS.append(upstream.port)
    made = ProxyDoor(Answers(), limits, deadlines, dialler) if door == "proxy" else DecisionDoor()
    proxies = TrustedProxies(tuple(ip_network(each) for each in trusted))
    listener = Listener(
        decide, made, deadlines, limits, proxies, recorder=recorder, only_resolved=only_resolved
    )
    shown, trusting = _tls() if tls else (None, None)
    reception = None if shown is None else Reception(tls=lambda: shown)
    port = await listener.start("127.0.0.1", 0, reception)
    try:
        yield Edge(port, upstream, listener, made, deadlines, trusting)
    finally:
        await listener.drain(0.01)
        server.close()
        await asyncio.sleep(0)
    assert complaints == []


def _tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Returns what a server shows, and what trusts it."""
    authority = trustme.CA()
    shown, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(shown)
    authority.configure_trust(trusting)
    return shown, trusting


def run(work: Coroutine[None, None, None]) -> None:
    """Runs a test on a loop that edgeauth runs on."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(work)
