"""A connection to an upstream: when it may be used again, and how long it may be silent."""

import pytest

from edgeauth.listeners.limits import Limits
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.proxy import ProxyDoor
from edgeauth.listeners.upstream import UpstreamConnection
from edgeauth.model.errors import Reason
from edgeauth.wire.answers import Answers
from tests.fakes.connections import FakeClient, FakeTransport

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LIMITS = Limits(read_timeout=5.0, idle_timeout=11.0)
ORIGIN = Origin("http", "up.test", 80)


class Hop:
    """A request of a fake client on its way over a connection to an upstream."""

    def __init__(
        self,
        raw: bytes,
        *,
        slow: bool = False,
        limits: Limits = LIMITS,
        answers: Answers = Answers(),  # noqa: B008  (immutable)
        patience: float = 5.0,
    ) -> None:
        self.client = FakeClient(limits)
        self.client.send(raw)
        self.door = ProxyDoor(
            answers, limits, self.client.deadlines, patience=lambda _origin: patience
        )
        self.upstream = UpstreamConnection(self.door, ORIGIN)
        self.transport = FakeTransport(self.upstream, room=10)
        self.transport.reads_slowly = slow
        self.upstream.connection_made(self.transport)
        assert self.door._pool.reserve(ORIGIN)
        self.door._pool.open.add(self.upstream)
        forwarding = self.client.door.waiting.pop()
        self.upstream.serve(forwarding.exchange, forwarding.head, fresh=True)

    @property
    def pooled(self) -> bool:
        return self.upstream in self.door._pool._lanes[ORIGIN].free

    @property
    def seconds_left(self) -> float:
        deadline = self.upstream.deadline
        return deadline - self.client.deadlines.now if deadline else 0.0

    @property
    def answered(self) -> bytes:
        return bytes(self.client.transport.written)


def test_attack_062_a_connection_on_which_the_request_still_waits_is_not_used_again():
    early = Hop(POST, slow=True)
    early.upstream.data_received(OK)
    assert early.answered.endswith(b"ok")
    assert not early.pooled
    assert early.transport.lost
    assert early.client.transport.reading


