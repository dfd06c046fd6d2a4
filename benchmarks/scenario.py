"""What the reference scenario's read-article rule costs at both doors, with everything warm.

The rule sets and the catalogue are those of the example; only the policy decision point's answer
is remembered (`cache_ttl`), since the question is what edgeauth costs and not what its neighbours
do. Beside it, in the same run: a handler that does nothing but parse, and nginx as a proxy without
authorization. Needs wrk and nginx.

    python benchmarks/scenario.py [--rounds 5] [--seconds 2]
"""

import argparse
import json
import platform
import statistics
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.loads import Figure, Server, free_port, load, require, start, wait_for  # noqa: E402

EXAMPLE = ROOT / "examples" / "blog-platform"
ARTICLE = "/articles/deny-by-default"
NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {server}
}}
"""
UPSTREAM = """server {{ listen 127.0.0.1:{port};
  location / {{ default_type application/json; return 200 '{{"title":"{title}"}}'; }} }}"""
PROXY = """upstream articles {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port};
  location / {{ proxy_pass http://articles; proxy_http_version 1.1;
    proxy_set_header Connection ""; }} }}"""


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing of a caller that has hung up."""


class Neighbours:
    """The issuer and the policy decision point, asked once each."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        neighbours = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(neighbours.document(self.path))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._say({"result": "full"})

            def _say(self, document: object) -> None:
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def document(self, path: str) -> object:
        if path.endswith("openid-configuration"):
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": "k", "alg": "RS256", "use": "sig"}]}

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "sub": "0f4a6554-9069-483d-bc8b-86c6943f22f2", "aud": "blog",
                  "name": "Alice", "iat": now, "exp": now + 3600}  # fmt: skip
        return jwt.encode(claims, self._key, "RS256", {"kid": "k"})


class Platform:
    """Every process of a run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[Server] = []
        self._neighbours = Neighbours()
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "signer.pem").write_bytes(pem)
        self.upstream = free_port()
        self._nginx("upstream", self.upstream, UPSTREAM, cpu=1, title="x" * 80)

    def _start(
        self, name: str, port: int, command: list[str], headers: dict[str, str], cpu: int,
        environment: dict[str, str] | None = None,
    ) -> Server:  # fmt: skip
        log = self._folder / f"{port}.log"
        process = start(command, log, cpu=cpu, env=environment, cwd=EXAMPLE)
        server = Server(name, process, port, ARTICLE, headers)
        self._processes.append(server)
        wait_for(port, log)
        return server

    def _nginx(self, name: str, port: int, text: str, cpu: int, **values: object) -> Server:
        folder = self._folder / str(port)
        folder.mkdir()
        conf = folder / "nginx.conf"
        conf.write_text(NGINX.format(folder=folder, server=text.format(port=port, **values)))
        command = ["nginx", "-p", str(folder), "-c", str(conf)]
        return self._start(name, port, command, self._browser(), cpu)

    @staticmethod
    def _browser() -> dict[str, str]:
        return {
            "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": "en-GB,en;q=0.5",
            "Accept-Encoding": "gzip, deflate, br",
        }

    def nginx(self) -> Server:
        return self._nginx("nginx, no authorization", free_port(), PROXY, 0, upstream=self.upstream)

    def bare(self) -> Server:
        port = free_port()
        command = [sys.executable, str(ROOT / "benchmarks" / "bare_handler.py"), str(port)]
        return self._start("bare httptools handler", port, command, self._browser(), 0)

    def edgeauth(self, door: str) -> Server:
        port, management = free_port(), free_port()
        host = f"127.0.0.1:{self._neighbours.port}"
        environment = {
            "EDGE_PORT": str(port),
            "MANAGEMENT_PORT": str(management),
            "ACCOUNTS_HOST": host,
            "PDP_HOST": host,
            "ARTICLES_HOST": f"127.0.0.1:{self.upstream}",
            "SIGNER_KEY_STORE": str(self._folder / "signer.pem"),
            "EDGEAUTHCFG_MECHANISMS_AUTHENTICATORS_0_CONFIG_CACHE__TTL": "10m",
            "EDGEAUTHCFG_MECHANISMS_CONTEXTUALIZERS_0_CONFIG_CACHE__TTL": "10m",
            "EDGEAUTHCFG_SERVE_TRUSTED__PROXIES_0": "127.0.0.1",
        }
        command = [str(Path(sys.executable).parent / "edgeauth"), "serve", door, "-c",
                   "edgeauth.yaml", "--insecure"]  # fmt: skip
        headers = {**self._browser(), "Authorization": f"Bearer {self._neighbours.token()}"}
        if door == "decision":
            headers |= {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https",
                        "X-Forwarded-Host": "blog.test", "X-Forwarded-Uri": ARTICLE,
                        "X-Forwarded-For": "192.0.2.7"}  # fmt: skip
        return self._start(f"edgeauth {door}", port, command, headers, 0, environment)

    def stop(self) -> None:
        for process in self._processes:
            process.stop()


def measure(servers: list[Server], rounds: int, seconds: int) -> dict[str, list[Figure]]:
    """Returns figures by server; a round visits each server once."""
    figures: dict[str, list[Figure]] = {server.name: [] for server in servers}
    for server in servers:
        load(server, 1)
    for number in range(rounds):
        for server in servers:
            print(f"\rround {number + 1} of {rounds}: {server.name:<30}", end="", file=sys.stderr)
            figures[server.name].append(load(server, seconds))
    print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    return figures


def report(figures: dict[str, list[Figure]], base: str) -> dict[str, object]:
    """Prints the table and returns it."""
    rows: dict[str, object] = {}
    print(
        f"{'server':<30} {'CPU us/req':>18} {'ratio':>7} {'req/s':>9} {'p99 ms':>8} {'errors':>7}"
    )
    for name, runs in figures.items():
        costs = [run.cpu_us for run in runs]
        ratios = [run.cpu_us / other.cpu_us for run, other in zip(runs, figures[base], strict=True)]
        rate = statistics.median(run.requests / run.seconds for run in runs)
        p99 = statistics.median(run.p99_ms for run in runs)
        errors = sum(run.errors for run in runs)
        spread = f"{statistics.median(costs):.1f} ({min(costs):.1f}-{max(costs):.1f})"
        print(f"{name:<30} {spread:>18} {statistics.median(ratios):>7.2f} {rate:>9.0f} {p99:>8.2f} "
              f"{errors:>7}")  # fmt: skip
        rows[name] = {"cpu_us": statistics.median(costs), "min": min(costs), "max": max(costs),
                      "ratio": statistics.median(ratios), "requests_per_second": rate,
                      "p99_ms": p99, "errors": errors}  # fmt: skip
    print(f"\nCPU: user and system of the server's process tree; ratio: to {base}, round by round.")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    require("wrk", "nginx")
    with tempfile.TemporaryDirectory(prefix="edgeauth-bench-") as folder:
        platform_ = Platform(Path(folder))
        try:
            servers = [platform_.bare(), platform_.nginx(), platform_.edgeauth("decision"),
                       platform_.edgeauth("proxy")]  # fmt: skip
            figures = measure(servers, options.rounds, options.seconds)
        finally:
            platform_.stop()
    rows = report(figures, servers[0].name)
    if options.json:
        about = {"machine": platform.machine(), "python": platform.python_version(), "rows": rows}
        options.json.write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
