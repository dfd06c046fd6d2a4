"""Who asks for another protocol, who may have it, and what an upstream has to say to agree."""

import pytest

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers
from edgeauth.wire.upgrades import requested_upgrade, switched_head

ALLOWED = frozenset({b"websocket", b"tcp"})
UPGRADE = (b"connection", b"Upgrade")
WEBSOCKET = (b"upgrade", b"websocket")


@pytest.mark.parametrize(
    ("method", "version", "fields"),
    [
        (b"GET", "1.1", []),
        (b"GET", "1.1", [UPGRADE]),
        (b"GET", "1.1", [WEBSOCKET]),
        (b"GET", "1.1", [(b"connection", b"close"), WEBSOCKET]),
        (b"GET", "1.0", [UPGRADE, WEBSOCKET]),
        (b"HEAD", "1.1", [UPGRADE, (b"upgrade", b"tcp")]),
        (b"POST", "1.1", [UPGRADE, WEBSOCKET]),
        (b"GET", "1.1", [UPGRADE, (b"upgrade", b"h2c")]),
        (b"GET", "1.1", [UPGRADE, (b"upgrade", b"")]),
        (b"GET", "1.1", [UPGRADE, (b"upgrade", b"websocket/13")]),
        (b"GET", "1.1", [UPGRADE, (b"upgrade", b"web socket")]),
    ],
    ids=repr,
)
def test_attack_065_whatever_is_not_asked_for_and_allowed_is_an_ordinary_request(
    method, version, fields
):
    assert requested_upgrade(method, version, Headers(fields), ALLOWED) is None


@pytest.mark.parametrize(
    ("method", "fields", "protocol"),
    [
        (b"GET", [UPGRADE, WEBSOCKET], b"websocket"),
        (b"GET", [(b"connection", b"keep-alive, UPGRADE"), WEBSOCKET], b"websocket"),
        (b"GET", [UPGRADE, (b"upgrade", b"WebSocket")], b"websocket"),
        (b"GET", [UPGRADE, (b"upgrade", b"h2c, websocket")], b"websocket"),
        (b"GET", [UPGRADE, (b"upgrade", b"h2c"), WEBSOCKET], b"websocket"),
        (b"POST", [UPGRADE, (b"upgrade", b"tcp")], b"tcp"),
    ],
    ids=repr,
)
def test_the_first_that_is_allowed_is_asked_for(method, fields, protocol):
    assert requested_upgrade(method, "1.1", Headers(fields), ALLOWED) == protocol


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ([UPGRADE, WEBSOCKET], None),
        ([UPGRADE, (b"upgrade", b"tcp")], b"websocket"),
        ([UPGRADE, (b"upgrade", b"websocket, tcp")], b"websocket"),
        ([UPGRADE], b"websocket"),
        ([WEBSOCKET], b"websocket"),
        ([UPGRADE, WEBSOCKET, (b"content-length", b"0")], b"websocket"),
        ([UPGRADE, WEBSOCKET, (b"transfer-encoding", b"chunked")], b"websocket"),
    ],
    ids=repr,
)
def test_attack_065_an_upstream_switches_to_what_it_was_asked_for_or_not_at_all(fields, asked):
    with pytest.raises(Malformed):
        switched_head(fields, asked, frozenset())


def test_the_client_hears_what_the_upstream_said_of_the_protocol_and_nothing_of_its_hop():
    fields = [
        (b"Connection", b"Upgrade, x-hop"),
        (b"Upgrade", b"WebSocket"),
        (b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        (b"Authorization", b"Bearer contract"),
        (b"X-User", b"alice"),
        (b"X-Hop", b"1"),
    ]
    assert switched_head(fields, b"websocket", frozenset({b"x-user"})) == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        b"connection: upgrade\r\nupgrade: websocket\r\n\r\n"
    )
