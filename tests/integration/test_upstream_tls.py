"""TLS towards upstreams: who is refused, what is shown, and what new files change."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from edgeauth.config.models.upstreams import Upstreams
from edgeauth.contract.endpoint_keys import StoredEndpointKeys
from edgeauth.contract.signers import Signers
from edgeauth.listeners.dialling import Dialler
from edgeauth.listeners.upstream_trust import UpstreamTrust
from edgeauth.model.decision import Decision, Permit
from edgeauth.model.request import Request
from edgeauth.model.routing import Target
from edgeauth.ports.content import ContentSource
from edgeauth.secret_sources.sources import HeldSecrets
from edgeauth.services.client_tls import ClientContexts
from edgeauth.services.clock import SystemClock
from edgeauth.services.listener_status import UpstreamFailure
from tests.attacks.edge import EDITS, GET, OWNED, PORTS, Edge, Upstream, run, running_edge
from tests.fakes.handshakes import Authority
from tests.fakes.http_servers import blocking

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


@pytest.fixture
def authority(tmp_path):
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "ca.pem")
    made.issue_cert("edge.test").private_key_and_cert_chain_pem.write_to_path(tmp_path / "me.pem")
    return made


def contexts_of(*entries) -> tuple[Upstreams, ClientContexts]:
    settings, secrets = Upstreams.model_validate({"tls": entries}), HeldSecrets()
    clock = SystemClock()
    contexts = ClientContexts(StoredEndpointKeys(Signers(clock, secrets), secrets, clock))
    for entry in settings.tls:
        contexts.prepare(entry)
    return settings, contexts


def trusting(tmp_path, **more) -> dict[str, object]:
    return {"hosts": ["localhost"], "trust_store": str(tmp_path / "ca.pem"), **more}


def dialler_with(*entries) -> Dialler:
    return Dialler(10.0, UpstreamTrust(*contexts_of(*entries)).of)


def server(shown: trustme.LeafCert, latest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.configure_cert(context)
    if latest is not None:
        context.maximum_version = latest
    return context


async def by_name(_request: Request, _content: ContentSource) -> Decision:
    return Permit("rule", "alice", EDITS, Target("localhost", PORTS[-1], "https"), OWNED)


def told(upstream_tls: ssl.SSLContext, dialler: Dialler, status: int) -> str:
    """Returns what the log says of a request, whose answer has to have a status."""
    upstream = Upstream()

    async def scenario() -> None:
        async with (
            running_edge(
                upstream, decide=by_name, dialler=dialler, upstream_tls=upstream_tls
            ) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            assert (await client.answer()).status == status
            failed = {} if status == 200 else {UpstreamFailure.TLS: 1}
            assert edge.door._status.failed == failed

    with capture_logs() as lines:
        run(scenario())
    assert len(upstream.requests) == (status == 200)
    return "".join(line["error"] for line in lines)


def told_by_a_thread(context: ssl.SSLContext, dialler: Dialler, status: int) -> str:
    """Does the same with an upstream that says why a handshake has failed."""
    with blocking(context) as url:
        port = int(url.rpartition(":")[2])

        async def there(_request: Request, _content: ContentSource) -> Decision:
            return Permit("rule", "alice", EDITS, Target("localhost", port, "https"), OWNED)

        async def scenario() -> None:
            async with running_edge(decide=there, dialler=dialler) as edge, edge.client() as client:
                client.send(GET)
                assert (await client.answer()).status == status
                failed = {} if status == 200 else {UpstreamFailure.TLS: 1}
                assert edge.door._status.failed == failed

        with capture_logs() as lines:
            run(scenario())
    return "".join(line["error"] for line in lines)


@pytest.mark.parametrize(
    ("issue", "reason"),
    [
        pytest.param({"identities": ["other.test"]}, "is for another name", id="wrong name"),
        pytest.param({"common_name": "localhost"}, "is for another name", id="common name only"),
        pytest.param({"not_after": NOW - DAY}, "has expired", id="expired"),
        pytest.param({"not_before": NOW + DAY}, "is not valid yet", id="not yet valid"),
    ],
)
def test_a_certificate_that_does_not_fit_is_refused(tmp_path, authority, issue, reason):
    names = issue.pop("identities", [] if "common_name" in issue else ["localhost"])
    dates = {"not_before": NOW - 2 * DAY, "not_after": NOW + 2 * DAY} | issue
    shown = authority.issue_cert(*names or ["192.0.2.1"], **dates)
    error = told(server(shown), dialler_with(trusting(tmp_path)), 502)
    assert error == f"its certificate {reason}"


def test_a_certificate_of_a_stranger_is_refused(tmp_path, authority):
    stranger = server(trustme.CA().issue_cert("localhost"))
    error = told(stranger, dialler_with(trusting(tmp_path)), 502)
    assert error == "nobody trusted vouches for its certificate"


def test_a_self_signed_certificate_is_refused(tmp_path, authority):
    alone = Authority(tmp_path, "localhost")
    secret = alone.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "alone.pem").write_bytes(secret + alone.path.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "alone.pem")
    error = told(context, dialler_with(trusting(tmp_path)), 502)
    assert error == "nobody trusted vouches for its certificate: it signed it itself"


def test_an_authority_that_is_configured_for_other_hosts_is_not_trusted(tmp_path, authority):
    elsewhere = trusting(tmp_path) | {"hosts": ["*.localhost", "localhost:1"]}
    shown = server(authority.issue_cert("localhost"))
    assert "nobody trusted" in told(shown, dialler_with(elsewhere), 502)
    assert "nobody trusted" in told(shown, Dialler(10.0), 502)


def test_an_older_version_than_configured_is_not_spoken(tmp_path, authority):
    shown = server(authority.issue_cert("localhost"), ssl.TLSVersion.TLSv1_2)
    strict = trusting(tmp_path, min_version="TLS1.3")
    error = told_by_a_thread(shown, dialler_with(strict), 502)
    assert error == "TLS failed: TLSV1_ALERT_PROTOCOL_VERSION"
    assert told_by_a_thread(shown, dialler_with(trusting(tmp_path)), 200) == ""


def test_a_certificate_may_be_for_another_name_if_that_is_configured(tmp_path, authority):
    shown = server(authority.issue_cert("orders.internal"))
    asked: list[str | None] = []
    shown.sni_callback = lambda _handshake, name, _context: asked.append(name)
    dialler = dialler_with(trusting(tmp_path, server_name="Orders.Internal"))
    assert told(shown, dialler, 200) == ""
    assert asked == ["orders.internal"]
    other = server(authority.issue_cert("localhost"))
    assert told(other, dialler, 502) == "its certificate is for another name"


@pytest.mark.parametrize("latest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_is_shown_where_it_is_configured(tmp_path, authority, latest):
    shown = server(authority.issue_cert("localhost"), latest)
    shown.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(shown)
    error = told_by_a_thread(shown, dialler_with(trusting(tmp_path)), 502)
    assert error.startswith("TLS failed: ")
    showing = trusting(tmp_path, key_store={"path": str(tmp_path / "me.pem")})
    assert told_by_a_thread(shown, dialler_with(showing), 200) == ""


@contextmanager
def exchanged(path, content: bytes) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(content)
    yield
    path.write_bytes(before)


def test_connections_of_a_former_trust_are_not_used_again(tmp_path, authority):
    settings, contexts = contexts_of(trusting(tmp_path))
    dialler = Dialler(10.0, UpstreamTrust(settings, contexts).of)
    upstream, ca = Upstream(), tmp_path / "ca.pem"

    async def ask(edge: Edge, status: int) -> None:
        async with edge.client() as client:
            client.send(GET)
            assert (await client.answer()).status == status

    async def scenario() -> None:
        tls = server(authority.issue_cert("localhost"))
        async with running_edge(
            upstream, decide=by_name, dialler=dialler, upstream_tls=tls
        ) as edge:
            await ask(edge, 200)
            await ask(edge, 200)
            assert len(upstream.streams) == 1
            with exchanged(ca, b"nonsense"), pytest.raises(ValueError, match=r"ca\.pem"):
                contexts.renew()
            await ask(edge, 200)
            assert len(upstream.streams) == 1
            with exchanged(ca, trustme.CA().cert_pem.bytes()):
                contexts.renew()
            edge.door.sweep()
            await ask(edge, 502)

    run(scenario())


def test_a_request_under_way_is_finished_when_the_trust_changes(tmp_path, authority):
    settings, contexts = contexts_of(trusting(tmp_path))
    dialler = Dialler(10.0, UpstreamTrust(settings, contexts).of)
    upstream = Upstream(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")

    async def scenario() -> None:
        tls = server(authority.issue_cert("localhost"))
        async with (
            running_edge(upstream, decide=by_name, dialler=dialler, upstream_tls=tls) as edge,
            edge.client() as client,
        ):
            client.send(GET)
            while b"\r\n\r\n" not in client.rest:
                client.rest += await client.reader.read(100)
            contexts.renew()
            edge.door.sweep()
            (open_one,) = edge.door._pool.open
            open_one.data_received(b"k")
            assert (await client.answer()).body == b"ok"
            assert not open_one.usable

    run(scenario())
