"""A client's connection: deadlines in every state, bounds, and how it ends."""

import re

import pytest

from edgeauth.listeners.limits import Limits
from tests.fakes.connections import FakeClient

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
DENIED = b"GET /deny HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
LIMITS = Limits(read_timeout=5.0, write_timeout=7.0, idle_timeout=11.0, upload_rate=1)


def client(limits: Limits = LIMITS) -> FakeClient:
    return FakeClient(limits)


def seconds_left(of: FakeClient) -> float:
    deadline = of.connection.deadline
    return deadline - of.deadlines.now if deadline else 0.0


def statuses(of: FakeClient) -> list[bytes]:
    return re.findall(rb"HTTP/1.1 ([0-9]{3})", bytes(of.transport.written))


def most_at_once(of: FakeClient) -> int:
    """Lets everything be done that is left; returns how many answers came in one step at most."""
    most, before = 0, len(statuses(of))
    while of.turn() or of.door.progress():
        answered = len(statuses(of))
        most, before = max(most, answered - before), answered
    return most


def test_attack_073_a_client_that_says_nothing_has_the_time_of_a_head():
    assert seconds_left(client()) == 5.0


def test_attack_073_pieces_of_a_head_do_not_buy_time():
    slow = client()
    slow.send(GET[:1])
    assert seconds_left(slow) == 5.0
    for octet in GET[1:-1]:
        slow.deadlines.now += 0.1
        slow.connection.data_received(bytes((octet,)))
    assert seconds_left(slow) == pytest.approx(5.0 - 0.1 * (len(GET) - 2))
    slow.let_time_pass()
    assert slow.transport.lost
    assert slow.transport.written == b""


def test_attack_073_blank_lines_do_not_buy_time():
    slow = client()
    slow.send(DENIED)
    slow.deadlines.now += 10
    slow.send(b"\r\n\r\n")
    assert seconds_left(slow) == 1.0


def test_attack_073_content_has_to_go_on():
    slow = client()
    slow.send(POST)
    assert seconds_left(slow) == 0.0, "waiting for the upstream, not for the client"
    slow.door.progress()
    assert seconds_left(slow) == 5.0
    slow.deadlines.now += 4
    slow.send(b"hell")
    assert seconds_left(slow) == 5.0
    slow.let_time_pass()
    assert statuses(slow) == [b"408"]
    assert slow.transport.lost
    assert slow.door.attached[0].abandoned


def test_content_that_came_before_the_upstream_was_there_has_to_go_on_as_well():
    slow = client()
    slow.send(POST, b"hello")
    assert (slow.transport.reading, seconds_left(slow)) == (False, 0.0)
    slow.door.progress()
    assert (slow.transport.reading, seconds_left(slow)) == (True, 5.0)


def test_an_upstream_that_holds_the_client_is_not_the_clients_fault():
    held = client()
    held.send(POST)
    held.door.progress()
    held.connection.hold(2)
    assert (held.transport.reading, seconds_left(held)) == (False, 0.0)
    held.connection.release(2)
    assert (held.transport.reading, seconds_left(held)) == (True, 5.0)


def test_an_answer_ends_a_hold():
    held = client()
    held.send(GET)
    held.door.progress()
    held.connection.hold(2)
    held.finish()
    assert held.transport.reading
    assert seconds_left(held) == 11.0


def test_between_requests_a_client_may_idle():
    idle = client()
    idle.send(DENIED)
    assert seconds_left(idle) == 11.0
    idle.send(GET[:5])
    assert seconds_left(idle) == 5.0


def test_a_head_that_began_before_the_last_answer_has_the_time_of_a_head():
    slow = client()
    slow.send(GET + GET[:5])
    slow.finish()
    assert seconds_left(slow) == 5.0


def test_a_client_that_does_not_read_has_the_time_of_a_write():
    lazy = client()
    lazy.transport.reads_slowly = True
    lazy.transport.room = 10
    lazy.send(DENIED)
    assert seconds_left(lazy) == 7.0
    lazy.deadlines.now += 3
    lazy.connection.data_received(GET)
    assert seconds_left(lazy) == 7.0 or seconds_left(lazy) == 4.0
    lazy.let_time_pass()
    assert lazy.transport.lost
    assert lazy.door.waiting == []


def test_a_client_that_reads_again_idles_again():
    lazy = client()
    lazy.transport.reads_slowly = True
    lazy.transport.room = 10
    lazy.send(DENIED)
    lazy.transport.read_all()
    assert seconds_left(lazy) == 11.0


def test_a_client_that_only_asks_does_not_fill_the_memory():
    lazy = client()
    lazy.transport.reads_slowly = True
    lazy.transport.room = 1000
    lazy.send(DENIED * 5000)
    assert lazy.transport.most_unread < 1200
    assert not lazy.transport.reading
    while not lazy.transport.reading:
        lazy.transport.read_all()
        lazy.turn()
    assert statuses(lazy) == [b"403"] * 5000


