"""Two connections that became a tunnel: what flows, what stops it, and how it ends."""

import pytest

from edgeauth.listeners.exchange import Upgrade
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.upstream import UpstreamConnection
from edgeauth.services.listener_status import Limited
from edgeauth.services.telemetry.durations import RequestDurations
from edgeauth.wire.answers import Answers
from tests.fakes.connections import FakeClient, FakeTransport

ASKED = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Sure\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
HELLO = b"\x81\x05Hello"  # RFC 6455 section 5.7
EXPIRED = b"\x88\x15" + (4401).to_bytes(2, "big") + b"credentials expired"
LIMITS = Limits(read_timeout=5.0, write_timeout=7.0, idle_timeout=11.0)


class Pair:
    """A client and an upstream that the client's request goes to."""

    def __init__(
        self,
        *,
        early: bytes = b"",
        late: bytes = b"",
        life: float = 0.0,
        protocol: bytes = b"websocket",
        gone: bool = False,
        recorder: Recorder | None = None,
        requests: RequestDurations | None = None,
    ) -> None:
        self.client = FakeClient(LIMITS, recorder=recorder, requests=requests)
        self.client.send(ASKED.replace(b"websocket", protocol) + early)
        if gone:
            self.client.connection.eof_received()
        self.door = ProxyDoor(Answers(), LIMITS, self.client.deadlines)
        origin = Origin("http", "up.test", 80)
        assert self.door._pool.reserve(origin)
        upstream = UpstreamConnection(self.door, origin)
        self.far = FakeTransport(upstream)
        upstream.connection_made(self.far)
        self.door._pool.open.add(upstream)
        forwarding = self.client.door.waiting.pop()
        now = self.client.deadlines.now
        forwarding.exchange.upgrade = Upgrade(protocol, now + life if life else 0.0)
        upstream.serve(forwarding.exchange, forwarding.head, fresh=True)
        self.far.written.clear()
        self.near = self.client.transport
        upstream.data_received(SWITCHED.replace(b"websocket", protocol) + late)
        self.answer = bytes(self.near.written)
        self.near.written.clear()

    @property
    def seconds_left(self) -> float:
        return self.client.connection.deadline - self.client.deadlines.now

    def let_pass(self, seconds: float) -> None:
        """Lets time pass, and the sweep of the listener come by."""
        self.client.deadlines.now += seconds
        if self.client.deadlines.passed(self.client.connection.deadline):
            self.client.connection.expire()
        self.door.sweep()


def test_octets_go_both_ways_as_they_are():
    pair = Pair()
    pair.near.protocol.data_received(b"GET /admin HTTP/1.1\r\n\r\n")
    pair.far.protocol.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    assert pair.answer.startswith(b"HTTP/1.1 101 ")
    assert pair.far.written == b"GET /admin HTTP/1.1\r\n\r\n"
    assert pair.near.written == b"HTTP/1.1 200 OK\r\n\r\n"
    assert pair.client.door.waiting == []


def test_what_either_side_said_too_early_is_not_lost():
    pair = Pair(early=b"from the client", late=b"from the upstream")
    assert pair.far.written == b"from the client"
    assert pair.answer.endswith(b"\r\n\r\nfrom the upstream")
    assert pair.near.reading


@pytest.mark.parametrize("slow", ["near", "far"])
def test_an_end_that_does_not_read_stops_the_other(slow):
    pair = Pair()
    reader, writer = (pair.near, pair.far) if slow == "near" else (pair.far, pair.near)
    reader.reads_slowly = True
    writer.protocol.data_received(b"x" * 100_000)
    assert not writer.reading
    reader.read_all()
    assert writer.reading


def test_a_silent_tunnel_ends_and_one_in_which_something_flows_does_not():
    pair = Pair()
    pair.let_pass(10)
    pair.far.protocol.data_received(b"x")
    pair.let_pass(10)
    pair.near.protocol.data_received(b"x")
    assert pair.seconds_left == 11.0
    pair.let_pass(12)
    assert pair.near.lost
    assert pair.far.lost
    assert not pair.door._pool.open
    assert not pair.client.listener._connections


