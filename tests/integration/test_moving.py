"""The examples of the pages that tell how to move from another product, before fakes of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
import pytest

from tests.docs.pages import snippets
from tests.fakes.certificates import pem
from tests.fakes.ports import free_port
from tests.integration.gateways import SIGNER, running
from tests.integration.processes import COMMAND, QuietServer, ask, in_thread

pytestmark = pytest.mark.slow

COOKIES = {
    "staff": {"email": "alice@example.com", "user": "1", "groups": ["staff"]},
    "auditor": {"email": "bob@example.com", "user": "2", "groups": ["staff", "auditors"]},
    "guest": {"email": "eve@example.com", "user": "3"},
    "stranger": {"email": "eve@example.com@evil.test", "user": "4", "groups": ["staff"]},
    "nameless": {},
}
"""What oauth2-proxy says of whose session a cookie is."""


class _Others(BaseHTTPRequestHandler):
    """Answers as oauth2-proxy, Kratos and a policy engine do."""

    def do_GET(self) -> None:
        _, _, session = (self.headers["cookie"] or "").partition("=")
        if session not in COOKIES:
            self.send_error(401)
        elif self.path == "/oauth2/userinfo":
            self._answer(COOKIES[session])
        else:
            identity = {"id": session, "traits": COOKIES[session]}
            self._answer({"active": True, "identity": identity})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        self._answer({"result": asked["subject"] == "staff" and asked["order"] == "7"})

    def _answer(self, content: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the library's name)
        """Says nothing."""


@contextmanager
def moved(product: str, folder: Path, **changed: str) -> Iterator[int]:
    """Runs the decision service of a page; yields its port."""
    for name, mark in (("edgeauth.yaml", "configuration"), ("rules.yaml", "rules")):
        (found,) = [each for each in snippets(mark) if f"from-{product}" in each.words]
        (folder / name).write_text(found.text)
    (folder / "signer.pem").write_bytes(pem(SIGNER))
    port = free_port()
    with in_thread(QuietServer(("127.0.0.1", 0), _Others)) as others:
        there = f"http://127.0.0.1:{others.server_address[1]}"
        environment = {
            **dict.fromkeys(("LOGIN", "SESSIONS", "OPA"), there),
            "EDGEAUTHCFG_SERVE_PORT": str(port),
            "EDGEAUTHCFG_SERVE_HOST": "127.0.0.1",
            "EDGEAUTHCFG_SERVE_WORKERS": "1",
            "EDGEAUTHCFG_SERVE_TRUSTED__PROXIES_0": "127.0.0.1",
            "EDGEAUTHCFG_MANAGEMENT_PORT": str(free_port()),
            **changed,
        }
        command = (COMMAND, "serve", "decision", "--insecure")
        with running(folder, port, *command, environment=environment):
            yield port


@pytest.fixture(scope="module")
def oauth2_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with moved("oauth2-proxy", tmp_path_factory.mktemp("moved")) as port:
        yield port


@pytest.fixture(scope="module")
def oathkeeper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with moved("oathkeeper", tmp_path_factory.mktemp("moved")) as port:
        yield port


def asked(path: str, cookie: str = "", **fields: str) -> dict[str, str]:
    """Returns what a gateway asks."""
    told = {"Proto": "https", "Host": "shop.example.com", "Uri": path, "Method": "GET"}
    question = {f"X-Forwarded-{name}": value for name, value in {**told, **fields}.items()}
    return {**question, "Cookie": cookie} if cookie else question


BROWSER = {"Accept": "text/html,*/*"}


@pytest.mark.parametrize(
    ("path", "session", "status"),
    [
        ("/", "", 401),
        ("/", "unknown", 401),
        ("/", "guest", 403),
        ("/", "stranger", 403),
        ("/", "nameless", 500),
        ("/", "staff", 200),
        ("/api/x", "", 401),
        ("/api/x", "staff", 200),
        ("/reports/x", "staff", 403),
        ("/reports/x", "auditor", 200),
        ("/public/x", "", 200),
        ("/favicon.ico", "", 200),
        ("/public-but-not-really", "", 401),
        ("/public/../reports/x", "", 401),
    ],
)
def test_sessions_of_oauth2_proxy_open_what_the_rules_say(
    oauth2_proxy: int, path: str, session: str, status: int
):
    question = asked(path, session and f"_oauth2_proxy={session}")

    assert ask(oauth2_proxy, "/", question)[0] == status


def test_without_oauth2_proxy_nobody_is_let_in(tmp_path: Path):
    with moved("oauth2-proxy", tmp_path, LOGIN=f"http://127.0.0.1:{free_port()}") as port:
        assert ask(port, "/", asked("/", "_oauth2_proxy=staff"))[0] == 502
        assert ask(port, "/", asked("/public/x"))[0] == 200


def test_services_hear_whose_session_it_is(oauth2_proxy: int):
    _, fields, _ = ask(oauth2_proxy, "/", asked("/x", "_oauth2_proxy_0=staff"))

    assert fields.get_all("x-forwarded-email") == ["alice@example.com"]


def test_browsers_are_sent_to_oauth2_proxy(oauth2_proxy: int):
    status, fields, _ = ask(oauth2_proxy, "/", asked("/x?y=z") | BROWSER)

    there = "https%3A%2F%2Fshop.example.com%2Fx%3Fy%3Dz"
    assert status == 302
    assert fields["location"] == f"https://login.example.com/oauth2/start?rd={there}"


@pytest.mark.parametrize(
    ("path", "session", "status"),
    [
        ("/api/orders/7", "", 401),
        ("/api/orders/7", "unknown", 401),
        ("/api/orders/7", "guest", 403),
        ("/api/orders/8", "staff", 403),
        ("/api/orders/x", "staff", 403),
        ("/other", "staff", 403),
        ("/api/orders/7", "staff", 200),
        ("/assets/a/b.css", "", 200),
    ],
)
def test_rules_of_oathkeeper_decide_as_before(
    oathkeeper: int, path: str, session: str, status: int
):
    question = asked(path, session and f"ory_kratos_session={session}")

    assert ask(oathkeeper, "/", question)[0] == status


def test_services_behind_oathkeeper_find_their_token(oathkeeper: int):
    question = asked("/api/orders/7", "ory_kratos_session=staff")

    _, fields, _ = ask(oathkeeper, "/", question)

    token = fields["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, SIGNER.public_key(), ["EdDSA"])
    assert (claims["sub"], claims["email"]) == ("staff", "alice@example.com")
    assert claims["iss"] == "https://oathkeeper.example.com"


def test_other_methods_and_hosts_are_other_rules(oathkeeper: int):
    session = "ory_kratos_session=staff"

    assert ask(oathkeeper, "/", asked("/api/orders/7", session, Method="DELETE"))[0] == 403
    assert ask(oathkeeper, "/", asked("/api/orders/7", session, Host="other.test"))[0] == 403
    assert ask(oathkeeper, "/", asked("/api/orders/7", session, Proto="http"))[0] == 403
