"""What surrounds an edge: an upstream that remembers, services that answer, a client."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field

from tests.golden.cases import Case, Group
from tests.golden.messages import Message, read_message, request_octets
from tests.golden.tokens import key_set, signed

PATIENCE = 10.0
"""Seconds after which a case that hangs fails."""
_CLIENTS_OWN = {"host", "user-agent", "accept", "accept-encoding", "content-length", "connection"}
_JSON = {"Content-Type": "application/json"}
_STATUS = {"status": 200, "headers": {}, "body": ""}


@dataclass
class Stage:
    """The surroundings of one group of cases after the other.

    Attributes:
        arrived: what the upstream received.
        asked: what the services received.
    """

    arrived: list[Message] = field(default_factory=list)
    asked: list[Message] = field(default_factory=list)
    answers: dict[str, dict] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What stands for what: `$UPSTREAM` for an address."""
    _servers: list[asyncio.Server] = field(default_factory=list)

    async def open(self) -> None:
        """Starts the servers."""
        for name, serve in (("$UPSTREAM", self._upstream), ("$SERVICE", self._service)):
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            self._servers.append(server)
            self.names[name] = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        closed = await asyncio.start_server(self._upstream, "127.0.0.1", 0)
        self.names["$CLOSED"] = f"127.0.0.1:{closed.sockets[0].getsockname()[1]}"
        closed.close()
        await closed.wait_closed()

    async def close(self) -> None:
        """Stops the servers."""
        for server in self._servers:
            server.close()
        await asyncio.sleep(0)

    def set(self, group: Group) -> None:
        """Prepares for a group."""
        now = int(time.time())
        self.names = {k: v for k, v in self.names.items() if not k.startswith("$TOKEN")}
        sent = "".join(case.request + case.raw for case in group.cases)
        for name, description in group.tokens.items():
            if f"$TOKEN.{name}" in sent:
                self.names[f"$TOKEN.{name}"] = signed(description, now)
        self.answers = {
            "/jwks": {"headers": _JSON, "body": key_set()},
            "/jwks-broken": {"headers": _JSON, "body": key_set(broken=True)},
            **group.answers,
        }

    def named(self, text: str) -> str:
        """Returns a text with what names stand for."""
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(name, self.names[name])
        return text

    def anonymous(self, text: str) -> str:
        """Returns a text with names in place of what they stand for."""
        for name, value in self.names.items():
            text = text.replace(value, name)
        return text

    async def send(self, case: Case, port: int) -> Message | None:
        """Sends the request of a case and returns the answer; None if there was none."""
        self.arrived.clear()
        self.asked.clear()
        octets = (
            case.raw.encode("latin-1") if case.raw else request_octets(self.named(case.request))
        )
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(octets)
            answer = await read_message(reader, of_head=octets.startswith(b"HEAD "))
            writer.close()
            return answer

    async def _upstream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (message := await read_message(reader)) is not None:
            self.arrived.append(message)
            writer.write(_octets({"headers": {"Content-Type": "text/plain"}, "body": "ok"}))
        writer.close()

    async def _service(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (message := await read_message(reader)) is not None:
            self.asked.append(message)
            writer.write(self._answer(message))
        writer.close()

    def _answer(self, message: Message) -> bytes:
        path = re.split("[ ?]", message.start)[1]
        if path == "/echo":
            return _octets(
                {"headers": {"Content-Type": "application/json"}, "body": _told(message)}
            )
        return _octets(self.answers.get(path, {"status": 404}))


def _told(message: Message) -> bytes:
    method, _, rest = message.start.partition(" ")
    target = rest.rpartition(" ")[0]
    fields = {name: message.get(name) for name, _ in message.fields if name not in _CLIENTS_OWN}
    body = message.body.decode()
    told = {"method": method, "target": target, "headers": fields, "body": body}
    return json.dumps(told).encode()


def _octets(answer: dict) -> bytes:
    whole = {**_STATUS, **answer}
    body = whole["body"] if isinstance(whole["body"], bytes) else whole["body"].encode()
    fields = {"Content-Length": len(body), **whole["headers"]}
    lines = [f"HTTP/1.1 {whole['status']} -", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + body
