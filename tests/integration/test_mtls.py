"""Certificates of clients as principals: shown to a real listener, or told by a real proxy."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.fakes.handshakes import Authority, Identity
from tests.integration.processes import Place, ask, stop

pytestmark = pytest.mark.slow

RULES = """\
version: "1beta1"
rules:
  - id: orders
    match: {{http: {{paths: [{{path: /orders}}]}}}}
    forward_to: {{host: "127.0.0.1:{port}", rewrite: {{scheme: http}}}}
    execute:
      - authenticator: user
      - {{authenticator: workload, principal: workload}}
      - {{authorizer: allow}}
      - finalizer: tell
        config: {{headers: {{X-User: "{{{{ .Subject.ID }}}} by {{{{ .Subject.workload.ID }}}}"}}}}
"""
TYPES = """\
    - {id: user, type: basic_auth, config: {user_id: alice, password: secret}}
    - id: workload
      type: mtls
      config: {principal: {from: spiffe_id}, assertions: {trust_domains: [shop.test]}}
"""
ALICE = {"Authorization": "Basic YWxpY2U6c2VjcmV0"}
FIELD = "X-Forwarded-Client-Cert"
APP = "spiffe://shop.test/app"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@contextmanager
def serving(place: Place, serve: str) -> Iterator[None]:
    place.write()
    path = place.folder / "edgeauth.yaml"
    text = path.read_text().replace("  authenticators:\n", f"  authenticators:\n{TYPES}")
    path.write_text(text.replace("  trusted_proxies: [127.0.0.1]\n", serve))
    (place.folder / "rules.yaml").write_text(RULES.format(port=place.upstream))
    with place.running("proxy") as process:
        yield
        _, errors = stop(process)
    assert "Traceback" not in errors


def workload(authority: Authority, name: str, *uris: str) -> Identity:
    return authority.issue(name, sans=[x509.UniformResourceIdentifier(each) for each in uris])


def test_user_and_workload_prove_themselves_each_in_its_way(
    place: Place, authority: Authority
) -> None:
    authority.issue("shop.test", file="tls.pem")
    app = workload(authority, "app", APP)
    evil = workload(authority, "evil", "spiffe://evil.test/app")
    both = workload(authority, "both", APP, "spiffe://shop.test/admin")

    def answer(shown: Identity | None, fields: dict[str, str]) -> tuple[int, bytes]:
        context = authority.client(shown)
        context.check_hostname = False
        status, _, body = ask(place.port, "/orders", fields, context)
        return status, body

    clients = f"{{mode: optional, trust_store: {authority.path}}}"
    tls = f"  tls: {{key_store: {{path: tls.pem}}, client_certificates: {clients}}}\n"
    with serving(place, tls):
        status, body = answer(app, ALICE)
        refused = [
            answer(shown, fields)[0]
            for shown, fields in ((None, ALICE), (evil, ALICE), (both, ALICE), (app, {}))
        ]
        forged = answer(None, {**ALICE, FIELD: element(app)})[0]

    assert (status, f"alice by {APP}".encode() in body) == (200, True)
    assert refused == [401, 401, 401, 401]
    assert forged == 401


def element(identity: Identity) -> str:
    digest = identity.certificate.fingerprint(SHA256()).hex()
    text = identity.certificate.public_bytes(Encoding.PEM).decode()
    return f'By=spiffe://shop.test/edge;Hash={digest};Cert="{quote(text, safe="")}";Subject=""'


@pytest.mark.parametrize(
    ("which", "statuses"),
    [("only", (200, 400, 400)), ("first", (200, 200, 401)), ("last", (200, 401, 200))],
)
def test_attack_151_of_several_certificates_that_proxies_tell_of_one_counts_or_none(
    place: Place, authority: Authority, which: str, statuses: tuple[int, ...]
) -> None:
    app = element(workload(authority, "app", APP))
    evil = element(workload(authority, "evil", "spiffe://evil.test/app"))
    serve = (
        "  trusted_proxies: [127.0.0.1]\n"
        "  client_certificate_from: X-Forwarded-Client-Cert\n"
        f"  client_certificate_element: {which}\n"
    )

    with serving(place, serve):
        found = tuple(
            ask(place.port, "/orders", {**ALICE, FIELD: told})[0]
            for told in (app, f"{app},{evil}", f"{evil},{app}")
        )

    assert found == statuses
