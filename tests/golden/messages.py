"""Raw HTTP/1.1 on both sides of an edge: what is sent, what comes back, what arrives."""

import asyncio
import re
from typing import NamedTuple


class Message(NamedTuple):
    """A request or an answer."""

    start: str
    fields: list[tuple[str, str]]
    body: bytes = b""

    def get(self, name: str) -> str:
        """Returns the values of a field, joined."""
        return ", ".join(value for each, value in self.fields if each == name)


class Written(NamedTuple):
    """A request as golden files write it: a start line, fields, an empty line and content."""

    method: str
    target: str
    lines: tuple[str, ...]
    content: bytes

    @classmethod
    def read(cls, text: str) -> "Written":
        """Returns the parts of a text."""
        head, _, content = text.partition("\n\n")
        start, *lines = head.strip("\n").split("\n")
        method, _, target = start.partition(" ")
        return cls(method, target, tuple(lines), content.removesuffix("\n").encode())

    def get(self, name: str) -> str:
        """Returns the values of a field, joined."""
        pairs = (line.partition(":") for line in self.lines)
        return ", ".join(value.strip() for each, _, value in pairs if each.lower() == name)

    def __str__(self) -> str:
        head = "\n".join([f"{self.method} {self.target}", *self.lines])
        return f"{head}\n\n{self.content.decode()}"


def request_octets(text: str) -> bytes:
    """Returns the octets of a request.

    Host, Content-Length and `Connection: close` are added where they are not written.
    """
    written = Written.read(text)
    lines, content = list(written.lines), written.content
    names = {line.partition(":")[0].lower() for line in lines}
    if "host" not in names:
        lines.insert(0, "Host: edge.test")
    if content and not names & {"content-length", "transfer-encoding"}:
        lines.append(f"Content-Length: {len(content)}")
    if "connection" not in names:
        lines.append("Connection: close")
    start = f"{written.method} {written.target} HTTP/1.1"
    return "\r\n".join([start, *lines, "", ""]).encode() + content


async def read_message(reader: asyncio.StreamReader, *, of_head: bool = False) -> Message | None:
    """Returns the next message; None when the other side ended the connection instead.

    Args:
        reader: of the connection.
        of_head: whether it answers a HEAD request, so that no content follows.
    """
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    start, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    message = Message(start, [(name.lower(), value.strip()) for name, _, value in pairs])
    if start.startswith("HTTP/1.1 1"):
        return await read_message(reader, of_head=of_head)
    if of_head or re.match(r"HTTP/1\.1 (204|304) ", start):
        return message
    return message._replace(body=await _content(reader, message))


async def _content(reader: asyncio.StreamReader, message: Message) -> bytes:
    if message.get("transfer-encoding") == "chunked":
        return await _chunks(reader)
    length = message.get("content-length")
    if length:
        try:
            return await reader.readexactly(int(length))
        except asyncio.IncompleteReadError as incomplete:
            return incomplete.partial
    return await reader.read() if message.start.startswith("HTTP/") else b""


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        content += await reader.readexactly(size)
        await reader.readline()
    while (await reader.readline()).strip():
        pass
    return content
