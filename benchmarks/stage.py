"""Everything that stands around a server under test: an issuer, configuration, processes.

The configuration is one that heimdall and edgeauth both read, octet for octet: a thousand rules,
and of the one that is asked for a token that an issuer's keys verify, a condition of five terms and
a contract. Everything that can be remembered is. Nothing is asked for that only one of the two does
badly: a discovery document takes heimdall a third of a request, and lines of text for people a
seventh, so keys have their own URL and lines are JSON.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks.loads import Server, start, wait_for
from tests.fakes.ports import free_port
from tests.integration.processes import QuietServer

ROOT = Path(__file__).parent.parent
ARTICLE = "/articles/deny-by-default"
BULK = "/bulk/one-mebibyte"
MEBIBYTE = 1 << 20

CONFIGURATION = """\
serve: {{host: 127.0.0.1, port: {port}, trusted_proxies: [127.0.0.1]}}
management: {{host: 127.0.0.1, port: {management}}}
log: {{level: {level}, format: gelf}}
metrics: {{enabled: {metrics}}}
tracing: {{enabled: false}}
mechanisms:
  authenticators:
    - id: accounts
      type: jwt
      config:
        jwks_endpoint: {{url: "{issuer}/jwks"}}
        assertions:
          {{issuers: ["{issuer}"], audience: [blog], allowed_algorithms: [RS256]}}
        cache_ttl: 10m
  authorizers:
    - {{id: allow_all_requests, type: allow}}
    - id: readable
      type: cel
      config:
        expressions:
          - expression: >-
              Subject.ID != "" && Request.Method == "GET"
              && Request.URL.Path.startsWith("/articles/")
              && Request.URL.Captures.article_id != "drafts"
              && "reader" in Subject.Attributes.roles
  finalizers:
    - id: jwt
      type: jwt
      config:
        signer: {{name: edge, key_store: {{path: "{signer}"}}}}
        claims: '{{"aud": "blog"}}'
        ttl: 10m
    - {{id: nothing, type: noop}}
default_rule:
  execute: [{{authenticator: accounts}}, {{authorizer: allow_all_requests}}, {{finalizer: nothing}}]
providers: {{file_system: {{src: "{rules}"}}}}
"""
RULES = """\
version: "1alpha4"
name: blog
rules:
  - id: read-article
    match: {{routes: [{{path: "/articles/:article_id"}}], methods: [GET]}}
    forward_to: {{host: "127.0.0.1:{upstream}", rewrite: {{scheme: http}}}}
    execute:
      - authenticator: accounts
      - authorizer: readable
      - finalizer: jwt
  - id: bulk
    match: {{routes: [{{path: "/bulk/:name"}}]}}
    forward_to: {{host: "127.0.0.1:{upstream}", rewrite: {{scheme: http}}}}
    execute:
      - authenticator: accounts
      - authorizer: allow_all_requests
      - finalizer: nothing
"""
OTHER_RULE = """\
  - id: other-{number}
    match: {{routes: [{{path: "/others/{number}/:name"}}]}}
    forward_to: {{host: "127.0.0.1:{upstream}", rewrite: {{scheme: http}}}}
    execute:
      [{{authenticator: accounts}}, {{authorizer: allow_all_requests}}, {{finalizer: nothing}}]
"""
OTHER_RULES = 998
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
  location /articles/ {{ default_type application/json; return 200 '{{"title":"{title}"}}'; }}
  location /bulk/ {{ alias {files}/; }} }}"""
PROXY = """upstream articles {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port};
  location / {{ proxy_pass http://articles; proxy_http_version 1.1;
    proxy_set_header Connection ""; }} }}"""
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br",
}


