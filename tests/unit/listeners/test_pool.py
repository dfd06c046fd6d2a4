"""Who gets a connection to an upstream, and who waits for one."""

from edgeauth.listeners.deadlines import Deadlines
from edgeauth.listeners.limits import Limits
from edgeauth.listeners.origin import Origin
from edgeauth.listeners.pool import MOST_WAITING, Pool, Waiting
from edgeauth.listeners.upstream import UpstreamConnection
from tests.fakes.connections import FakeClient

FIRST, SECOND = Origin("http", "first.test", 80), Origin("http", "second.test", 80)


class AskingOn:
    """Has a request for another upstream wait as soon as one has waited for too long."""

    pool: Pool

    def send_on(self, waiting: Waiting, connection: UpstreamConnection | None) -> None:
        raise AssertionError("there is no connection and no place")

    def overloaded(self, waiting: Waiting) -> None:
        assert self.pool.wait(waiting.exchange, SECOND, b"")


def test_a_request_that_waited_for_too_long_may_be_followed_by_one_for_another_upstream():
    deadlines, sender = Deadlines(), AskingOn()
    deadlines.now = 1.0
    pool = sender.pool = Pool(Limits(connect_timeout=5.0), deadlines, sender)
    exchange = FakeClient().connection._parsing
    assert pool.wait(exchange, FIRST, b"")

    deadlines.now = 10.0
    pool.sweep()

    assert pool.occupancy().waiting == 1


def test_clients_that_have_left_take_no_place_in_the_line():
    pool = Pool(Limits(), Deadlines(), AskingOn())
    client, leaver = FakeClient().connection._parsing, FakeClient().connection._parsing
    assert all(pool.wait(leaver, FIRST, b"") for _ in range(MOST_WAITING - 1))
    assert pool.wait(client, FIRST, b"")
    assert not pool.wait(client, FIRST, b"")

    leaver.cancel()

    assert pool.occupancy().waiting == 1
    assert all(pool.wait(client, FIRST, b"") for _ in range(MOST_WAITING - 1))
    assert not pool.wait(client, FIRST, b"")
