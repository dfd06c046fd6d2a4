"""The access log of real processes: complete, in whole lines, and never in the way."""

import http.client
import json
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.fakes.ports import free_port
from tests.integration.processes import PATIENCE, Place, Upstream, ask, stop
from tests.integration.test_metrics import told
from tests.integration.test_workers import children, eventually

pytestmark = pytest.mark.slow


def configure(place: Place, settings: str = "", serve: str = "") -> None:
    place.write(serve)
    with (place.folder / "edgeauth.yaml").open("a") as file:
        file.write(f"log: {{access_log_enabled: true, access_log: {{{settings}}}}}\n")


def entries(text: str) -> list[dict[str, object]]:
    """Returns the lines of the access log among others."""
    lines = [json.loads(line) for line in text.splitlines()]
    return [line for line in lines if line.get("log") == "access"]


def test_every_exchange_is_a_line_beside_those_of_decisions(place: Place):
    configure(place)
    with place.running("proxy") as process:
        ask(
            place.port,
            "/open?token=s3cret",
            {"User-Agent": "tests", "X-Forwarded-For": "192.0.2.7"},
        )
        ask(place.port, "/other")
        ask(place.port, "/open/%2e%2e")
        ask(place.management, "/.well-known/health")
        out, _ = stop(process)

    found = entries(out)
    assert [line["status"] for line in found] == [200, 401, 400]
    permitted, denied, malformed = found
    assert permitted["listener"] == "proxy"
    assert (permitted["path"], permitted["user_agent"]) == ("/open", "tests")
    assert permitted["client"] == ["192.0.2.7", "127.0.0.1"]
    assert permitted["client_address"] == "192.0.2.7"
    assert (permitted["rule"], permitted["decision"]) == ("open", "permit")
    assert permitted["upstream"] == f"127.0.0.1:{place.upstream}"
    assert 0 < permitted["upstream_time"] <= permitted["first_byte"] <= permitted["duration"]
    assert (denied["decision"], denied["error"]) == ("deny", "authentication_error")
    assert malformed["error"] == "precondition_error"
    assert "s3cret" not in out
    assert len(out.splitlines()) == 6, "and as many lines of decisions"


def test_the_decision_door_says_what_was_asked_about(place: Place):
    configure(place)
    asked = {"X-Forwarded-Method": "DELETE", "X-Forwarded-Uri": "/open?x", "X-Forwarded-Host": "h"}
    with place.running("decision") as process:
        ask(place.port, "/", asked)
        out, _ = stop(process)

    (line,) = entries(out)
    assert line["listener"] == "decision"
    assert (line["method"], line["host"], line["path"]) == ("DELETE", "h", "/open")
    assert "upstream" not in line


def test_every_request_has_a_name_in_both_logs_where_that_is_wanted(place: Place):
    configure(place, serve="  request_ids: true")
    with place.running("proxy") as process:
        ask(place.port, "/open", {"X-Request-Id": "r1"})
        _, _, seen = ask(place.port, "/open")
        out, _ = stop(process)

    names = [line["request_id"] for line in entries(out)]
    decided = [json.loads(line) for line in out.splitlines() if '"decision":"permit"' in line]
    assert names[0] == "r1", "the word of a trusted proxy"
    assert re.fullmatch("[0-9a-f]{16}-1", str(names[1]))
    assert {line["request_id"] for line in decided} == set(names)
    assert json.loads(seen)["x-request-id"] == names[1]


def test_an_upstream_that_is_not_there_is_named(place: Place):
    configure(place)
    rules = place.folder / "rules.yaml"
    port = free_port()
    rules.write_text(rules.read_text().replace(str(place.upstream), str(port)))
    with place.running("proxy") as process:
        assert ask(place.port, "/open")[0] == 502
        out, _ = stop(process)

    (line,) = entries(out)
    assert (line["error"], line["upstream"]) == ("communication_error", f"127.0.0.1:{port}")


def test_health_and_keys_are_logged_where_that_is_wanted(place: Place):
    configure(place, "management: true")
    with place.running("decision") as process:
        ask(place.management, "/.well-known/health?details", {"User-Agent": "probe \xe9"})
        with socket.create_connection(("127.0.0.1", place.management), PATIENCE) as raw:
            raw.sendall(b"\x00s3cret\r\n\r\n")
            while raw.recv(1000):
                pass
        out, _ = stop(process)

    health, malformed = entries(out)
    assert (health["listener"], health["path"]) == ("management", "/.well-known/health")
    assert (health["status"], health["client_address"]) == (200, "127.0.0.1")
    assert health["bytes_out"]
    assert (malformed["status"], "path" in malformed) == (400, False)
    assert "s3cret" not in out


