"""Everything that stands around a server under test: neighbours, configuration, processes.

The configuration is one that heimdall and edgeauth both read, octet for octet: the blog platform's
read-article rule with everything that can be remembered remembered, since the question is what a
proxy costs and not what its neighbours do.
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
log: {{level: {level}}}
metrics: {{enabled: {metrics}}}
tracing: {{enabled: false}}
mechanisms:
  authenticators:
    - id: accounts
      type: jwt
      config:
        metadata_endpoint: {{url: "{neighbours}/.well-known/openid-configuration"}}
        assertions: {{audience: [blog], allowed_algorithms: [RS256]}}
        cache_ttl: 10m
    - {{id: anonymous, type: anonymous}}
  authorizers:
    - {{id: allow_all_requests, type: allow}}
    - id: readable
      type: cel
      config:
        expressions:
          - expression: Outputs.opa.result == "full" && Subject.ID != "" && Request.Method == "GET"
  contextualizers:
    - id: opa
      type: generic
      config:
        endpoint:
          url: "{neighbours}/v1/data/{{{{ .Values.policy }}}}"
          headers: {{Content-Type: application/json}}
        payload: |
          {{"subject": {{{{ quote .Values.subject }}}}, "object": {{{{ quote .Values.object }}}}}}
        cache_ttl: 10m
  finalizers:
    - id: jwt
      type: jwt
      config:
        signer: {{name: edge, key_store: {{path: "{signer}"}}}}
        claims: '{{"aud": "blog", "representation": {{{{ quote .Values.representation }}}}}}'
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
      - authenticator: anonymous
      - contextualizer: opa
        config:
          values:
            policy: articles/allow
            subject: "{{{{ .Subject.ID }}}}"
            object: "{{{{ .Request.URL.Captures.article_id }}}}"
      - authorizer: readable
      - finalizer: jwt
        config: {{values: {{representation: "{{{{ .Outputs.opa.result }}}}"}}}}
  - id: bulk
    match: {{routes: [{{path: "/bulk/:name"}}]}}
    forward_to: {{host: "127.0.0.1:{upstream}", rewrite: {{scheme: http}}}}
    execute:
      - authenticator: accounts
      - authorizer: allow_all_requests
      - finalizer: nothing
"""
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

        self._server = QuietServer(("127.0.0.1", 0), Handler)
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

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


class Stage:
    """Every process of a run.

    Args:
        folder: for what they read and write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[Server] = []
        self._neighbours = Neighbours()
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
        rules.write_text(RULES.format(upstream=self.upstream))
        (folder / "edge.yaml").write_text(
            CONFIGURATION.format(
                port=port,
                management=free_port(),
                neighbours=self._neighbours.url,
                signer=self._folder / "signer.pem",
                rules=rules,
                **values,
            )
        )
        command = [*program, "serve", door, "-c", str(folder / "edge.yaml"), "--insecure"]
        command += options
        headers = {**BROWSER, "Authorization": f"Bearer {self._neighbours.token()}"}
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
