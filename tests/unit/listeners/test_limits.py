"""What a client may cost: connections, requests and content."""

import re

import pytest

from edgeauth.config.models.serve import EndWithCredentials
from edgeauth.config.read import read_configuration
from edgeauth.listeners.connection import ClientConnection
from edgeauth.listeners.limits import Limits, limits_of, patience_of
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.server import counted_as
from edgeauth.services.listener_status import Limited
from edgeauth.wire.inbound import Peer
from tests.fakes.clock import FakeClock
from tests.fakes.connections import FakeClient, FakeTransport

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DENIED = b"GET /deny HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def client(limits: Limits) -> FakeClient:
    return FakeClient(limits)


def another(of: FakeClient) -> FakeTransport:
    """Returns the transport of one more connection from the same address."""
    connection = ClientConnection(of.listener, "192.0.2.1")
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
               requests_per_connection: 2, body: 1KB, request_time: 7s,
               target: 2KB, fields: 20, minimum_upload_rate: 9B, minimum_download_rate: 8B,
               content_in: [DELETE]}
    """
    limits = limits_of(read_configuration(text, "edgeauth.yaml", {}).serve)

    assert (limits.connections, limits.connections_per_address) == (5, 4)
    assert (limits.requests_in_flight, limits.requests_per_connection) == (3, 2)
    assert limits.body_octets == 1024
    assert (limits.target_octets, limits.head_fields) == (2048, 20)
    assert (limits.request_time, limits.upload_rate, limits.download_rate) == (7.0, 9, 8)
    assert limits.without_content == {b"GET", b"HEAD"}


def test_the_defaults_of_the_configuration_are_those_of_listeners():
    made, known = limits_of(read_configuration("", "edgeauth.yaml", {}).serve), Limits()

    assert made == known


@pytest.mark.parametrize(
    ("sent", "limit", "status"),
    [
        (b"GET /" + b"a" * 60 + b" HTTP/1.1\r\nHost: a\r\n\r\n", Limited.TARGET, b"414"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 900 + b"\r\n\r\n", Limited.HEAD, b"431"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 9 + b"\r\n", Limited.HEAD, b"431"),
    ],
    ids=["target", "octets", "fields"],
)
def test_heads_that_are_too_large_are_counted_once(sent: bytes, limit: Limited, status: bytes):
    one = client(Limits(target_octets=50, head_octets=500, head_fields=5))
    one.send(sent)

    assert statuses(one) == [status]
    assert reached(one) == {limit: 1}


def test_a_head_that_takes_too_long_is_counted_and_an_idle_connection_too():
    one = client(Limits())
    one.send(GET[:5])
    one.let_time_pass()
    other = client(Limits())
    other.send(DENIED)
    other.let_time_pass()

    assert reached(one) == {Limited.HEAD_TIME: 1}
    assert reached(other) == {Limited.IDLE_TIME: 1}


def uploading(**limits: float) -> FakeClient:
    one = client(Limits(read_timeout=5.0, **limits))  # type: ignore[arg-type]
    one.send(CHUNKED)
    one.door.progress()
    return one


def pass_on(of: FakeClient, octets: int, seconds: float) -> bool:
    """Sends a chunk after a while, unless the sweep has ended the request by then."""
    of.deadlines.now += seconds
    if of.deadlines.passed(of.connection.deadline):
        of.connection.expire()
        return False
    of.send(b"%x\r\n%b\r\n" % (octets, b"x" * octets))
    return True


def test_attack_073_octets_now_and_then_do_not_keep_an_upload_alive():
    one = uploading()
    seconds = 0
    while pass_on(one, 1, 1.0):
        seconds += 1
        assert seconds < 10

    assert statuses(one) == [b"408"]
    assert one.door.attached[0].abandoned
    assert one.listener.in_flight == 0
    assert reached(one) == {Limited.UPLOAD: 1}


def test_attack_073_much_at_once_buys_no_more_time_than_silence():
    one = uploading()
    pass_on(one, 30_000, 0.0)
    seconds = 0
    while pass_on(one, 1, 1.0):
        seconds += 1
        assert seconds < 10


def test_an_upload_that_is_quick_enough_goes_on():
    one = uploading()
    for _ in range(100):
        assert pass_on(one, 260, 1.0)
    for _ in range(10):
        assert pass_on(one, 1200, 4.5)


def test_without_a_rate_any_octet_in_time_will_do():
    one = uploading(upload_rate=0)
    for _ in range(10):
        assert pass_on(one, 1, 4.9)


def test_time_in_which_the_upstream_takes_nothing_is_not_the_clients():
    one = uploading()
    assert pass_on(one, 1, 4.0)
    one.connection.hold(2)
    one.deadlines.now += 100
    assert one.connection.deadline == 0.0
    one.connection.release(2)

    assert pass_on(one, 1, 4.9)


def test_an_upload_that_is_late_after_its_answer_began_is_cut_off():
    one = uploading()
    one.door.attached[0].exchange.settle(200)
    one.let_time_pass()

    assert statuses(one) == []
    assert one.transport.lost


def downloading(limits: Limits) -> FakeClient:
    """Returns a client that does not read, and for which 30 000 octets wait."""
    one = client(limits)
    one.transport.reads_slowly = True
    one.transport.room = 1000
    one.send(GET)
    one.door.progress()
    one.door.attached[0].exchange.settle(200)
    one.connection.write(b"x" * 30_000)
    return one


def reading(of: FakeClient, octets: int) -> bool:
    """Reads so much in the time of a write; returns whether the connection lives on."""
    of.transport.unread -= octets
    of.deadlines.now += 10.6
    assert of.deadlines.passed(of.connection.deadline)
    of.connection.expire()
    return not of.transport.lost


def test_attack_073_a_client_that_reads_next_to_nothing_is_cut_off():
    one = downloading(Limits())

    assert reading(one, 2400)
    assert not reading(one, 2399)
    assert reached(one) == {Limited.DOWNLOAD: 1}


def test_a_client_that_reads_slowly_but_reads_gets_everything():
    one = downloading(Limits())

    for _ in range(11):
        assert reading(one, 2500)
    one.transport.read_all()
    assert not one.transport.lost
    assert reached(one) == {}


def test_without_a_rate_a_client_has_to_read_something():
    one = downloading(Limits(download_rate=0))

    assert reading(one, 1)
    assert not reading(one, 0)


def test_the_last_answer_of_a_connection_may_be_read_slowly_as_well():
    one = client(Limits())
    one.transport.reads_slowly = True
    one.transport.room = 100_000
    one.send(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
    one.door.progress()
    exchange = one.door.attached[0].exchange
    exchange.settle(200)
    one.connection.write(b"x" * 10_000)
    exchange.finish()

    assert one.transport.closing
    assert reading(one, 2400)
    assert not reading(one, 0)


def overdue(of: FakeClient, seconds: float) -> None:
    """Lets the sweep look, and look again after a while."""
    of.connection.end_overdue()
    of.deadlines.now += seconds
    of.connection.end_overdue()


def test_a_request_that_takes_too_long_is_answered_for_its_upstream():
    one = client(Limits(request_time=30.0))
    one.send(GET)
    one.door.progress()
    overdue(one, 29.0)
    assert statuses(one) == []
    overdue(one, 2.0)

    assert statuses(one) == [b"504"]
    assert one.door.attached[0].abandoned
    assert reached(one) == {Limited.REQUEST_TIME: 1}
    one.send(DENIED)
    assert statuses(one) == [b"504", b"403"], "the connection goes on"


def test_a_request_whose_content_takes_too_long_is_answered_408():
    one = uploading(request_time=30.0)
    overdue(one, 31.0)

    assert statuses(one) == [b"408"]


def test_attack_220_an_answer_that_takes_too_long_is_cut_off():
    one = client(Limits(request_time=30.0))
    one.send(GET)
    one.door.progress()
    one.door.attached[0].exchange.settle(200)
    overdue(one, 31.0)

    assert one.transport.lost


def leave(of: FakeClient) -> None:
    """Ends what the client has to say; it may still read, or be gone."""
    assert of.connection.eof_received()


def let_pass(of: FakeClient, seconds: float) -> None:
    """Lets time pass, and the sweep come by."""
    of.deadlines.now += seconds
    if of.deadlines.passed(of.connection.deadline):
        of.connection.expire()


def test_a_client_that_has_left_is_not_waited_for():
    one = client(Limits(read_timeout=1000.0))
    one.send(GET)
    one.door.progress()
    leave(one)
    let_pass(one, 1.0)
    assert not one.transport.lost, "it may wait for its answer"
    let_pass(one, 2.0)

    assert one.transport.lost
    assert one.door.attached[0].abandoned
    assert one.listener.in_flight == 0


def test_a_client_that_only_listens_is_told_what_comes():
    one = client(Limits())
    one.send(GET)
    one.door.progress()
    exchange = one.door.attached[0].exchange
    exchange.settle(200)
    leave(one)
    for _ in range(5):
        let_pass(one, 1.0)
        one.connection.write(b"data")
    assert not one.transport.lost, "or its system would have said so"
    let_pass(one, 3.0)

    assert one.transport.lost


def test_requests_that_wait_behind_others_are_not_forgotten_when_the_client_has_left():
    one = client(Limits(read_timeout=1000.0))
    one.send(GET + GET)
    one.finish()
    one.send(GET)
    one.door.progress()
    leave(one)
    let_pass(one, 3.0)

    assert statuses(one) == [b"200", b"200"]
    assert one.transport.lost


def test_who_listens_slowly_has_the_time_of_who_reads_slowly():
    one = client(Limits(write_timeout=100.0))
    one.transport.reads_slowly = True
    one.send(GET)
    one.door.progress()
    one.door.attached[0].exchange.settle(200)
    leave(one)
    one.connection.write(b"x" * 100_000)
    let_pass(one, 50.0)

    assert not one.transport.lost


END = 1_700_000_030.0


def expiring(ends: EndWithCredentials, asked: bytes = GET) -> FakeClient:
    """Returns a client with a request that is permitted for thirty seconds."""
    one = client(Limits(end_with_credentials=ends, read_timeout=1000.0))
    one.deadlines._clock = FakeClock(END - 30.0)
    one.send(asked)
    one.door.progress()
    one.door.attached[0].exchange.expires_at = END
    return one


@pytest.mark.parametrize(
    ("ends", "asked", "events", "ended"),
    [
        ("upgrades", GET, True, False),
        ("streams", GET, False, False),
        ("streams", POST % 0, True, False),
        ("streams", GET, True, True),
        ("all", GET, False, True),
        ("all", POST % 0, True, True),
    ],
    ids=["unwanted", "download", "answer-in-pieces", "events", "all", "all-methods"],
)
def test_attack_220_an_answer_ends_with_the_credentials_that_permitted_it(
    ends: EndWithCredentials, asked: bytes, events: bool, ended: bool
):
    one = expiring(ends, asked)
    one.door.attached[0].streams_events = events
    one.door.attached[0].exchange.settle(200)
    overdue(one, 28.0)
    assert not one.transport.lost
    overdue(one, 2.0)

    assert one.transport.lost is ended
    assert reached(one) == ({Limited.END_WITH_CREDENTIALS: 1} if ended else {})


def test_attack_220_a_long_poll_ends_with_its_credentials_where_everything_does():
    one = expiring("all")
    overdue(one, 30.0)

    assert statuses(one) == [b"504"]
    assert one.door.attached[0].abandoned


def test_attack_220_an_upload_ends_with_its_credentials_where_everything_does():
    one = expiring("all", POST % 5 + b"hal")
    overdue(one, 30.0)

    assert statuses(one) == [b"408"]
    assert one.door.attached[0].abandoned


@pytest.mark.parametrize("jump", [-86_400.0, 86_400.0], ids=["back", "forth"])
def test_attack_215_a_clock_that_is_set_moves_no_end(jump: float):
    one = expiring("all")
    clock = one.deadlines._clock = FakeClock(END - 30.0)
    one.connection.end_overdue()
    clock.advance(jump)
    overdue(one, 28.0)
    assert statuses(one) == []
    overdue(one, 2.0)
    assert statuses(one) == [b"504"]


def test_credentials_without_an_end_end_nothing():
    one = expiring("all")
    one.door.attached[0].exchange.expires_at = None
    overdue(one, 1e6)

    assert statuses(one) == []


def test_each_request_of_a_connection_ends_with_its_own_credentials():
    one = expiring("all")
    overdue(one, 20.0)
    one.finish()
    one.send(GET)
    one.door.progress()
    one.door.attached[1].exchange.expires_at = END + 60.0
    overdue(one, 20.0)

    assert statuses(one) == [b"200"]


def test_every_request_of_a_connection_has_its_own_time():
    one = client(Limits(request_time=30.0))
    for _ in range(3):
        one.send(GET)
        overdue(one, 20.0)
        one.finish()

    overdue(one, 100.0)
    assert statuses(one) == [b"200"] * 3


def test_what_is_spoken_after_an_upgrade_has_no_such_limit():
    one = client(Limits(request_time=30.0))
    one.send(GET)
    one.door.progress()
    one.door.attached[0].exchange.settle(101)
    overdue(one, 100.0)

    assert not one.transport.lost


def test_services_have_the_time_of_the_first_entry_that_fits():
    text = """
upstreams:
  timeouts:
    - {hosts: ["polls.internal:8080"], answer: 60s}
    - {hosts: ["*.internal", "[::1]:80"], answer: 2s}
"""
    patience = patience_of(read_configuration(text, "edgeauth.yaml", {}).upstreams, 5.0)

    assert patience(Origin("http", "polls.internal", 8080)) == 60.0
    assert patience(Origin("https", "polls.internal", 443)) == 2.0
    assert patience(Origin("http", "::1", 80)) == 2.0
    assert patience(Origin("http", "elsewhere", 80)) == 5.0
    assert patience(Origin("http", "/run/orders.sock", 0)) == 5.0


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE"])
def test_attack_069_content_without_a_meaning_is_for_methods_that_are_named(method: bytes):
    sent = POST.replace(b"POST", method) % 2 + b"ok"
    named = client(Limits(without_content=frozenset({b"GET", b"HEAD", b"DELETE"}) - {method}))
    named.send(sent)
    named.finish()
    plain = client(Limits())
    plain.send(sent)

    assert statuses(named) == [b"200"]
    assert named.door.attached[0].sent.endswith(b"\r\n\r\nok")
    assert statuses(plain) == [b"400"]
