"""The decision service behind gateways that are configured as in `examples/gateways`."""

import re
import socket
from urllib.parse import quote

import jwt
import pytest

from tests.integration.gateways import ALICE, SIGNER, Front, request

pytestmark = pytest.mark.slow

FORGED = (
    b"Forwarded: for=10.0.0.1;host=evil.test;proto=https",
    b"X-Forwarded-For: 10.0.0.1",
    b"X-Forwarded-Host: evil.test",
    b"X-Forwarded-Method: POST",
    b"X-Forwarded-Proto: https",
    b"X-Forwarded-Uri: /open/x",
)


def test_nobody_is_let_in_and_hears_how_to_be(front: Front):
    answer = front.refused(request(b"/private/x"))

    assert answer.status == 401
    assert answer.fields.get_all("www-authenticate") == ['Basic realm="Please authenticate"']


def test_what_no_rule_allows_is_denied(front: Front):
    assert front.refused(request(b"/nothing", ALICE)).status == 403


def test_browsers_are_sent_to_the_login(front: Front):
    path = "/nginx-pages/x?a=b" if front.name == "nginx" else "/pages/x?a=b"

    answer = front.refused(request(path.encode()))

    assert answer.status == 302
    place = quote(f"http://shop.test{path}", safe="")
    assert answer.fields["location"] == f"https://id.example.com/login?return_to={place}"


def test_the_service_is_told_who_it_is_in_the_place_of_what_the_client_sent(front: Front):
    recorded = front.permitted(request(b"/private/x?a=1&b=%2f", ALICE))

    assert (recorded.method, recorded.target) == ("GET", "/private/x?a=1&b=%2f")
    (contract,) = recorded.all("authorization")
    claims = jwt.decode(contract.removeprefix("Bearer "), SIGNER.public_key(), ["EdDSA"])
    assert claims["sub"] == "alice"
    assert recorded.seen["user"] == "alice"
    assert recorded.seen["url"] == "http://shop.test/private/x?a=1&b=%2f"


@pytest.mark.parametrize(
    "field",
    [
        b"X-User: root",
        b"x-user: root\r\nX-USER: root",
        b"X_User: root",
        b"x_user: root\r\nX_USER: root",
        b"X.User: root",
    ],
    ids=["attack-041", "attack-045", "attack-042", "attack-042 twice", "attack-043"],
)
def test_who_it_is_can_not_be_forged(front: Front, field: bytes):
    recorded = front.permitted(request(b"/open/x", field))

    assert [name for name, _ in recorded.fields if re.sub("[^a-z]", "", name) == "xuser"] == [
        "x-user"
    ]
    assert recorded.seen["user"] == "anonymous"


def test_attack_046_two_credentials_are_refused(front: Front):
    assert front.refused(request(b"/private/x", b"Authorization: Bearer x", ALICE)).status >= 400


@pytest.mark.parametrize("fields", [FORGED, FORGED * 2], ids=["once", "twice"])
def test_attacks_030_to_034_forged_forwarding_fields_count_for_nothing(
    front: Front, fields: tuple[bytes, ...]
):
    assert front.refused(request(b"/private/x", *fields)).status in {400, 401}
    answer, recorded = front.ask(request(b"/private/x", ALICE, *fields))

    if recorded == []:
        assert answer.status == 400
        return
    (one,) = recorded
    assert one.seen["url"] == "http://shop.test/private/x"
    assert one.seen["method"] == "GET"
    assert "10.0.0.1" not in str(one.seen)
    told = [value for name, value in one.fields if "forwarded" in name]
    assert not [value for value in told if re.search("evil|10.0.0.1|https|open|POST", value)]


def test_forged_forwarding_fields_with_underscores_count_for_nothing(front: Front):
    fields = tuple(each.replace(b"X-Forwarded-", b"X_Forwarded_") for each in FORGED)

    recorded = front.permitted(request(b"/private/x", ALICE, *fields))

    assert recorded.seen["url"] == "http://shop.test/private/x"
    assert not [name for name, _ in recorded.fields if "_" in name]


def test_attack_044_no_connection_field_makes_a_forged_identity(front: Front):
    names = b"X-User, Authorization, X-Forwarded-Uri, X-Forwarded-Method, X-Forwarded-Host"
    raw = request(b"/private/x", b"X-User: root", *FORGED[2:])
    listed = raw.replace(b"Connection: close", b"Connection: close, " + names)

    assert front.refused(listed).status in {400, 401}
    _, recorded = front.ask(listed.replace(b"/private/x", b"/open/x").replace(b"POST", b"GET"))
    assert [one.all("x-user") for one in recorded if "root" in str(one.fields)] == []


def test_attack_044_no_connection_field_takes_the_identity_away(front: Front):
    raw = request(b"/private/x", ALICE)

    answer, recorded = front.ask(raw.replace(b"close", b"close, X-User"))

    assert [one.seen["user"] for one in recorded] == ["alice"] or answer.status == 400


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_the_method_of_the_client_is_what_is_decided_about(front: Front, method: str):
    length = b"Content-Length: 0"
    raw = request(b"/catalogue/x", ALICE, length, method=method.encode())

    assert front.refused(raw).status == 403
    recorded = front.permitted(raw.replace(b"/catalogue/", b"/private/"))
    assert (recorded.method, recorded.seen["method"]) == (method, method)


def test_attack_037_head_is_head(front: Front):
    recorded = front.permitted(request(b"/catalogue/x", ALICE, method=b"HEAD"))

    assert (recorded.method, recorded.seen["method"]) == ("HEAD", "HEAD")


@pytest.mark.parametrize(
    "field",
    [b"X-HTTP-Method-Override: GET", b"X-Forwarded-Method: GET", b"X-Original-Method: GET"],
    ids=["attack-035", "attack-040", "attack-040 original"],
)
def test_the_method_can_not_be_forged(front: Front, field: bytes):
    raw = request(b"/catalogue/x", ALICE, field, b"Content-Length: 0", method=b"DELETE")

    assert front.refused(raw).status == 403


@pytest.mark.parametrize(
    ("framing", "content"),
    [
        (b"Content-Length: 5", b"hello"),
        (b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n"),
    ],
    ids=["length", "chunked"],
)
def test_content_reaches_the_service_and_not_a_refusal(
    front: Front, framing: bytes, content: bytes
):
    raw = request(b"/private/x", framing, method=b"POST", content=content)

    assert front.refused(raw).status == 401
    recorded = front.permitted(raw.replace(b"Host:", ALICE + b"\r\nHost:"))
    assert recorded.content == b"hello"


WEBSOCKET = b"""\
GET /private/chat HTTP/1.1
Host: shop.test
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Version: 13
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==

""".replace(b"\n", b"\r\n")


def test_a_websocket_is_asked_about_once_and_then_a_tunnel(front: Front):
    assert front.refused(WEBSOCKET).status == 401

    front.service.recorded.clear()
    with socket.create_connection(("127.0.0.1", front.port), 20) as connection:
        connection.sendall(WEBSOCKET.replace(b"Host:", ALICE + b"\r\nHost:"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        assert head.startswith(b"HTTP/1.1 101 ")
        connection.sendall(b"\x81\x05hello")
        assert connection.recv(7, socket.MSG_WAITALL) == b"\x81\x05hello"
    assert [one.seen["user"] for one in front.service.recorded] == ["alice"]
