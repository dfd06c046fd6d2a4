"""A small reader of protobuf text format: what the files of cel-spec use of it, no schema.

A message is a list of pairs (field, value), in order; a value is a message, octets (quoted) or a
word. Repeated fields are repeated pairs, `[a, b]` as well.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

Message: TypeAlias = list[tuple[str, "Value"]]
Value: TypeAlias = Message | bytes | str


class Token(NamedTuple):
    kind: str
    text: str


_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n]*)
    | (?P<quoted>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<word>[A-Za-z_0-9.+\-/]+)
    | (?P<mark>[{}\[\]:<>,;])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    rb"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b"} | {
    b"f": b"\f",
    b"v": b"\v",
}


def read(text: str) -> Message:
    return _Reader(text).message("")


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError(f"no token at {position}")
        if found.lastgroup != "space":
            yield Token(found.lastgroup or "", found.group())
        position = found.end()
    yield Token("end", "")


def _octets(quoted: str) -> bytes:
    def unescape(found: re.Match[bytes]) -> bytes:
        escape = found[1]
        if escape[:1] in b"01234567":
            return bytes([int(escape, 8) & 255])
        if escape[:1] == b"x" and len(escape) > 1:
            return bytes([int(escape[1:], 16)])
        if escape[:1] in b"uU" and len(escape) > 1:
            return chr(int(escape[1:], 16)).encode("utf-8", "surrogatepass")
        return _LETTERS.get(escape, escape)

    return _ESCAPE.sub(unescape, quoted[1:-1].encode())


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0

    def peek(self) -> str:
        return self.tokens[self.position].text

    def next(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def skip(self, *marks: str) -> None:
        while self.peek() and self.peek() in marks:
            self.next()

    def message(self, end: str) -> Message:
        found: Message = []
        self.skip(",", ";")
        while self.peek() != end:
            name = self.field()
            self.skip(":")
            if self.peek() == "[":
                self.next()
                while self.peek() != "]":
                    found.append((name, self.value()))
                    self.skip(",")
                self.next()
            else:
                found.append((name, self.value()))
            self.skip(",", ";")
        self.next()
        return found

    def field(self) -> str:
        token = self.next()
        if token.text != "[":
            return token.text
        parts = []
        while (token := self.next()).text != "]":
            parts.append(token.text)
        return "[" + "".join(parts) + "]"

    def value(self) -> Value:
        token = self.next()
        if token.text in "{<":
            return self.message("}" if token.text == "{" else ">")
        if token.kind != "quoted":
            return token.text
        found = _octets(token.text)
        while self.tokens[self.position].kind == "quoted":
            found += _octets(self.next().text)
        return found
