"""What a client may cost: connections, requests and content."""

import re

import pytest

from edgeauth.config.read import read_configuration
from edgeauth.listeners.connection import ClientConnection
from edgeauth.listeners.limits import Limits, limits_of
from edgeauth.listeners.server import counted_as
from edgeauth.services.listener_status import Limited
from edgeauth.wire.inbound import Peer
from tests.fakes.connections import FakeClient, FakeTransport

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DENIED = b"GET /deny HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def client(limits: Limits) -> FakeClient:
    return FakeClient(limits)


def another(of: FakeClient) -> FakeTransport:
    """Returns the transport of one more connection from the same address."""
    connection = ClientConnection(of.listener)
    transport = FakeTransport(connection)
    connection.connection_made(transport)
    return transport


def statuses(of: FakeClient) -> list[bytes]:
    return re.findall(rb"HTTP/1.1 ([0-9]{3})", bytes(of.transport.written))


def reached(of: FakeClient) -> dict[Limited, int]:
    return dict(of.status.limited)


def test_connections_beyond_the_limit_are_closed_at_once():
    one = client(Limits(connections=1))

    assert another(one).lost
    assert not one.transport.lost
    assert reached(one) == {Limited.CONNECTIONS: 1}


def test_connections_of_one_address_beyond_the_limit_are_closed_at_once():
    one = client(Limits(connections_per_address=2))
    second = another(one)

    assert another(one).lost
    assert reached(one) == {Limited.CONNECTIONS_PER_ADDRESS: 1}
    second.abort()
    assert not another(one).lost, "the place of one that has ended is free"


@pytest.mark.parametrize(
    ("address", "trusted", "counted"),
    [
        ("192.0.2.1", False, "192.0.2.1"),
        ("192.0.2.1", True, ""),
        ("@", False, ""),
        ("2001:db8:0:1::1", False, "20010db800000001"),
        ("2001:db8:0:1:ffff::2", False, "20010db800000001"),
    ],
    ids=["ipv4", "trusted", "unix", "ipv6", "same-network"],
)
def test_connections_are_counted_by_who_can_be_one_client(
    address: str, trusted: bool, counted: str
):
    assert counted_as(Peer(address, trusted=trusted, scheme="http")) == counted


def test_requests_beyond_those_in_flight_are_shed_and_the_connection_goes_on():
    one = client(Limits(requests_in_flight=1))
    one.listener.in_flight = 1

    one.send(GET)

    assert statuses(one) == [b"503"]
    assert b"retry-after: 1\r\n" in one.transport.written
    assert reached(one) == {Limited.REQUESTS_IN_FLIGHT: 1}
    one.listener.in_flight = 0
    one.send(DENIED)
    assert statuses(one) == [b"503", b"403"]


def test_requests_are_in_flight_until_they_are_answered_or_given_up():
    one = client(Limits())
    one.send(DENIED)
    assert one.listener.in_flight == 0
    one.send(GET)
    assert one.listener.in_flight == 1
    one.finish()
    assert one.listener.in_flight == 0
    one.send(GET)
    one.transport.abort()
    assert one.listener.in_flight == 0


def test_what_is_spoken_after_an_upgrade_is_no_request_in_flight():
    one = client(Limits())
    one.send(GET)
    one.connection.hand_over()

    assert one.listener.in_flight == 0


def test_the_last_request_of_a_connection_is_answered_with_close():
    one = client(Limits(requests_per_connection=2))

    one.send(DENIED + DENIED + DENIED)

    assert statuses(one) == [b"403", b"403"]
    assert one.transport.written.count(b"connection: close\r\n") == 1
    assert reached(one) == {Limited.REQUESTS_PER_CONNECTION: 1}


def test_content_that_is_said_to_be_too_long_is_refused_before_it_comes():
    one = client(Limits(body_octets=10))

    one.send(POST % 11)

    assert statuses(one) == [b"413"]
    assert one.door.waiting == []
    assert reached(one) == {Limited.BODY: 1}


def test_chunks_that_become_too_long_are_refused_and_the_upstream_given_up():
    one = client(Limits(body_octets=10))
    one.send(CHUNKED, b"a\r\n0123456789\r\n")
    one.door.progress()
    one.send(b"1\r\n0\r\n0\r\n\r\n")

    assert statuses(one) == [b"413"]
    assert one.door.attached[0].abandoned
    assert one.listener.in_flight == 0


@pytest.mark.parametrize("eagerly", [True, False])
def test_chunks_that_are_too_long_at_once_never_get_through(eagerly: bool):
    one = client(Limits(body_octets=10))
    one.send(CHUNKED + b"b\r\n01234567890\r\n0\r\n\r\n", eagerly=eagerly)
    one.finish()

    assert statuses(one) == [b"413"]


def test_content_within_the_limit_passes():
    one = client(Limits(body_octets=10))
    one.send(POST % 10 + b"0123456789")
    one.finish()

    assert statuses(one) == [b"200"]


def test_limits_are_those_of_the_configuration():
    text = """
    serve:
      limits: {connections: 5, connections_per_address: 4, requests_in_flight: 3,
               requests_per_connection: 2, body: 1KB}
    """
    limits = limits_of(read_configuration(text, "edgeauth.yaml", {}).serve)

    assert (limits.connections, limits.connections_per_address) == (5, 4)
    assert (limits.requests_in_flight, limits.requests_per_connection) == (3, 2)
    assert limits.body_octets == 1024


def test_the_defaults_of_the_configuration_are_those_of_listeners():
    made, known = limits_of(read_configuration("", "edgeauth.yaml", {}).serve), Limits()

    assert made == known
