"""Gateways that take HTTP/2 without TLS: what it can say beside HTTP/1 opens nothing.

The frames are written by hand, since a library would refuse to write half of them.
"""

import socket
import struct
from contextlib import suppress

import pytest

from tests.integration.gateways import ALICE, Front
from tests.integration.processes import PATIENCE

pytestmark = pytest.mark.slow

DATA, HEADERS, RESET, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, ACKNOWLEDGED, WHOLE = 1, 1, 5
"""Flags of frames (RFC 9113 section 6); the last one ends both the stream and its head."""

Fields = tuple[tuple[bytes, bytes], ...]


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    head = struct.pack(">I", len(content))[1:] + bytes((kind, flags)) + struct.pack(">I", stream)
    return head + content


def literal(name: bytes, value: bytes) -> bytes:
    """Returns a field that is neither indexed nor compressed (RFC 7541 section 6.2.2)."""
    return bytes((0, len(name))) + name + bytes((len(value),)) + value


def ask(port: int, fields: Fields) -> None:
    """Asks, and waits until the gateway has answered, or ended the stream or the connection."""
    head = b"".join(literal(name, value) for name, value in fields)
    with (
        suppress(ConnectionError),
        socket.create_connection(("127.0.0.1", port), PATIENCE) as connection,
    ):
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, b""))
        connection.sendall(frame(HEADERS, WHOLE, 1, head))
        with connection.makefile("rb") as answers:
            while start := answers.read(9):
                kind, flags = start[3], start[4]
                answers.read(int.from_bytes(start[:3], "big"))
                if kind == SETTINGS and not flags & ACKNOWLEDGED:
                    connection.sendall(frame(SETTINGS, ACKNOWLEDGED, 0, b""))
                if kind in {RESET, GOAWAY} or (kind in {DATA, HEADERS} and flags & END_STREAM):
                    return


def head(
    *more: tuple[bytes, bytes],
    method: bytes = b"GET",
    scheme: bytes = b"http",
    path: bytes | None = b"/open/x",
    authority: bytes | None = b"shop.test",
) -> Fields:
    named = (
        (b":method", method),
        (b":scheme", scheme),
        (b":path", path),
        (b":authority", authority),
    )
    return (*((name, value) for name, value in named if value is not None), *more)


def in_http2(field: bytes) -> tuple[bytes, bytes]:
    name, _, value = field.partition(b": ")
    return name.lower(), value


REFUSED = {
    "nobody": head(path=b"/private/x"),
    "attack-001 dots": head(path=b"/open/../private/x"),
    "attack-012 fragment": head(path=b"/private/x#/open/x"),
    "attack-018 no slash": head(path=b"open/x"),
    "attack-018 no path": head(path=None),
    "attack-018 star": head(path=b"*"),
    "attack-026 two authorities": head((b":authority", b"evil.test")),
    "attack-027 user in the authority": head(authority=b"shop.test@evil.test"),
    "attack-066 line break": head((b"x-a", b"b\r\nx-user: root")),
    "attack-066 capital letters": head((b"X-User", b"root")),
    "attack-066 connection": head((b"connection", b"x-user")),
    "attack-066 coding": head((b"transfer-encoding", b"chunked")),
    "attack-066 blank in the method": head(method=b"GET /private/x HTTP/1.1"),
    "attack-066 URL in the scheme": head(scheme=b"http://evil.test/x"),
}
ODD = {
    "attack-019 a URL": head(path=b"http://evil.test/open/x"),
    "attack-066 blank in the path": head(path=b"/open/ HTTP/1.1"),
    "attack-010 beyond ASCII": head(path="/open/é".encode()),
}
"""What some refuse, and others bring into order before they ask."""
TAKEN = {
    "as usual": head(),
    "attack-026 another host": head((b"host", b"evil.test")),
    "host in the place of an authority": head((b"host", b"shop.test"), authority=None),
    "attack-030 scheme": head(scheme=b"https"),
    "attack-042 and 043": head((b"x-user", b"root"), (b"x_user", b"root"), (b"x.user", b"root")),
    "attack-034 forwarding fields": head(
        (b"forwarded", b"for=10.0.0.1"),
        (b"x-forwarded-for", b"10.0.0.1"),
        (b"x-forwarded-uri", b"/private/x"),
    ),
}

takes_http2 = pytest.mark.parametrize("front", ["haproxy", "traefik", "envoy"], indirect=True)


@takes_http2
@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_request_or_for_others_is_not_forwarded(front: Front, fields: Fields):
    front.service.recorded.clear()

    ask(front.port, fields)

    assert front.service.recorded == []


@takes_http2
@pytest.mark.parametrize("fields", ODD.values(), ids=ODD.keys())
def test_what_is_odd_is_not_forwarded_or_as_it_was_decided_about(front: Front, fields: Fields):
    front.service.recorded.clear()

    ask(front.port, fields)

    for recorded in front.service.recorded:
        assert recorded.all("host") == ["shop.test"]
        assert recorded.seen["url"] == f"http://shop.test{recorded.target}"


@takes_http2
@pytest.mark.parametrize("fields", TAKEN.values(), ids=TAKEN.keys())
def test_what_is_forwarded_is_what_was_decided_about(front: Front, fields: Fields):
    front.service.recorded.clear()

    ask(front.port, fields)

    (recorded,) = front.service.recorded
    assert (recorded.target, recorded.all("host")) == ("/open/x", ["shop.test"])
    assert recorded.seen["url"] == "http://shop.test/open/x"
    assert recorded.seen["user"] == "anonymous"
    assert "root" not in str(recorded.fields)
    assert "10.0.0.1" not in str(recorded.fields)


@takes_http2
def test_a_credential_opens_what_it_is_for(front: Front):
    front.service.recorded.clear()

    ask(front.port, head(in_http2(ALICE), path=b"/private/x"))

    assert [each.seen["user"] for each in front.service.recorded] == ["alice"]