def test_a_clean_connection_is_used_again():
    clean = Hop(POST)
    clean.upstream.data_received(OK)
    assert clean.pooled
    assert clean.seconds_left == 11.0
    assert not clean.transport.closing


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(b"max=7", 11.0), (b"timeout=60", 11.0), (b"timeout=5, max=7", 3.0), (b"timeout=2", 1.0)],
)
def test_a_connection_is_not_used_when_its_upstream_is_about_to_close_it(told, seconds):
    kept = Hop(POST)
    kept.upstream.data_received(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: %b\r\n\r\n" % told))
    assert kept.seconds_left == seconds
    assert b"eep-" not in kept.answered


def test_a_connection_that_is_not_kept_is_not_used_again():
    brief = Hop(POST)
    brief.upstream.data_received(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=0\r\n\r\n"))
    assert brief.answered.endswith(b"ok")
    assert not brief.pooled
    assert brief.transport.lost


def test_what_an_upstream_says_about_its_patience_holds_until_its_next_answer():
    kept = Hop(GET)
    kept.upstream.data_received(OK.replace(b"\r\n\r\n", b"\r\nKeep-Alive: timeout=5\r\n\r\n"))
    kept.client.send(GET)
    forwarding = kept.client.door.waiting.pop()
    kept.upstream.serve(forwarding.exchange, forwarding.head, fresh=False)
    kept.upstream.data_received(OK)
    assert kept.seconds_left == 11.0


@pytest.mark.parametrize("octets", [b"\r\n", b"HTTP/1.1 200 OK\r\n", b"x"], ids=repr)
def test_octets_on_an_idle_connection_end_it(octets):
    idle = Hop(GET)
    idle.upstream.data_received(OK)
    idle.upstream.data_received(octets)
    assert idle.transport.lost
    assert not idle.pooled
    assert idle.upstream not in idle.door._pool.open


def test_an_idle_connection_that_ends_leaves_the_pool():
    idle = Hop(GET)
    idle.upstream.data_received(OK)
    idle.transport.lose()
    assert not idle.pooled
    assert not idle.upstream.usable


def test_only_so_many_connections_idle():
    full = Hop(GET, limits=Limits(idle_upstreams=0))
    full.upstream.data_received(OK)
    assert full.transport.lost
    assert full.answered.endswith(b"ok")


def test_only_so_many_connections_idle_for_all_upstreams_together():
    limits = Limits(idle_upstreams_in_all=1)
    first, second = Hop(GET, limits=limits), Hop(GET, limits=limits)
    first.upstream.data_received(OK)
    second.upstream._door = first.door
    assert first.door._pool.reserve(ORIGIN)
    first.door._pool.open.add(second.upstream)
    second.upstream.data_received(OK)
    assert first.pooled
    assert second.transport.lost


def test_an_upstream_has_the_time_of_a_read_for_its_head():
    silent = Hop(GET)
    assert silent.seconds_left == 5.0
    silent.client.deadlines.now += 3
    silent.upstream.data_received(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 2")
    assert silent.seconds_left == 2.0
    silent.client.deadlines.now += 3
    silent.door.sweep()
    assert silent.answered.startswith(b"HTTP/1.1 504 ")
    assert silent.transport.lost
    assert silent.upstream not in silent.door._pool.open


def test_an_upstream_has_the_time_that_is_configured_for_its_head_only():
    slow = Hop(GET, patience=60.0)
    assert slow.seconds_left == 60.0
    slow.upstream.data_received(OK[:-1])
    assert slow.seconds_left == 11.0


def test_a_stream_may_be_silent_for_longer_once_it_has_begun_but_not_for_ever():
    stream = Hop(GET)
    stream.upstream.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    assert stream.seconds_left == 11.0
    stream.client.deadlines.now += 10
    stream.upstream.data_received(b"data: 1\n\n")
    assert stream.seconds_left == 11.0
    stream.client.deadlines.now += 12
    stream.door.sweep()
    assert stream.transport.lost
    assert stream.client.transport.lost, "a part of an answer must not look like a whole one"


def test_long_content_that_stops_coming_is_given_up():
    stalled = Hop(GET)
    stalled.upstream.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx")
    stalled.upstream.data_received(b"x" * 1000)
    assert stalled.seconds_left == 11.0


def test_an_upstream_is_not_silent_while_the_client_does_not_read():
    waiting = Hop(GET)
    waiting.upstream.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    waiting.client.connection.pause_writing()
    waiting.client.deadlines.now += 12
    waiting.door.sweep()
    assert not waiting.transport.lost
    assert waiting.seconds_left == 11.0


def test_a_status_of_the_operator_holds_for_silence_as_well():
    silent = Hop(GET, answers=Answers({Reason.COMMUNICATION: 599}))
    silent.client.deadlines.now += 6
    silent.door.sweep()
    assert silent.answered.startswith(b"HTTP/1.1 599 ")


@pytest.mark.parametrize("cut", range(1, 42, 3))
def test_the_pieces_of_an_answer_make_no_difference(cut):
    hop = Hop(GET)
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA: b\r\n\r\n"
    for start in range(0, len(raw), cut):
        hop.upstream.data_received(raw[start : start + cut])
    head, _, body = hop.answered.partition(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked"
    assert body.endswith(b"0\r\n\r\n")
    assert hop.pooled


def test_trailers_without_end_are_not_kept():
    endless = Hop(GET)
    endless.upstream.data_received(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    endless.upstream.data_received(b"0\r\nA: ")
    for _ in range(70):
        if not endless.transport.lost:
            endless.upstream.data_received(b"b" * 1000)
    assert endless.transport.lost
    assert endless.client.transport.lost, "a part of an answer must not look like a whole one"


@pytest.mark.parametrize(
    ("field", "streams"),
    [
        (b"Content-Type: text/event-stream\r\n", True),
        (b"content-type:Text/Event-Stream;charset=UTF-8\r\n", True),
        (b"Content-Type: text/event-stream2\r\n", False),
        (b"Content-Type: text/plain\r\n", False),
        (b"", False),
    ],
)
def test_attack_220_a_stream_of_events_is_known_by_its_type(field: bytes, streams: bool):
    hop = Hop(GET)
    assert not hop.upstream.streams_events
    hop.upstream.data_received(b"HTTP/1.1 200 OK\r\n%b\r\ndata" % field)
    assert hop.upstream.streams_events is streams
    hop.upstream.eof_received()
    assert not hop.upstream.streams_events


def test_a_paused_upstream_reads_on_after_its_answer():
    paused = Hop(GET)
    paused.upstream.pause()
    assert not paused.transport.reading
    paused.upstream.resume()
    paused.upstream.data_received(OK)
    assert paused.transport.reading


def test_an_upstream_that_has_left_keeps_its_name_in_logs():
    gone = Hop(GET)

    def ask(name: str, default: object = None) -> object:
        raise OSError("Transport endpoint is not connected")

    gone.transport.get_extra_info = ask  # type: ignore[method-assign]
    gone.upstream._place = ""

    assert gone.upstream.place == "up.test:80"


@pytest.mark.parametrize(
    ("peer", "place"),
    [
        (("192.0.2.9", 80), "192.0.2.9:80"),
        (("2001:db8::9", 80, 0, 0), "[2001:db8::9]:80"),
        ("", "up.test:80"),
    ],
    ids=["ipv4", "ipv6", "unix"],
)
def test_an_upstream_is_called_by_its_address_in_logs(peer, place):
    hop = Hop(GET)
    hop.transport.get_extra_info = lambda name, default=None: peer  # type: ignore[method-assign]
    hop.upstream._place = ""

    assert hop.upstream.place == place
