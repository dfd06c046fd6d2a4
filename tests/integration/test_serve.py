"""The `edgeauth` command as its users start it: a process, its ports, its streams, its end."""

import json
import signal
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.fakes.certificates import certificate, pem
from tests.integration.processes import (
    COMMAND,
    PATIENCE,
    PAUSE,
    TRIES,
    Place,
    Upstream,
    ask,
    finished,
    is_free,
    stop,
    wait_for_port,
)

pytestmark = pytest.mark.slow

TOKEN = "a-token-that-nobody-may-see"


@pytest.mark.parametrize("mode", ["proxy", "decision"])
def test_a_refused_configuration_ends_with_3_and_listens_nowhere(place: Place, mode: str):
    place.write("  prot: 1", rules="  - id: 1")

    done = place.run(mode)

    assert done.returncode == 3
    assert 'edgeauth.yaml:5:3: unknown key "prot"' in done.stderr
    assert "rules.yaml:7" in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert is_free(place.port)
    assert is_free(place.management)


def test_secure_defaults_are_refused_unless_told_otherwise(place: Place):
    done = finished("serve", "proxy", "-c", "edgeauth.yaml", folder=place.folder)

    assert done.returncode == 3
    assert '"serve" has no tls' in done.stderr
    assert '"management" has no tls' in done.stderr
    assert "without TLS" in done.stderr


def test_a_decision_service_that_believes_no_gateway_says_so_once(place: Place):
    file = place.folder / "edgeauth.yaml"
    file.write_text(file.read_text().replace("trusted_proxies: [127.0.0.1]", "workers: 2"))
    file.write_text(file.read_text().replace("  workers: 1\n", ""))

    with place.running("decision") as process:
        question = {"X-Forwarded-Uri": "/closed", "X-Forwarded-Method": "GET"}
        assert [ask(place.port, "/open", question)[0] for _ in range(3)] == [200, 200, 200]
        _, errors = stop(process)

    (line,) = map(json.loads, errors.splitlines())
    assert (line["event"], line["setting"]) == ("no gateway is believed", "serve.trusted_proxies")
    with place.running("proxy") as process:
        ask(place.port, "/open")  # a worker answers, so its parent listens to signals
        assert stop(process)[1] == ""


def test_settings_that_only_the_other_door_looks_at_are_named_once(place: Place):
    file = place.folder / "edgeauth.yaml"
    text = file.read_text().replace("  workers: 1\n", "  workers: 2\n  cors: {}\n")
    file.write_text(f"{text}log: {{level: warn}}\n")

    with place.running("decision") as process:
        ask(place.port, "/open")  # a worker answers, so its parent listens to signals
        _, errors = stop(process)

    (line,) = map(json.loads, errors.splitlines())
    assert line["event"] == "setting without effect"
    assert (line["setting"], line["door"]) == ("serve.cors", "decision")


def test_it_serves_where_its_standard_streams_are_closed(place: Place):
    place.write()
    closing = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', COMMAND]
    with subprocess.Popen([*closing, *place.arguments("proxy")], cwd=place.folder) as process:
        wait_for_port(process, place.port)
        assert ask(place.port, "/open")[0] == 200
        process.terminate()

    assert process.returncode == 0


@pytest.mark.parametrize("listener", ["serve", "management"])
def test_a_busy_port_is_named_and_ends_with_1(place: Place, listener: str):
    port = place.port if listener == "serve" else place.management
    with socket.create_server(("127.0.0.1", port)):
        done = place.run("proxy")

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"edgeauth: {listener}: can not listen on 127.0.0.1:{port}: Address already in use"
    ]
    assert is_free(place.port)
    assert is_free(place.management)


