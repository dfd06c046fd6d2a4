"""TLS of a real process: new certificates in every worker, and what it says of handshakes."""

import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.fakes.handshakes import Authority
from tests.integration.processes import PAUSE, TRIES, Place, ask, stop

pytestmark = pytest.mark.slow


def eventually(holds: Callable[[], object]) -> None:
    for _ in range(TRIES):
        with suppress(OSError):
            if holds():
                return
        time.sleep(PAUSE)  # polls a process; nothing tells when it is ready
    raise AssertionError("it never came to that")


def shown(port: int, client: ssl.SSLContext) -> object:
    client.check_hostname = False
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        client.wrap_socket(plain) as connection,
    ):
        return (connection.getpeercert() or {}).get("subjectAltName")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def names(*texts: str) -> tuple[tuple[str, str], ...]:
    return tuple(("DNS", text) for text in texts)


def with_tls(place: Place, more: str = "") -> None:
    tls = "tls: {key_store: {path: tls.pem}" + more + "}"
    place.write(f"  workers: 2\n  {tls}")
    file = place.folder / "edgeauth.yaml"
    told = f"port: {place.management}, {tls}"
    file.write_text(file.read_text().replace(f"port: {place.management}", told))


def test_every_worker_shows_a_new_certificate_and_keeps_the_last_good_one(
    place: Place, authority: Authority
) -> None:
    authority.issue("old.test", file="tls.pem")
    with_tls(place)
    client = authority.client()
    with place.running("proxy") as process:
        eventually(lambda: shown(place.port, client) == names("old.test"))
        (place.folder / "tls.pem").write_text("broken")
        process.send_signal(signal.SIGHUP)
        eventually(lambda: ask(place.port, "/open", tls=client)[0] == 200)
        authority.issue("new.test", file="tls.pem")
        for port in (place.port, place.management):
            eventually(
                lambda port=port: [shown(port, client) for _ in range(8)] == [names("new.test")] * 8
            )
        _, errors = stop(process)

    assert "tls.pem: there is no private key" in errors
    assert "Traceback" not in errors


def test_a_key_from_a_secret_source_is_exchanged_in_every_worker(
    place: Place, authority: Authority
) -> None:
    authority.issue("old.test", file="tls.pem")
    with_tls(place)
    file = place.folder / "edgeauth.yaml"
    text = file.read_text().replace("{key_store: {path: tls.pem}", "{secret: {source: listeners}")
    file.write_text(
        f"{text}secret_management:\n"
        "  listeners: {type: pem, config: {path: tls.pem, watch: true}}\n"
    )
    client = authority.client()
    with place.running("proxy") as process:
        eventually(lambda: shown(place.port, client) == names("old.test"))
        authority.issue("new.test", file="tls.pem")
        for port in (place.port, place.management):
            eventually(
                lambda port=port: [shown(port, client) for _ in range(8)] == [names("new.test")] * 8
            )
        _, errors = stop(process)

    assert "Traceback" not in errors


def test_clients_do_not_fill_the_log_by_handshakes_that_fail(
    place: Place, authority: Authority
) -> None:
    authority.issue("shop.test", file="tls.pem")
    with_tls(place, f", client_certificates: {{trust_store: {authority.path}}}")
    with place.running("proxy") as process:
        for begin in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01garbage", b"\x80"):
            with socket.create_connection(("127.0.0.1", place.port), 10) as plain:
                plain.sendall(begin)
                with suppress(OSError):
                    plain.recv(1000)
        with suppress(OSError):
            ask(place.port, "/open", tls=authority.client())
        with suppress(FileNotFoundError):
            subprocess.run(
                [
                    *("openssl", "s_client", "-connect", f"127.0.0.1:{place.port}"),
                    *("-servername", b"caf\xe9.test"),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=20,
                check=False,
            )
        _, errors = stop(process)

    assert errors == ""


def test_a_missing_trust_store_refuses_the_start(place: Place, authority: Authority) -> None:
    authority.issue("shop.test", file="tls.pem")
    with_tls(place, ", client_certificates: {trust_store: missing.pem}")

    refused = place.run("proxy")

    assert refused.returncode != 0
    assert "missing.pem: can not be read: No such file or directory" in refused.stderr
