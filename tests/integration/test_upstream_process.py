"""A real process and its upstreams: with TLS, at a unix socket, and behind a proxy."""

import http.client
import signal
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trustme

from tests.fakes.http_servers import blocking
from tests.fakes.ports import free_port
from tests.integration.processes import PATIENCE, Place, ask, stop
from tests.integration.test_tls_process import eventually

pytestmark = pytest.mark.slow


class _FirstLine(socketserver.BaseRequestHandler):
    """Answers with the first line of the request."""

    def handle(self) -> None:
        line = self.request.recv(65_536).partition(b"\r\n")[0]
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        self.request.sendall(head % len(line) + line)


@contextmanager
def answering(server: socketserver.BaseServer) -> Iterator[socketserver.BaseServer]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)


def write(place: Place, upstreams: str, hosts: dict[str, str]) -> None:
    rules = "".join(
        f"""\
  - id: {name}
    match: {{routes: [{{path: /{name}}}]}}
    forward_to: {{host: "{host}", rewrite: {{scheme: {"https" if name == "tls" else "http"}}}}}
    execute: [{{authenticator: anyone}}, {{authorizer: allow}}]
"""
        for name, host in hosts.items()
    )
    place.write(rules=rules)
    file = place.folder / "edgeauth.yaml"
    file.write_text(f"{file.read_text()}upstreams: {upstreams}\n")


def test_a_socket_that_is_not_listed_and_a_proxy_that_is_none_refuse_the_start(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://s3cret@proxy.test")
    write(place, "{tls: [{hosts: ['*'], trust_store: nowhere.pem}]}", {"socket": "unix:/run/x"})
    said = place.run("proxy").stderr
    assert "rules may not forward to this socket" in said
    assert "environment variable HTTPS_PROXY: proxies other than http://" in said
    assert "nowhere.pem: can not be read" in said
    assert "s3cret" not in said


def test_upstreams_at_sockets_and_behind_proxies(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = tmp_path / "x.sock"
    with (
        answering(socketserver.ThreadingUnixStreamServer(str(at), _FirstLine)),
        answering(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _FirstLine)) as proxy,
    ):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
        write(
            place,
            f"{{sockets: [{tmp_path}/]}}",
            {"socket": f"unix:{at}", "far": "orders.test:8080"},
        )
        with place.running("proxy") as process:
            assert ask(place.port, "/socket")[2] == b"GET /socket HTTP/1.1"
            assert ask(place.port, "/far")[2] == b"GET http://orders.test:8080/far HTTP/1.1"
            stop(process)


def test_authorities_and_certificates_of_upstreams_are_put_in_force_while_it_runs(
    place: Place, tmp_path: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "good.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    shown = authority.issue_cert("edge.test").private_key_and_cert_chain_pem
    shown.write_to_path(tmp_path / "me.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    with blocking(context) as url:
        write(
            place,
            "{tls: [{hosts: [localhost], trust_store: ca.pem, key_store: {path: me.pem}}]}",
            {"tls": url.removeprefix("https://")},
        )
        with place.running("proxy") as process:
            assert ask(place.port, "/tls")[0] == 502
            (tmp_path / "ca.pem").write_bytes((tmp_path / "good.pem").read_bytes())
            process.send_signal(signal.SIGHUP)
            eventually(lambda: ask(place.port, "/tls")[2] == b"edge.test")
            stop(process)


@pytest.mark.parametrize("is_there", [True, False], ids=["reads-nothing", "has-left"])
def test_who_reads_standard_error_holds_nobody_up(place: Place, is_there: bool):
    write(place, "{}", {"gone": f"127.0.0.1:{free_port()}"})
    with place.running("proxy") as process:
        assert process.stderr is not None
        if not is_there:
            process.stderr.close()
        client = http.client.HTTPConnection("127.0.0.1", place.port, timeout=PATIENCE)
        with closing(client):
            for _ in range(600 if is_there else 3):  # more lines than a pipe takes
                client.request("GET", "/gone")
                answer = client.getresponse()
                answer.read()
                assert answer.status == 502