@pytest.mark.parametrize(
    ("protocol", "said"),
    [
        (b"tcp", b""),
        (b"websocket", b"\x82\x05half"),
        (b"websocket", b"\x82"),
        (b"websocket", b"\x88\x02\x03\xe8"),
    ],
    ids=["other protocol", "within a frame", "within the head of a frame", "after a goodbye"],
)
def test_attack_218_a_tunnel_ends_with_the_credentials_that_permitted_it(protocol, said):
    pair = Pair(life=15.0, protocol=protocol, late=said)
    assert pair.seconds_left == 11.0
    pair.let_pass(10)
    pair.near.protocol.data_received(b"x")
    assert pair.seconds_left == 5.0
    pair.let_pass(6)
    assert pair.near.written == b"", "a frame of ours would be read as something else"
    assert pair.near.lost
    assert pair.far.lost


def test_attack_218_a_websocket_hears_of_the_end_between_two_frames():
    pair = Pair(life=15.0, late=HELLO)
    pair.far.protocol.data_received(HELLO[:3])
    pair.far.protocol.data_received(HELLO[3:])
    pair.let_pass(10)
    pair.far.protocol.data_received(HELLO)
    pair.let_pass(6)
    assert pair.near.written == HELLO + HELLO + EXPIRED
    assert pair.near.ended
    assert not pair.near.lost, "it has time to say goodbye"
    assert pair.far.lost
    assert pair.client.status.limited == {Limited.END_WITH_CREDENTIALS: 1}

    assert not pair.near.protocol.eof_received()


def test_attack_218_what_a_client_says_after_the_goodbye_is_dropped_and_it_is_not_waited_for():
    pair = Pair(life=5.0)
    pair.far.reads_slowly = True
    pair.near.protocol.data_received(b"x" * 100_000)
    assert not pair.near.reading
    pair.let_pass(6)
    assert pair.near.reading
    pair.near.protocol.data_received(b"more")
    assert not pair.far.written.endswith(b"more")
    pair.far.read_all()
    assert pair.far.lost
    assert not pair.near.lost
    pair.let_pass(3)
    assert pair.near.lost
    assert not pair.client.listener._connections
    assert pair.client.status.limited == {Limited.END_WITH_CREDENTIALS: 1}, "and not twice"


def test_attack_218_a_client_hears_nothing_more_once_the_upstream_has_ended():
    pair = Pair(life=5.0)
    pair.far.protocol.eof_received()
    assert pair.near.ended
    pair.let_pass(6)
    assert pair.near.written == b""
    assert pair.near.lost


@pytest.mark.parametrize("side", ["near", "far"])
def test_half_of_it_may_end_before_the_other(side):
    pair = Pair()
    first, second = (pair.near, pair.far) if side == "near" else (pair.far, pair.near)
    assert first.protocol.eof_received()
    assert second.ended
    assert not second.closing
    second.protocol.data_received(b"the rest")
    assert first.written == b"the rest"
    assert not second.protocol.eof_received()
    assert first.closing


def test_a_client_that_had_ended_before_the_switch_is_told_of():
    pair = Pair(gone=True)
    assert pair.far.ended
    assert not pair.far.closing


@pytest.mark.parametrize("side", ["near", "far"])
def test_when_one_leaves_the_other_is_let_go(side):
    pair = Pair()
    first, second = (pair.near, pair.far) if side == "near" else (pair.far, pair.near)
    first.lose()
    assert second.lost
    assert not pair.door._pool.open
    assert not pair.client.listener._connections


@pytest.mark.parametrize("side", ["near", "far"])
def test_a_stream_that_was_cut_is_cut_at_the_other_end(side):
    pair = Pair()
    first, second = (pair.near, pair.far) if side == "near" else (pair.far, pair.near)
    second.reads_slowly = True
    first.protocol.data_received(b"half a message")
    first.lost = True
    first.protocol.connection_lost(ConnectionResetError())
    assert second.lost, "nothing waits for what was left to say"


@pytest.mark.parametrize("side", ["near", "far"])
def test_an_end_that_takes_nothing_any_more_is_not_waited_for(side):
    pair = Pair()
    first, second = (pair.near, pair.far) if side == "near" else (pair.far, pair.near)
    second.reads_slowly = True
    first.protocol.data_received(b"goodbye")
    first.lose()
    assert second.closing
    assert not second.lost
    pair.let_pass(8)
    assert second.lost