class TestTurns:
    """A segment can hold ten thousand requests; everybody else has a turn between some of them."""

    def test_a_client_that_asks_very_often_at_once_gets_some_answers_in_a_turn(self):
        greedy = client()
        greedy.send(DENIED * 8000)
        assert not greedy.transport.reading
        assert len(statuses(greedy)) < 400
        assert most_at_once(greedy) < 400
        assert statuses(greedy) == [b"403"] * 8000
        assert greedy.transport.reading
        assert seconds_left(greedy) == 11.0

    def test_nothing_more_is_read_while_others_wait_for_the_first(self):
        greedy = client()
        greedy.send(GET * 2000)
        greedy.finish()
        assert [len(greedy.door.attached), *set(statuses(greedy))] == [2000, b"200"]
        waiting = client()
        waiting.send(GET * 2000)
        assert (waiting.transport.reading, len(waiting.turns)) == (False, 0)

    @pytest.mark.parametrize("first", [b"", DENIED], ids=["alone", "behind another request"])
    def test_content_is_not_cut_into_turns(self, first):
        sender = client()
        content = b"x" * 100_000
        head = POST.replace(b"10", b"100000")
        sender.send(first + head + content[:10])
        sender.door.progress()
        sender.connection.data_received(content[10:])
        assert not sender.turns
        assert len(sender.door.attached[0].sent) > 100_000
        sender.finish()
        assert statuses(sender)[-1] == b"200"

    @pytest.mark.parametrize(
        ("head", "end", "most"),
        [(POST, b"0123456789", 400), (CHUNKED, b"1\r\nx\r\n0\r\n\r\n", 1300)],
        ids=["of a length", "in chunks"],
    )
    def test_what_follows_content_has_to_wait_for_its_turn(self, head, end, most):
        sender = client()
        sender.send(head)
        sender.door.progress()
        sender.send(end + DENIED * 8000)
        assert most_at_once(sender) < most
        assert statuses(sender) == [b"200"] + [b"403"] * 8000

    def test_what_is_no_request_is_refused_in_its_turn(self):
        hostile = client()
        hostile.send(DENIED * 2000 + b"no request\r\n\r\n" + DENIED * 2000)
        hostile.finish()
        assert statuses(hostile) == [b"403"] * 2000 + [b"400"]
        hostile.let_time_pass()
        assert hostile.transport.lost

    def test_what_speaks_another_protocol_is_kept_whole(self):
        upgrading = client()
        early = b"\x00" * 50_000
        upgrade = GET[:-2] + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        upgrading.send(DENIED * 2000 + upgrade + early)
        while upgrading.turn():
            pass
        assert statuses(upgrading) == [b"403"] * 2000
        assert upgrading.door.waiting[0].exchange.early == early

    def test_attack_217_draining_ends_with_the_answer_under_way(self):
        last = client()
        last.send(DENIED * 2000)
        last.listener.draining = True
        last.connection.close_when_idle()
        assert not last.transport.closing
        last.finish()
        assert b"connection: close" in last.transport.written.lower()
        assert last.transport.ended or last.transport.lost

    def test_a_client_that_leaves_takes_its_turns_with_it(self):
        gone = client()
        gone.send(DENIED * 2000)
        answered = len(statuses(gone))
        gone.transport.abort()
        gone.finish()
        assert len(statuses(gone)) == answered


def test_a_client_that_does_not_read_stops_the_upstream():
    lazy = client()
    lazy.transport.reads_slowly = True
    lazy.transport.room = 10
    lazy.send(GET)
    lazy.door.progress()
    lazy.connection.write(b"x" * 20)
    assert lazy.door.attached[0].paused
    lazy.transport.read_all()
    assert not lazy.door.attached[0].paused


