"""What the access log is told of exchanges, however they end."""

import json
from ipaddress import ip_network

import pytest

from edgeauth.listeners.limits import Limits
from edgeauth.listeners.observed import Recorder, client_of, without_secrets
from edgeauth.model.decision import Response
from edgeauth.services.access_log import AccessLog, dropped_line
from edgeauth.services.line_writer import LineWriter
from tests.fakes.clock import NOW, FakeClock
from tests.fakes.connections import FakeClient
from tests.unit.listeners.test_tunnel import Pair

GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: a.test\r\n\r\n"
DENIED = b"GET /deny HTTP/1.1\r\nHost: a.test\r\n\r\n"
POST = b"POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\n"


class Taken:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def flush(self) -> None: ...


class Observed:
    """A log, and a client whose exchanges are noted in it; every look at the clock is a second."""

    def __init__(self, form: str = "json", limits: Limits | None = None) -> None:
        self._taken = Taken()
        self._writer = LineWriter(self._taken)
        self._seconds = 0.0
        self.recorder = Recorder(AccessLog(self._writer, form), "proxy", FakeClock(), (), self._now)
        self.client = FakeClient(limits, recorder=self.recorder)

    def _now(self) -> float:
        self._seconds += 1.0
        return self._seconds

    @property
    def written(self) -> bytes:
        self._writer.flush()
        return self._taken.data

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.written.splitlines()]


def test_a_request_that_was_forwarded_is_a_line():
    seen = Observed()
    seen.client.send(GET)
    seen.client.finish()

    (line,) = seen.lines
    assert line == {
        "log": "access",
        "time": NOW - 4,
        "listener": "proxy",
        "client": ["192.0.2.1"],
        "client_address": "192.0.2.1",
        "method": "GET",
        "scheme": "http",
        "host": "a.test",
        "path": "/a",
        "protocol": "HTTP/1.1",
        "status": 200,
        "bytes_out": len(seen.client.transport.written.partition(b"\r\n\r\n")[2]),
        "duration": 4.0,
        "first_byte": 3.0,
        "decision": "permit",
        "rule": "rule",
        "subject": "alice",
        "upstream": "upstream.test:80",
        "upstream_time": 2.0,
        "upstream_connect_time": 1.0,
    }


def test_attack_178_neither_credentials_nor_cookies_nor_queries_are_logged():
    seen = Observed()
    seen.client.send(
        b"GET /a?token=s3cret HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer s3cret\r\n"
        b"Cookie: sid=s3cret\r\nReferer: https://me:s3cret@b.test/x?t=s3cret#s3cret\r\n\r\n"
    )
    seen.client.finish()

    assert b"s3cret" not in seen.written
    assert seen.lines[0]["referer"] == "https://b.test/x"


def test_a_refusal_is_a_line_with_its_class():
    seen = Observed()
    seen.client.send(DENIED)

    (line,) = seen.lines
    assert (line["status"], line["decision"], line["error"]) == (403, "deny", "authorization_error")
    assert line["bytes_out"] == len(b"no")
    assert not {name for name in line if name.startswith("upstream")}


def test_bytes_that_are_no_request_are_a_line_without_any_of_them():
    seen = Observed()
    seen.client.send(b"GET /s3cret\x00 HTTP/1.1\r\nHost: a\r\n\r\n")

    (line,) = seen.lines
    assert (line["status"], line["error"]) == (400, "precondition_error")
    assert line["client"] == ["192.0.2.1"]
    assert "path" not in line
    assert b"s3cret" not in seen.written


def test_a_request_with_content_that_is_refused_says_what_it_was():
    seen = Observed(limits=Limits(body_octets=4))
    seen.client.send(POST)

    (line,) = seen.lines
    assert (line["method"], line["path"], line["status"]) == ("POST", "/p", 413)


def test_a_version_that_is_not_spoken_is_no_trouble():
    seen = Observed()
    seen.client.send(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")

    (line,) = seen.lines
    assert line["status"] == 505
    assert "protocol" not in line
    assert seen.client.bugs == []


def test_a_request_beyond_those_in_flight_is_a_line():
    seen = Observed(limits=Limits(requests_in_flight=1))
    seen.client.listener.in_flight = 1
    seen.client.send(GET)

    (line,) = seen.lines
    assert (line["status"], line["error"]) == (503, "overloaded")


def test_pipelined_requests_are_lines_of_their_own():
    seen = Observed()
    seen.client.send(DENIED + DENIED, DENIED)

    assert [line["bytes_out"] for line in seen.lines] == [2, 2, 2]


def test_content_of_the_client_is_counted():
    seen = Observed()
    seen.client.send(POST + b"hello")
    seen.client.finish()

    assert seen.lines[0]["bytes_in"] == 5


def leave_quietly(client: FakeClient) -> None:
    """Says nothing more, and is gone."""
    client.connection.eof_received()
    client.connection.expire()


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (lambda client: client.transport.lose(), "client_closed"),
        (lambda client: client.connection.abort(), "aborted"),
        (lambda client: client.connection.expire(), "timeout"),
        (leave_quietly, "client_closed"),
    ],
    ids=["client", "us", "deadline", "quietly"],
)
def test_an_exchange_without_an_end_is_a_line_that_says_why(end, error):
    seen = Observed()
    seen.client.send(GET)
    end(seen.client)

    (line,) = seen.lines
    assert line["error"] == error
    assert "status" not in line


def test_a_request_that_was_never_begun_is_no_line():
    seen = Observed()
    seen.client.send(GET + GET)
    seen.client.transport.lose()

    assert len(seen.lines) == 1


