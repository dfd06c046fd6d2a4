"""Two processes of edgeauth that share one Redis, which is killed while requests come."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.fakes.redis_servers import NEEDS_REDIS, Server, server
from tests.integration.processes import Place, QuietServer, ask, in_thread, stop

pytestmark = NEEDS_REDIS


class PolicyInformation(QuietServer):
    """Says how often it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked = 0


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, PolicyInformation)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        body = b'{"asked": %d}' % self.server.asked
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Says nothing."""


@pytest.fixture
def information() -> Iterator[PolicyInformation]:
    with in_thread(PolicyInformation()) as made:
        yield made


@contextmanager
def process(
    folder: Path, upstream: int, information: PolicyInformation, redis: Server
) -> Iterator[Place]:
    """Yields a process with a contextualizer, and tells the upstream what that has found out."""
    folder.mkdir()
    place = Place(folder, upstream)
    place.write()
    asking = f"http://127.0.0.1:{information.server_address[1]}/"
    text = (folder / "edgeauth.yaml").read_text()
    text = text.replace(
        "  finalizers:\n",
        f"""\
  contextualizers:
    - id: ask
      type: generic
      config: {{endpoint: "{asking}", payload: "{{{{ .Subject.ID }}}}", cache_ttl: 60s}}
  finalizers:
    - {{id: say, type: header, config: {{headers: {{X-Asked: "{{{{ .Outputs.ask.asked }}}}"}}}}}}
""",
    )
    (folder / "edgeauth.yaml").write_text(f"""\
{text}
cache:
  type: redis
  config:
    address: 127.0.0.1:{redis.port}
    tls: {{disabled: true}}
    encryption_key: 0123456789abcdef0123456789abcdef
    client_cache: {{disabled: true}}
""")
    rules = (folder / "rules.yaml").read_text()
    (folder / "rules.yaml").write_text(
        rules.replace("{finalizer: tell}", "{contextualizer: ask}, {finalizer: say}")
    )
    with place.running("proxy") as running:
        yield place
        stop(running)


def asked(place: Place) -> tuple[int, bytes]:
    status, _, body = ask(place.port, "/open")
    return status, body


def test_what_one_process_has_asked_the_other_does_not_ask(
    tmp_path: Path, place: Place, information: PolicyInformation
):
    with server(tmp_path / "redis") as redis:
        arguments = (place.upstream, information, redis)
        with process(tmp_path / "a", *arguments) as first:
            told = [asked(first)]
            redis.wait_until(lambda one: one.ask("DBSIZE"))
            with process(tmp_path / "b", *arguments) as second:
                told += [asked(one) for one in (first, second, second, first)]
                redis.kill()
                later = [asked(one) for one in (first, second) * 10]

    assert {status for status, _ in told + later} == {200}
    assert len({body.partition(b'"x-asked": ')[2][:5] for _, body in told}) == 1
    assert information.asked == 21
