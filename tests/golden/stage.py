"""What surrounds an edge: an upstream that remembers, services that answer, a client."""

import asyncio
import json
import re
import time
from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from tests.golden.cases import Case, Group, dump
from tests.golden.credentials import KEYS, Occasion, made, names_of, thumbprint
from tests.golden.messages import Message, Written, read_message, request_octets
from tests.golden.tokens import key_set, signed

PATIENCE = 10.0
"""Seconds after which a case that hangs fails."""
_CLIENTS_OWN = {"host", "user-agent", "accept", "accept-encoding", "content-length", "connection"}
_JSON = {"Content-Type": "application/json"}
_FINE = {"headers": {"Content-Type": "text/plain"}, "body": "ok"}
_STATUS = {"status": 200, "headers": {}, "body": ""}
_LASTING = ("$UPSTREAM", "$SERVICE", "$CLOSED", "$FOLDER")
"""Names that stand for the same in all groups."""


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
    _credentials: dict[str, dict] = field(default_factory=dict)
    _now: int = 0
    """Seconds since 1970 at which the present case began."""
    _made: dict[str, str] = field(default_factory=dict)
    """What names stand for in the present case alone."""
    _answered: Message | None = None
    """The last one that a client was given."""
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
        self._credentials = group.credentials
        self.names = {
            **{name: value for name, value in self.names.items() if name in _LASTING},
            **{f"$JKT.{name}": thumbprint(name) for name in KEYS},
            **names_of(group.certificates),
        }
        self.begin()
        sent = dump([group.credentials, group.answers]) + "".join(
            case.before + case.request + case.raw for case in group.cases
        )
        for name, description in group.tokens.items():
            if f"$TOKEN.{name}" in sent:
                self.names[f"$TOKEN.{name}"] = signed(self._filled(description), self._now)
        self.answers = {
            "/jwks": {"headers": _JSON, "body": key_set()},
            "/jwks-broken": {"headers": _JSON, "body": key_set(broken=True)},
            **self._filled(group.answers),
        }

    def begin(self) -> None:
        """Prepares for a case: what is made for its requests is made now."""
        self._now = int(time.time())
        self._made = {}
        self._answered = None

    def named(self, text: str) -> str:
        """Returns a text with what names stand for."""
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(name, self.names[name])
        return text

    def anonymous(self, text: str) -> str:
        """Returns a text with names in place of what they stand for."""
        for name, value in (self.names | self._made).items():
            text = text.replace(value, name)
        return text

    async def send(self, case: Case, port: int) -> Message | None:
        """Sends the request of a case and returns the answer; None if there was none."""
        self.arrived.clear()
        self.asked.clear()
        octets = case.raw.encode("latin-1") if case.raw else request_octets(self._written(case))
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(octets)
            answer = await read_message(reader, of_head=octets.startswith(b"HEAD "))
            writer.close()
        self._answered = answer
        return answer

    def _written(self, case: Case) -> str:
        """Returns the request of a case with all that is made for it, in the order of the file."""
        text = self._timed(self.named(case.request))
        digest = b64encode(sha256(Written.read(text).content).digest()).decode()
        text = text.replace("$DIGEST", digest)
        for name, description in self._credentials.items():
            place = f"$CREDENTIAL.{name}"
            found = re.compile(re.escape(place) + r"(?![\w-])")  # not a longer name
            if found.search(text):
                occasion = Occasion(Written.read(text), self._now, case.name)
                self._made[place] = made(self._filled(description), occasion)
                text = found.sub(self._made[place], text)
        return text

    def _filled(self, tree: dict) -> dict:
        return json.loads(self._timed(self.named(dump(tree))))

    def _timed(self, text: str) -> str:
        """Returns a text with times, and fields of the answer before."""
        for name, difference in re.findall(r"(\$NOW([+-][0-9]+)?)(?![0-9])", text):
            self._made[name] = str(self._now + int(difference or 0))
        text = re.sub(r"\$NOW([+-][0-9]+)?", lambda it: str(self._now + int(it[1] or 0)), text)
        answer = self._answered
        return re.sub(r"\$ANSWER\.([\w-]+)", lambda it: answer.get(it[1]) if answer else "", text)

    async def _upstream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (message := await read_message(reader)) is not None:
            self.arrived.append(message)
            answer = self.answers.get(self.names["$UPSTREAM"] + _path(message), _FINE)
            writer.write(_octets(answer))
            if "raw" in answer:
                break
        writer.close()

    async def _service(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (message := await read_message(reader)) is not None:
            self.asked.append(message)
            writer.write(self._answer(message))
            if "raw" in self.answers.get(_path(message), {}):
                break
        writer.close()

    def _answer(self, message: Message) -> bytes:
        path = _path(message)
        if path == "/echo":
            return _octets(
                {"headers": {"Content-Type": "application/json"}, "body": _told(message)}
            )
        return _octets(self.answers.get(path, {"status": 404}))


def _path(message: Message) -> str:
    return re.split("[ ?]", message.start)[1]


def _told(message: Message) -> bytes:
    method, _, rest = message.start.partition(" ")
    target = rest.rpartition(" ")[0]
    fields = {name: message.get(name) for name, _ in message.fields if name not in _CLIENTS_OWN}
    body = message.body.decode()
    told = {"method": method, "target": target, "headers": fields, "body": body}
    return json.dumps(told).encode()


def _octets(answer: dict) -> bytes:
    """Returns the octets of an answer: those in `raw`, or what its members make."""
    if "raw" in answer:
        return answer["raw"].encode("latin-1")
    whole = {**_STATUS, **answer}
    body = whole["body"] if isinstance(whole["body"], bytes) else whole["body"].encode()
    fields = {"Content-Length": len(body), **whole["headers"]}
    lines = [f"HTTP/1.1 {whole['status']} -", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + body