class Issuer:
    """Signs tokens, and is asked for its keys once."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        keys = json.dumps({"keys": [{**public, "kid": "k", "alg": "RS256", "use": "sig"}]}).encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, *_: object) -> None:
                pass

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "sub": "0f4a6554-9069-483d-bc8b-86c6943f22f2", "aud": "blog",
                  "roles": ["reader"], "iat": now, "exp": now + 3600}  # fmt: skip
        return jwt.encode(claims, self._key, "RS256", {"kid": "k"})


class Stage:
    """Every process of a run.

    Args:
        folder: for what they read and write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[Server] = []
        self._issuer = Issuer()
        key = ec.generate_private_key(ec.SECP384R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "signer.pem").write_bytes(pem)
        files = folder / "files"
        files.mkdir()
        for each in (folder, files):
            each.chmod(0o755)  # workers of nginx are somebody else
        (files / "one-mebibyte").write_bytes(os.urandom(MEBIBYTE))
        self.upstream = free_port()
        self._nginx("upstream", self.upstream, UPSTREAM, cpu="1", title="x" * 80, files=files)

    def nginx(self) -> Server:
        """Returns nginx as a proxy that asks nobody."""
        return self._nginx(
            "nginx, no authorization", free_port(), PROXY, "0", upstream=self.upstream
        )

    def bare(self) -> Server:
        """Returns what does nothing but parse and answer."""
        port = free_port()
        command = [sys.executable, str(ROOT / "benchmarks" / "bare_handler.py"), str(port)]
        return self._start("bare httptools handler", port, command, BROWSER, "0")

    def edgeauth(
        self,
        door: str,
        workers: int = 1,
        cpu: str = "0",
        *,
        access_log: str = "",
        tree: str = "",
        options: Sequence[str] = (),
    ) -> Server:
        """Returns edgeauth with log and metrics.

        Args:
            door: `proxy` or `decision`.
            workers: processes.
            cpu: the processors they may use.
            access_log: the format of one more log; none when it is empty.
            tree: where the sources are, if it is not the ones that are installed.
            options: of the command, which name it as well.
        """
        program = [str(Path(sys.executable).parent / "edgeauth")]
        name = f"edgeauth {door}" + (f", {workers} workers" if workers > 1 else "")
        environment = {
            "EDGEAUTHCFG_SERVE_WORKERS": str(workers),
            "OTEL_EXPORTER_PROMETHEUS_PORT": str(free_port()),
        }
        if access_log:
            name += f", {access_log} log"
            environment |= {
                "EDGEAUTHCFG_LOG_ACCESS__LOG__ENABLED": "true",
                "EDGEAUTHCFG_LOG_ACCESS__LOG_FORMAT": access_log,
                "EDGEAUTHCFG_LOG_ACCESS__LOG_TO": str(self._folder / f"{door}-{access_log}.log"),
            }
        if tree:
            name += ", before"
            environment["PYTHONPATH"] = tree
        name = " ".join((name, *options))
        values = {"level": "info", "metrics": "true"}
        return self._authorizing(name, program, door, cpu, values, environment, options)

    def heimdall(self, binary: Path, door: str) -> Server:
        """Returns heimdall with the same configuration, its log reduced to errors."""
        environment = {"GOMAXPROCS": "1", "OTEL_METRICS_EXPORTER": "none"}
        values = {"level": "error", "metrics": "false"}
        return self._authorizing(f"heimdall {door}", [str(binary)], door, "0", values, environment)

    def _authorizing(
        self, name: str, program: list[str], door: str, cpu: str,
        values: Mapping[str, str], environment: dict[str, str], options: Sequence[str] = (),
    ) -> Server:  # fmt: skip
        port = free_port()
        folder = self._folder / f"{name.replace(' ', '-')}-{port}"
        folder.mkdir()
        rules = folder / "rules.yaml"
        others = (
            OTHER_RULE.format(number=number, upstream=self.upstream)
            for number in range(OTHER_RULES)
        )
        rules.write_text(RULES.format(upstream=self.upstream) + "".join(others))
        (folder / "edge.yaml").write_text(
            CONFIGURATION.format(
                port=port,
                management=free_port(),
                issuer=self._issuer.url,
                signer=self._folder / "signer.pem",
                rules=rules,
                **values,
            )
        )
        command = [*program, "serve", door, "-c", str(folder / "edge.yaml"), "--insecure"]
        command += options
        headers = {**BROWSER, "Authorization": f"Bearer {self._issuer.token()}"}
        if door == "decision":
            headers |= {"X-Forwarded-Method": "GET", "X-Forwarded-Proto": "https",
                        "X-Forwarded-Host": "blog.test", "X-Forwarded-Uri": ARTICLE,
                        "X-Forwarded-For": "192.0.2.7"}  # fmt: skip
        return self._start(name, port, command, headers, cpu, environment)

    def _nginx(self, name: str, port: int, text: str, cpu: str, **values: object) -> Server:
        folder = self._folder / str(port)
        folder.mkdir()
        conf = folder / "nginx.conf"
        conf.write_text(NGINX.format(folder=folder, server=text.format(port=port, **values)))
        command = ["nginx", "-p", str(folder), "-c", str(conf)]
        return self._start(name, port, command, BROWSER, cpu)

    def _start(
        self, name: str, port: int, command: list[str], headers: dict[str, str], cpu: str,
        environment: dict[str, str] | None = None,
    ) -> Server:  # fmt: skip
        log = self._folder / f"{port}.log"
        process = start(command, log, cpu=cpu, env=environment, cwd=self._folder)
        server = Server(name, process, port, ARTICLE, headers)
        self._processes.append(server)
        wait_for(port, log)
        return server

    def stop(self) -> None:
        """Ends every process."""
        for process in self._processes:
            process.stop()
