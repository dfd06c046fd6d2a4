"""Metrics of a real process."""

import subprocess
import threading

import pytest

from tests.fakes.ports import free_port
from tests.integration.processes import (
    COMMAND,
    PATIENCE,
    Place,
    Upstream,
    ask,
    finished,
    stop,
)
from tests.integration.test_workers import eventually

pytestmark = pytest.mark.slow


def told(port: int) -> dict[str, str]:
    status, _, body = ask(port, "/metrics")
    assert status == 200
    lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
    return dict(line.rsplit(" ", 1) for line in lines)


def test_prometheus_asks_on_a_port_of_its_own(place: Place, monkeypatch: pytest.MonkeyPatch):
    port = free_port()
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "prometheus")
    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", str(port))
    place.write("  workers: 1")
    text = (place.folder / "edgeauth.yaml").read_text()
    (place.folder / "edgeauth.yaml").write_text(
        f"{text}metrics: {{cover_rules: true, cover_cache: true}}\n"
    )
    with place.running("decision") as process:
        ask(place.port, "/open")
        ask(place.port, "/open")
        ask(place.port, "/other")
        ask(place.port, "/open/%2e%2e")
        # Attack 213: what a gateway says that the client's method was.
        assert ask(place.port, "/open", {"X-Forwarded-Method": "EVIL"})[0] == 200
        found = told(port)
        assert ask(port, "/")[0] == 404
        assert ask(place.management, "/metrics")[0] == 404
        stop(process)

    assert found['edgeauth_decisions_total{outcome="permit",reason=""}'] == "3.0"
    assert found['edgeauth_decisions_total{outcome="deny",reason="authentication_error"}'] == "1.0"
    assert found["edgeauth_malformed_requests_total"] == "1.0"
    answered = "http_server_request_duration_seconds_count"
    kind = 'http_request_method="GET",http_response_status_code="200",listener="serve"'
    assert found[f"{answered}{{{kind}}}"] == "2.0"
    nobody = 'http_request_method="_OTHER",http_response_status_code="400",listener="serve"'
    assert found[f"{answered}{{{nobody}}}"] == "1.0"
    assert "EVIL" not in "".join(found)
    label = '{rule_id="open",ruleset_name=""}'
    assert found[f"rule_execution_duration_seconds_count{label}"] == "3.0"
    (loaded,) = [name for name in found if name.startswith("rules_loaded")]
    assert 'ruleset_id="file_system:rules.yaml"' in loaded
    assert found[loaded] == "1.0"


@pytest.mark.parametrize("command", [("serve", "decision"), ("validate", "config")])
def test_an_exporter_that_would_tell_nobody_is_refused(
    place: Place, monkeypatch: pytest.MonkeyPatch, command: tuple[str, str]
):
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "otlp")

    done: subprocess.CompletedProcess[str] = finished(
        *command, "-c", "edgeauth.yaml", "--insecure", folder=place.folder
    )

    assert COMMAND.exists()
    assert done.returncode == 3
    assert 'OTEL_METRICS_EXPORTER: "otlp" is not supported yet' in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_under_way_is_told_while_it_is(
    place: Place, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, workers: int
):
    port = free_port()
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "prometheus")
    monkeypatch.setenv("OTEL_EXPORTER_PROMETHEUS_PORT", str(port))
    place.write(f"  workers: {workers}")

    def held() -> tuple[str, ...]:
        found = told(port)
        return (
            found['edgeauth_connections{listener="serve"}'],
            found["edgeauth_requests_in_flight"],
            found['edgeauth_upstream_connections{state="in_use"}'],
            found['edgeauth_upstream_connections{state="idle"}'],
        )

    with place.running("proxy") as process:
        asking = threading.Thread(target=ask, args=(place.port, "/slow"))
        asking.start()
        assert upstream.slow_began.wait(PATIENCE)
        eventually(lambda: held() == ("1.0", "1.0", "1.0", "0.0"))
        upstream.go_on.set()
        asking.join(PATIENCE)
        eventually(lambda: held() == ("0.0", "0.0", "0.0", "1.0"))
        kind = 'http_request_method="GET",http_response_status_code="200",listener="serve"'
        count = f"http_server_request_duration_seconds_count{{{kind}}}"
        eventually(lambda: told(port).get(count) == "1.0")
        assert float(told(port)['edgeauth_connections{listener="management"}']) >= 1
        stop(process)
