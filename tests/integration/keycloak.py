"""A Keycloak, what its clients and operators ask it for, and an edgeauth before it.

`make keycloak` installs it. Passwords and secrets are those of tests/peers/keycloak/realms.
"""

import base64
import json
import os
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPMessage
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from edgeauth.model.json import Json
from tests.docs.pages import snippets
from tests.fakes.handshakes import Authority, Identity
from tests.fakes.ports import free_port
from tests.fakes.proofs import proof
from tests.integration.processes import PATIENCE, Place, ask

INSTALLED = Path(__file__).parent.parent / "peers/keycloak/.installed"
START_PATIENCE = 200
"""Seconds after which a Keycloak that does not answer fails its tests; ten are usual."""
# It lives shortly: compiling much costs more than it saves.
JAVA_OPTIONS = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8"

MARKS = [
    pytest.mark.slow,
    pytest.mark.timeout(START_PATIENCE + 60),
    pytest.mark.skipif(shutil.which("java") is None, reason="java is not installed"),
    pytest.mark.skipif(
        not (INSTALLED / ".set-up").exists(), reason="`make keycloak` has not installed Keycloak"
    ),
]
"""What every module needs that talks to it."""


@dataclass
class Keycloak:
    """A server with the realms `shop` and `other`.

    Its database begins as it was installed, and is kept from a stop to the next start.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        shutil.copytree(INSTALLED / "keycloak/data/h2", self.folder / "database")
        self.authority = Authority(self.folder)
        self.authority.issue("127.0.0.1")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Has it answer, unless it does."""
        if self.process is not None:
            return
        database = f"jdbc:h2:file:{self.folder}/database/keycloakdb;NON_KEYWORDS=VALUE"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [INSTALLED / "keycloak/bin/kc.sh", "start", *self._options()],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "JAVA_OPTS": JAVA_OPTIONS, "KC_DB_URL": database},
                start_new_session=True,  # the script is one process, the server another
            )
        try:
            self._wait(self.process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends it."""
        if self.process is not None:
            self.send(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def send(self, number: int) -> None:
        """Sends it a signal."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def _options(self) -> Iterator[str]:
        yield from ("--optimized", "--cache=local", "--http-enabled=true", "--http-host=127.0.0.1")
        yield f"--http-port={self.port}"
        yield f"--https-port={self.tls_port}"
        yield f"--hostname={self.url}"
        yield f"--https-certificate-file={self.folder}/127.0.0.1.pem"
        yield f"--https-certificate-key-file={self.folder}/127.0.0.1.pem"
        yield f"--https-trust-store-file={self.authority.path}"

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            with suppress(OSError, AssertionError):
                self.ask("/realms/shop/.well-known/openid-configuration")
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
                break
        raise AssertionError((self.folder / "log").read_text()[-2000:])

    def ask(
        self,
        path: str,
        content: bytes | None = None,
        fields: dict[str, str] | None = None,
        method: str | None = None,
        certificate: Identity | None = None,
    ) -> Json:
        """Returns what it answers; with a certificate it is asked over TLS."""
        tls: ssl.SSLContext | None = None
        url = self.url
        if certificate is not None:
            tls, url = self.authority.client(certificate), f"https://127.0.0.1:{self.tls_port}"
        asked = urllib.request.Request(url + path, content, fields or {}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE, context=tls) as answer:
                body = answer.read()
        except urllib.error.HTTPError as refused:
            raise AssertionError(refused.read()) from None
        return json.loads(body) if body else None


@dataclass(frozen=True)
class Realm:
    """What is asked of one realm."""

    keycloak: Keycloak
    name: str = "shop"

    def log_in(self, user: str = "alice", client: str = "app", scope: str = "") -> dict[str, str]:
        """Returns what a user gets who logs in: `access_token`, `refresh_token`, perhaps more."""
        form = {"grant_type": "password", "client_id": client, "username": user}
        asked = {"scope": scope} if scope else {}
        return self._token(password=f"password-of-{user}", **form, **asked)

    def bearer(self, user: str = "alice", client: str = "app", scope: str = "") -> str:
        """Returns the access token of a user."""
        return self.log_in(user, client, scope)["access_token"]

    def revoke(self, token: str) -> None:
        """Takes an access token back."""
        self._post("revoke", client_id="app", token=token)

    def log_out(self, tokens: dict[str, str]) -> None:
        """Ends the session that tokens belong to."""
        self._post("logout", client_id="app", refresh_token=tokens["refresh_token"])

    def own(self, client: str, certificate: Identity | None = None, **fields: str) -> str:
        """Returns the access token of a client that acts for itself."""
        return self._token(
            certificate,
            fields,
            grant_type="client_credentials",
            client_id=client,
            client_secret=f"secret-of-{client}",
        )["access_token"]

    def bound(self) -> str:
        """Returns a token that is bound to the key that tests make proofs with."""
        endpoint = f"{self.keycloak.url}/realms/{self.name}/protocol/openid-connect/token"
        made = proof(htm="POST", htu=endpoint, iat=int(time.time()), ath=None, jti=str(uuid4()))
        return self.own("wallet", DPoP=made)

    def introspected(self, token: str, client: str = "edge") -> dict[str, Json]:
        """Returns what a client is told about a token, which has to be for this client."""
        credentials = {"client_id": client, "client_secret": f"secret-of-{client}"}
        answer = self._post("token/introspect", token=token, **credentials)
        assert isinstance(answer, dict)
        return answer

    def add_key(self, name: str, priority: int) -> None:
        """Adds a key; the one with the highest priority signs."""
        self._administer(
            "",
            {
                "name": name,
                "providerId": "ecdsa-generated",
                "providerType": "org.keycloak.keys.KeyProvider",
                "config": {"priority": [str(priority)], "ecdsaEllipticCurveKey": ["P-256"]},
            },
        )

    def remove_key(self, name: str) -> None:
        """Takes a key away."""
        found = self._administer(f"?{urlencode({'name': name})}")
        assert isinstance(found, list)
        for each in found:
            assert isinstance(each, dict)
            self._administer(f"/{each['id']}", method="DELETE")

    def _administer(self, rest: str, content: Json = None, method: str | None = None) -> Json:
        return self.keycloak.ask(
            f"/admin/realms/{self.name}/components{rest}",
            None if content is None else json.dumps(content).encode(),
            {
                "Authorization": f"Bearer {self.own('operator')}",
                "Content-Type": "application/json",
            },
            method,
        )

    def _token(
        self,
        certificate: Identity | None = None,
        fields: dict[str, str] | None = None,
        /,
        **form: str,
    ) -> dict[str, str]:
        answer = self._post("token", certificate, fields, **form)
        assert isinstance(answer, dict)
        return {name: value for name, value in answer.items() if isinstance(value, str)}

    def _post(
        self,
        endpoint: str,
        certificate: Identity | None = None,
        fields: dict[str, str] | None = None,
        /,
        **form: str,
    ) -> Json:
        path = f"/realms/{self.name}/protocol/openid-connect/{endpoint}"
        content = urlencode(form).encode()
        return self.keycloak.ask(path, content, fields, certificate=certificate)


SERVE = """\
serve:
  host: 127.0.0.1
  port: {port}
  workers: 1
  trusted_proxies: [127.0.0.1]
  client_certificate_from: Client-Cert
management: {{host: 127.0.0.1, port: {management}}}
"""


@contextmanager
def edge_before(url: str, folder: Path) -> Iterator["Edge"]:
    """Yields a decision service with the configuration of docs/keycloak.md.

    Args:
        url: where it looks for Keycloak.
        folder: for its files.
    """
    place = Place(folder, upstream=0)
    (configuration,) = [each for each in snippets("configuration") if "keycloak" in each.words]
    (rules,) = [each for each in snippets("rules") if "keycloak" in each.words]
    head = SERVE.format(port=place.port, management=place.management)
    (folder / "edgeauth.yaml").write_text(head + configuration.text)
    (folder / "rules.yaml").write_text(rules.text)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KEYCLOAK", url)
        with place.running("decision") as process:
            yield Edge(place, process)


@dataclass(frozen=True)
class Edge:
    """A decision service, asked by a proxy for https://shop.test."""

    place: Place
    process: "subprocess.Popen[str]"

    def decides(
        self, path: str, token: str, scheme: str = "Bearer", **fields: str
    ) -> tuple[int, HTTPMessage]:
        """Returns status and fields of what it answers to `GET` with a token."""
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "shop.test"}
        credentials = {"Authorization": f"{scheme} {token}"}
        status, answer, _ = ask(self.place.port, path, forwarded | credentials | fields)
        return status, answer

    def status(self, path: str, token: str, scheme: str = "Bearer", **fields: str) -> int:
        """Returns the status alone."""
        return self.decides(path, token, scheme, **fields)[0]

    def comes_to(self, wanted: int, path: str, token: str) -> bool:
        """Returns whether it answers that, at last."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.status(path, token) == wanted:
                return True
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.2)
                return False
        return False


def field_of(certificate: Identity) -> str:
    """Returns the field in which a proxy tells of a certificate (RFC 9440)."""
    return f":{base64.b64encode(certificate.der).decode()}:"
