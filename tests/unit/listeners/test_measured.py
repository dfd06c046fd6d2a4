"""Requests are counted once each, with their time, however they end."""

import pytest

from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder
from edgeauth.services.access_log import AccessLog
from edgeauth.services.line_writer import LineWriter
from edgeauth.services.telemetry.durations import METHODS, OTHER, RequestDurations
from tests.fakes.clock import FakeClock
from tests.fakes.connections import FakeClient
from tests.unit.listeners.test_observed import DENIED, GET, POST, Taken, leave_quietly
from tests.unit.listeners.test_tunnel import Pair


class Measured:
    """A client whose requests are measured, with or without an access log beside it."""

    def __init__(self, *, logged: bool, limits: Limits | None = None) -> None:
        self.durations = RequestDurations(METHODS)
        recorder = None
        if logged:
            log = AccessLog(LineWriter(Taken()), "json")
            recorder = Recorder(log, "proxy", FakeClock(), durations=self.durations)
        self.client = FakeClient(limits, recorder=recorder, requests=self.durations)

    @property
    def counts(self) -> dict[tuple[str, int], int]:
        return {kind: sum(each.counts) for kind, each in self.durations.by_kind.items()}


@pytest.fixture(params=[False, True], ids=["metrics alone", "beside an access log"])
def measured(request: pytest.FixtureRequest) -> Measured:
    return Measured(logged=request.param)


def test_every_request_is_counted_by_method_and_status(measured: Measured):
    measured.client.send(GET, DENIED, POST + b"hello")
    measured.client.finish()

    assert measured.counts == {("GET", 200): 1, ("GET", 403): 1, ("POST", 200): 1}
    assert all(each.total >= 0.0 for each in measured.durations.by_kind.values())


@pytest.mark.parametrize(
    "octets",
    [b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n", b"EVIL /a HTTP/1.1\r\nHost: a\r\n\r\n"],
    ids=["no request", "a method that nobody has registered"],
)
def test_attack_213_a_method_that_is_none_becomes_no_label(measured: Measured, octets: bytes):
    measured.client.send(octets)

    assert measured.counts == {(OTHER, 400): 1}


def test_methods_that_few_know_share_a_label(measured: Measured):
    measured.client.send(DENIED.replace(b"GET", b"PROPFIND"), DENIED.replace(b"GET", b"MKCOL"))

    assert measured.counts == {(OTHER, 403): 2}


@pytest.mark.parametrize(
    "end",
    [
        lambda client: client.transport.lose(),
        lambda client: client.connection.abort(),
        lambda client: client.connection.expire(),
        leave_quietly,
    ],
    ids=["client", "us", "deadline", "quietly"],
)
def test_a_request_without_an_answer_is_counted_without_a_status(measured: Measured, end):
    measured.client.send(GET + GET)
    end(measured.client)

    assert measured.counts == {("GET", 0): 1}


def test_a_connection_without_a_request_is_none(measured: Measured):
    measured.client.transport.lose()

    assert measured.counts == {}


def test_what_is_turned_away_is_counted():
    measured = Measured(logged=False, limits=Limits(requests_in_flight=1))
    measured.client.listener.in_flight = 1
    measured.client.send(GET)

    assert measured.counts == {("GET", 503): 1}


def test_a_tunnel_is_counted_when_it_ends():
    durations = RequestDurations()
    pair = Pair(requests=durations)
    pair.near.protocol.data_received(b"12345")
    assert durations.by_kind == {}
    pair.near.lose()

    assert list(durations.by_kind) == [("GET", 101)]