def test_lines_of_all_workers_are_whole_and_in_one_file(place: Place):
    configure(place, "to: access.log, format: combined", "  workers: 3")
    with place.running("proxy") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        connections = [http.client.HTTPConnection("127.0.0.1", place.port) for _ in range(12)]
        for _ in range(20):
            for each in connections:
                each.request("GET", "/open", headers={"User-Agent": "x" * 400})
                each.getresponse().read()
        for each in connections:
            each.close()
        out, _ = stop(process)

    assert entries(out) == []
    lines = (place.folder / "access.log").read_text().splitlines()
    assert all(re.fullmatch(r'127\.0\.0\.1 - \S+ \[.+\] "GET /open .*', line) for line in lines)
    assert sum("xxx" in line for line in lines) == 240


@pytest.mark.parametrize(
    ("number", "workers"), [(signal.SIGHUP, 1), (signal.SIGUSR1, 2)], ids=["hup", "usr1"]
)
def test_a_file_that_was_moved_away_is_made_anew(place: Place, number: int, workers: int):
    configure(place, "to: access.log", f"  workers: {workers}")
    file = place.folder / "access.log"
    with place.running("decision") as process:
        eventually(lambda: ask(place.port, "/open")[0] == 200)
        eventually(file.read_text)
        moved = file.rename(place.folder / "access.log.1")
        process.send_signal(number)
        eventually(file.exists)
        ask(place.port, "/open", {"User-Agent": "afterwards"})
        eventually(lambda: "afterwards" in _text(file, moved))
        for pid in children(process.pid):
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: ask(place.port, "/open", {"User-Agent": "replaced"})[0] == 200)
        stop(process)

    assert "replaced" in file.read_text()
    assert all(json.loads(line)["log"] == "access" for line in _text(moved, file).splitlines())


def _text(*files: Path) -> str:
    return "".join(each.read_text() for each in files)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_file_that_can_not_be_written_to_is_refused(place: Place, workers: int):
    configure(place, "to: missing/access.log", f"  workers: {workers}")
    done = place.run("proxy")

    assert done.returncode == 1
    assert done.stderr == (
        "edgeauth: missing/access.log can not be written to: No such file or directory\n"
    )


def test_what_is_under_way_at_the_end_is_logged(place: Place, upstream: Upstream):
    configure(place, "to: access.log")
    with place.running("proxy") as process:
        with socket.create_connection(("127.0.0.1", place.port), PATIENCE) as client:
            client.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            assert upstream.slow_began.wait(PATIENCE)
            process.send_signal(signal.SIGTERM)
            upstream.go_on.set()
            while client.recv(1000):
                pass
        process.communicate(timeout=PATIENCE)

    (line,) = entries((place.folder / "access.log").read_text())
    assert (line["path"], line["status"]) == ("/slow", 200)


def test_a_log_that_nobody_reads_holds_up_nobody_and_lost_lines_are_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    port = free_port()
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "prometheus")
    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", str(port))
    os.mkfifo(place.folder / "pipe")
    reader = os.open(place.folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        configure(place, "to: pipe")
        with place.running("decision") as process:
            assert ask(place.port, "/open")[0] == 200
            os.close(reader)
            for _ in range(20):
                assert ask(place.port, "/open")[0] == 200
            name = 'edgeauth_log_lines_lost_total{log="access"}'
            eventually(lambda: float(told(port)[name]) > 0)
            assert told(port)['edgeauth_log_lines_lost_total{log="decision"}'] == "0.0"
            stop(process)
    finally:
        monkeypatch.undo()


def test_decisions_are_logged_while_nobody_reads_the_access_log(place: Place):
    os.mkfifo(place.folder / "pipe")
    reader = os.open(place.folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    configure(place, "to: pipe")
    fields = {"User-Agent": "x" * 500}
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
    with place.running("decision") as process:
        assert process.stdout is not None
        for _ in range(2):
            for _ in range(150):  # more than fits into a pipe
                connection.request("GET", "/open", headers=fields)
                assert connection.getresponse().read() == b""
            for _ in range(150):
                assert json.loads(process.stdout.readline())["decision"] == "permit"
        connection.close()
    os.close(reader)