def test_an_answer_that_is_cut_off_keeps_its_status():
    seen = Observed()
    seen.client.send(GET)
    seen.client.door.progress()
    exchange = seen.client.door.attached[0].exchange
    exchange.settle(200)
    seen.client.connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    exchange.note("communication_error")
    exchange.answer(Response(502))

    (line,) = seen.lines
    assert (line["status"], line["bytes_out"], line["error"]) == (200, 4, "communication_error")


def test_a_tunnel_is_a_line_with_what_was_said_when_it_ends():
    seen = Observed()
    pair = Pair(early=b"early", late=b"late", recorder=seen.recorder)
    pair.near.protocol.data_received(b"12345")
    pair.far.protocol.data_received(b"123")
    assert seen.lines == []
    pair.near.lose()

    (line,) = seen.lines
    assert (line["status"], line["upgrade"]) == (101, "websocket")
    assert (line["bytes_in"], line["bytes_out"]) == (10, 7)
    assert "error" not in line


def test_what_clients_say_of_themselves_is_cut_and_escaped():
    seen = Observed()
    seen.client.send(
        b'GET / HTTP/1.1\r\nHost: a.test\r\nUser-Agent: "\xff\xc3\xa9' + b"x" * 1000 + b"\r\n\r\n"
    )
    seen.client.finish()

    (line,) = seen.lines
    agent = line["user_agent"]
    assert isinstance(agent, str)
    assert agent.startswith('"\ufffdéx')
    assert len(agent) <= 512


def test_what_tells_requests_apart_is_kept():
    seen = Observed()
    trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    seen.client.send(
        b"GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r1\r\nTraceparent: " + trace + b"\r\n\r\n"
    )
    seen.client.finish()

    (line,) = seen.lines
    assert (line["request_id"], line["traceparent"]) == ("r1", trace.decode())


def test_gelf_says_the_same_under_the_names_of_the_reference():
    seen = Observed("gelf")
    seen.client.send(GET)
    seen.client.finish()
    content = bytes(seen.client.transport.written).partition(b"\r\n\r\n")[2]
    seen.client.send(DENIED)

    permitted, denied = seen.lines
    assert permitted.pop("host")
    assert permitted == {
        "version": "1.1",
        "short_message": "TX finished",
        "timestamp": NOW,
        "level": 6,
        "_level_name": "INFO",
        "_log": "access",
        "_listener": "proxy",
        "_tx_start": NOW - 4,
        "_tx_duration_ms": 4000,
        "_first_byte": 3.0,
        "_client": "192.0.2.1",
        "_client_ip": "192.0.2.1",
        "_http_method": "GET",
        "_http_scheme": "http",
        "_http_host": "a.test",
        "_http_path": "/a",
        "_protocol": "HTTP/1.1",
        "_http_status_code": 200,
        "_body_bytes_sent": len(content),
        "_access_granted": "true",
        "_decision": "permit",
        "_rule_id": "rule",
        "_subject": "alice",
        "_upstream": "upstream.test:80",
        "_upstream_time": 2.0,
        "_upstream_connect_time": 1.0,
    }
    assert (denied["_http_status_code"], denied["_error"]) == (403, "authorization_error")
    assert denied["_access_granted"] == "false"
    values = [*permitted.values(), *denied.values()]
    assert {type(value) for value in values} == {str, int, float}, "GELF knows nothing else"


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("json", {"log": "access", "time": NOW, "dropped": 7}),
        ("gelf", {"_log": "access", "timestamp": NOW, "_dropped": 7}),
    ],
)
def test_lines_that_are_missing_are_told_in_the_form_of_the_others(form, line):
    assert json.loads(dropped_line(form, NOW, 7)).items() >= line.items()


def test_the_combined_format_says_the_same():
    seen = Observed("combined")
    seen.client.send(DENIED)

    assert b'"GET /deny HTTP/1.1" 403 2 "-" "-"\n' in seen.written


@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        (("192.0.2.1",), "192.0.2.1"),
        (("10.0.0.1",), "10.0.0.1"),
        (("203.0.113.9", "192.0.2.1", "10.0.0.1"), "192.0.2.1"),
        (("192.0.2.1", "10.0.0.2", "10.0.0.1"), "192.0.2.1"),
        (("10.0.0.2", "10.0.0.1"), "10.0.0.2"),
        (("@",), "@"),
    ],
    ids=["client", "proxy itself", "forged", "two proxies", "proxies only", "unix"],
)
def test_the_client_is_the_last_one_that_is_no_trusted_proxy(addresses, client):
    assert client_of(addresses, (ip_network("10.0.0.0/8"),)) == client


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://b.test/x", "https://b.test/x"),
        ("https://b.test/x?y#z", "https://b.test/x"),
        ("https://b.test/x#z", "https://b.test/x"),
        ("https://me:pass@b.test/x@y", "https://b.test/x@y"),
        ("https://me:p@ss@b.test/x", "https://b.test/x"),
        ("https://b.test?mail=a@c.test&token=s3cret", "https://b.test"),
        ("//me@b.test", "//b.test"),
        ("?\n", ""),
    ],
)
def test_secrets_in_urls_are_left_out(url, kept):
    assert without_secrets(url) == kept


def test_nothing_is_noted_where_nobody_keeps_a_log():
    plain = FakeClient()
    plain.send(GET)

    plain.connection.expire()
    assert plain.bugs == []
    assert plain.transport.lost