def test_a_connection_that_closes_does_not_wait_for_ever_for_its_client():
    lazy = client()
    lazy.transport.reads_slowly = True
    lazy.send(DENIED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert (lazy.transport.closing, lazy.transport.lost) == (True, False)
    assert seconds_left(lazy) == 7.0
    lazy.let_time_pass()
    assert lazy.transport.lost


def test_after_an_error_the_client_can_read_its_answer_and_then_has_to_go():
    bad = client()
    bad.send(b"\x00")
    assert (bad.transport.ended, bad.transport.closing) == (True, False)
    assert bad.transport.reading
    assert seconds_left(bad) == 2.0
    bad.connection.data_received(b"x" * 100_000)
    assert seconds_left(bad) == 2.0
    assert statuses(bad) == [b"400"]
    assert not bad.connection.eof_received()


def test_attack_061_an_early_413_can_be_read_by_one_who_is_still_sending():
    bad = client()
    bad.send(b"GET /" + b"a" * 9000)
    assert statuses(bad) == [b"414"]
    assert bad.transport.reading
    bad.connection.data_received(b"a" * 9000)
    assert statuses(bad) == [b"414"]


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_attack_057_the_size_of_a_head_does_not_depend_on_its_pieces(size):
    limits = Limits(head_octets=8192)
    whole = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 8100 + b"\r\n\r\n"
    fits, bad = client(limits), client(limits)
    fits.send(*(whole[at : at + size] for at in range(0, len(whole), size)))
    fits.finish()
    assert statuses(fits) == [b"200"]
    whole = whole.replace(b"X:", b"X: " + b"z" * 100)
    bad.send(*(whole[at : at + size] for at in range(0, len(whole), size)))
    assert statuses(bad) == [b"431"]


def test_a_head_behind_others_is_measured_alone():
    fits = client()
    fits.send(DENIED * 1000 + GET[:10], GET[10:])
    fits.finish()
    assert statuses(fits) == [b"403"] * 1000 + [b"200"]


def test_attack_061_endless_trailers_end():
    bad = client()
    bad.send(CHUNKED)
    bad.door.progress()
    bad.send(b"0\r\n" + b"A: b\r\n" * 18)
    assert statuses(bad) == [b"400"]
    assert bad.door.attached[0].abandoned


@pytest.mark.parametrize("prefix", [b"0\r\nA: ", b"3;", b"3\r\nabc\r\n0;a=", b"3\r\nabc\r\n0\r\n"])
def test_attack_060_what_surrounds_content_is_bounded_as_a_head_is(prefix):
    """The parser keeps a trailer until it is whole, however long that takes."""
    bad = client()
    bad.send(CHUNKED + prefix)
    bad.door.progress()
    for _ in range(3):
        bad.send(b"a" * 4000)
    assert statuses(bad) == [b"400"]
    assert bad.door.attached[0].abandoned


def test_content_in_small_chunks_is_not_too_much():
    fits = client()
    fits.send(CHUNKED)
    fits.door.progress()
    for _ in range(10_000):
        fits.send(b"1\r\n", b"a", b"\r\n")
    fits.send(b"0\r\n\r\n")
    fits.finish()
    assert statuses(fits) == [b"200"]


def test_100_is_said_after_the_decision_and_only_when_content_is_missing():
    asking = POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    waiting = client()
    waiting.send(asking)
    assert waiting.transport.written == b""
    waiting.door.progress()
    assert statuses(waiting) == [b"100"]
    waiting.send(b"helloworld")
    waiting.finish()
    assert statuses(waiting) == [b"100", b"200"]
    hasty, old = client(), client()
    hasty.send(asking + b"helloworld")
    hasty.finish()
    assert statuses(hasty) == [b"200"]
    old.send(asking.replace(b"HTTP/1.1", b"HTTP/1.0"))
    old.door.progress()
    assert statuses(old) == []


def test_an_answer_that_has_begun_is_never_followed_by_another():
    broken = client()
    broken.send(GET)
    broken.door.progress()
    exchange = broken.door.attached[0].exchange
    exchange.settle(200)
    broken.connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
    from edgeauth.model.decision import Response

    exchange.answer(Response(502))
    assert broken.transport.lost
    assert statuses(broken) == [b"200"]


def test_a_half_closed_connection_ends_after_its_answers():
    half = client()
    half.send(GET + DENIED)
    assert half.connection.eof_received()
    half.finish()
    assert statuses(half) == [b"200", b"403"]
    assert half.transport.lost


def test_half_a_request_is_given_up_when_the_client_ends():
    half = client()
    half.send(POST + b"hel")
    half.door.progress()
    assert not half.connection.eof_received()
    assert half.door.attached[0].abandoned


def test_attack_217_draining_finishes_what_runs_and_says_so():
    last = client()
    last.send(GET)
    last.listener.draining = True
    last.finish()
    assert b"connection: close\r\n" in last.transport.written
    assert last.transport.closing


def test_attack_217_draining_closes_what_idles():
    idle = client()
    idle.send(DENIED)
    idle.listener.draining = True
    idle.connection.close_when_idle()
    assert idle.transport.lost


def test_a_connection_too_many_is_closed_at_once():
    full = FakeClient(Limits(connections=0))
    assert full.transport.lost
    assert full.transport.written == b""


def test_whether_an_upload_ends_later_does_not_change_what_was_said():
    """The head said `connection: close`, so the connection closes, complete or not."""
    early = client()
    early.send(POST)
    early.door.progress()
    exchange = early.door.attached[0].exchange
    assert not exchange.settle(200)
    early.send(b"helloworld" + GET)
    exchange.finish()
    assert early.transport.ended or early.transport.closing
    assert len(early.door.waiting) == 0


def test_an_exchange_shows_nothing_of_what_the_client_has_sent():
    one = FakeClient()
    one.send(b"POST /path HTTP/1.1\r\nHost: a\r\nX-Key: secret\r\nContent-Length: 9\r\n\r\ncontent")
    [forwarding] = one.door.waiting
    shown = repr(forwarding.exchange)
    assert shown.startswith("<edgeauth.listeners.exchange.Exchange object")
    assert not any(word in shown for word in ("path", "secret", "content"))