def test_the_proxy_forwards_what_is_allowed_and_logs_what_it_decides(place: Place):
    credentials = {"Authorization": f"Bearer {TOKEN}", "Cookie": f"c={TOKEN}", "X-User": "root"}
    with place.running("proxy") as process:
        status, _, body = ask(place.port, f"/open?t={TOKEN}", credentials)
        assert (status, json.loads(body)["x-user"]) == (200, "anonymous")
        assert ask(place.port, f"/other?t={TOKEN}", credentials)[0] == 401
        assert ask(place.port, "/open/%2e%2e")[0] == 400
        assert ask(place.management, "/.well-known/health")[0] == 200
        out, errors = stop(process)

    lines = [json.loads(line) for line in out.splitlines()]
    # The first connection was there to see whether somebody listens.
    assert [(line["decision"], line.get("rule"), line.get("path")) for line in lines[:2]] == [
        ("permit", "open", "/open"),
        ("deny", "default", "/other"),
    ]
    assert len(lines) == 3
    assert TOKEN not in out + errors
    assert errors == ""


def test_the_decision_service_answers_gateways(place: Place):
    def asked(uri: str) -> dict[str, str]:
        return {
            "X-Forwarded-Method": "GET",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "shop.test",
            "X-Forwarded-Uri": uri,
            "Authorization": f"Bearer {TOKEN}",
        }

    with place.running("decision") as process:
        status, fields, body = ask(place.port, "/ask", asked("/open"))
        assert (status, fields["X-User"], body) == (200, "anonymous", b"")
        assert ask(place.port, "/ask", asked("/other"))[0] == 401
        out, errors = stop(process)

    lines = [json.loads(line) for line in out.splitlines()]
    assert [(line["host"], line["path"], line["scheme"]) for line in lines] == [
        ("shop.test", "/open", "https"),
        ("shop.test", "/other", "https"),
    ]
    assert TOKEN not in out + errors


def test_listeners_speak_tls_with_the_key_of_a_key_store(place: Place):
    key = ec.generate_private_key(ec.SECP256R1())
    chain = certificate(key, "edge.test", end=datetime.now(UTC) + timedelta(days=1))
    (place.folder / "tls.pem").write_bytes(pem(key, password="secret") + pem(chain))
    place.write("  tls: {key_store: {path: tls.pem, password: secret}}")
    trusting = ssl.create_default_context(cadata=pem(chain).decode())
    trusting.check_hostname = False

    with place.running("proxy") as process:
        status, _, body = ask(place.port, "/open", tls=trusting)
        assert (status, json.loads(body)["x-forwarded-proto"]) == (200, "https")
        old = ssl.create_default_context(cadata=pem(chain).decode())
        old.check_hostname = False
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            ask(place.port, "/open", tls=old)
        stop(process)


def test_a_wrong_password_of_a_key_store_is_refused_and_not_repeated(place: Place):
    key = ec.generate_private_key(ec.SECP256R1())
    chain = certificate(key, "edge.test", end=datetime.now(UTC) + timedelta(days=1))
    (place.folder / "tls.pem").write_bytes(pem(key, password="secret") + pem(chain))
    place.write("  tls: {key_store: {path: tls.pem, password: not-the-word}}")

    done = place.run("proxy")

    assert done.returncode == 3
    assert "tls.pem" in done.stderr
    assert "not-the-word" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_request_under_way_is_finished_before_the_end(
    place: Place, upstream: Upstream, number: int
):
    answers: list[int] = []
    with place.running("proxy") as process:
        client = threading.Thread(target=lambda: answers.append(ask(place.port, "/slow")[0]))
        client.start()
        assert upstream.slow_began.wait(PATIENCE)
        process.send_signal(number)
        for _ in range(TRIES):
            if is_free(place.port):
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(PAUSE)
        assert is_free(place.port), "it still takes new connections"
        assert process.poll() is None, "it did not wait"
        upstream.go_on.set()
        _, errors = process.communicate(timeout=PATIENCE)
        client.join(PATIENCE)

    assert (answers, process.returncode, errors) == ([200], 0, "")


@pytest.mark.parametrize(
    "command",
    ["", "serve", "serve proxy", "serve decision", "validate", "validate config", "validate rules"],
)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_the_help_of_every_command_has_an_example(command: str, option: str):
    done = finished(*command.split(), option)

    assert (done.returncode, done.stderr) == (0, "")
    assert f"Example:\n    edgeauth {command}".rstrip() in done.stdout


def test_the_version_is_told():
    done = finished("--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("edgeauth 0.")


def test_wrong_usage_ends_with_2():
    done = finished("srve")

    assert done.returncode == 2
    assert "No such command" in done.stderr
