from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.mechanisms.authenticators import mtls
from edgeauth.model.client_certificate import ClientCertificate
from edgeauth.model.decision import Refusal
from edgeauth.model.errors import Reason
from edgeauth.model.identity import Principal
from edgeauth.wire.client_certificates import (
    X_FORWARDED_CLIENT_CERT,
    parse_certificate,
    parse_client_certificate_field,
)
from tests.fakes.certificates import BEGIN, END, NOW, certificate
from tests.fakes.client_certificates import SERVER, dns, email, shown, uri
from tests.fakes.driving import run_straight
from tests.fakes.handshakes import Authority
from tests.fakes.keys import signing_key
from tests.fakes.mistakes import mistakes
from tests.fakes.requests import matched
from tests.fakes.services import World

ORDERS = "spiffe://shop.test/ns/prod/orders"


def config(source="spiffe_id", **more):
    trust = {name: more.pop(name) for name in ("trust_store",) if name in more}
    return {"principal": {"from": source}, "assertions": more, **trust}


def asked(certificate, settings=None, world=None):
    authenticator = (world or World()).build(mtls.TYPE, settings or config())
    return run_straight(authenticator.authenticate(matched(certificate=certificate)))


def told(value):
    return parse_client_certificate_field(X_FORWARDED_CLIENT_CERT, value.encode())


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        ({}, ["principal"]),
        ({"principal": {}}, ["principal.from"]),
        ({"principal": {"from": "cn"}}, ["principal.from"]),
        ({"principal": {"id": "sub"}}, ["principal.from", "principal.id"]),
        (config(trust_domains=[]), ["assertions.trust_domains"]),
        (config(trust_domains=["Shop.test"]), ["assertions.trust_domains.0"]),
        (config(trust_domains=["spiffe://shop.test"]), ["assertions.trust_domains.0"]),
        (config(dns_names=["*"]), ["assertions.dns_names.0"]),
        (config(dns_names=["*.*.test"]), ["assertions.dns_names.0"]),
        (config(dns_names=["a b"]), ["assertions.dns_names.0"]),
        (config(emails=["shop.test"]), ["assertions.emails.0"]),
        (config(emails=["a*@shop.test"]), ["assertions.emails.0"]),
        (config(uris=["/orders"]), ["assertions.uris.0"]),
        (config(uris=["spiffe://*/orders"]), ["assertions.uris.0"]),
        (config(fingerprints=["ab"]), ["assertions.fingerprints.0"]),
        (config(nope=[]), ["assertions.nope"]),
    ],
)
def test_a_wrong_configuration_is_refused(settings, places):
    assert [place for place, _ in mistakes(mtls.TYPE, settings)] == places


def test_attack_153_a_trust_store_that_is_not_there_stops_the_start(tmp_path):
    with pytest.raises(ValueError, match=r"none\.pem"):
        World().build(mtls.TYPE, config(trust_store=str(tmp_path / "none.pem")))


def test_without_a_certificate_nobody_is_recognised():
    outcome = asked(None)

    assert isinstance(outcome, Refusal)
    assert outcome.causes == {Reason.AUTHENTICATION, Reason.PRECONDITION}


EARLIER = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
REFUSED = {
    "no-uri": (shown(), config(), "spiffe_id"),
    "attack-155-two-uris": (shown(uri(ORDERS), uri("spiffe://shop.test/a")), config(), "spiffe_id"),
    "attack-155-two-uris-with-another-scheme": (
        shown(uri(ORDERS), uri("https://shop.test")), config(), "spiffe_id",
    ),
    "attack-155-capitals": (shown(uri("spiffe://SHOP.test/a")), config(), "spiffe_id"),
    "attack-155-dot-segments": (
        shown(uri("spiffe://shop.test/a/../orders")), config(), "spiffe_id",
    ),
    "attack-155-another-trust-domain": (
        shown(uri("spiffe://evil.test/a")), config(trust_domains=["shop.test"]), "trust domain",
    ),
    "attack-155-trust-domain-as-prefix": (
        shown(uri("spiffe://shop.test.evil.test/a")), config(trust_domains=["shop.test"]),
        "trust domain",
    ),
    "attack-155-no-svid-where-one-is-demanded": (
        shown(dns("a.test")), config("dns_name", trust_domains=["shop.test"]), "trust domain",
    ),
    "another-path": (
        shown(uri(ORDERS)), config(uris=["spiffe://shop.test/ns/test/**"]), "demanded uri",
    ),
    "path-as-prefix": (
        shown(uri("spiffe://shop.test/ns/production/a")),
        config(uris=["spiffe://shop.test/ns/prod/**"]), "demanded uri",
    ),
    "the-root-itself": (
        shown(uri("spiffe://shop.test/ns")), config(uris=["spiffe://shop.test/ns/**"]),
        "demanded uri",
    ),
    "no-host-name": (shown(), config("dns_name"), "exactly one dns_name"),
    "two-host-names": (
        shown(dns("a.test"), dns("b.test")), config("dns_name"), "exactly one dns_name",
    ),
    "two-demanded-host-names": (
        shown(dns("a.shop.test"), dns("b.shop.test")),
        config("dns_name", dns_names=["*.shop.test"]), "exactly one dns_name",
    ),
    "a-wildcard-is-nobody": (shown(dns("*.shop.test")), config("dns_name"), "exactly one"),
    "two-labels-for-a-wildcard": (
        shown(dns("a.b.shop.test")), config("dns_name", dns_names=["*.shop.test"]), "demanded",
    ),
    "no-label-for-a-wildcard": (
        shown(dns("shop.test")), config("dns_name", dns_names=["*.shop.test"]), "demanded",
    ),
    "attack-115-two-at-signs": (
        ClientCertificate(b"x" * 32, "CN=a", emails=("a@shop.test@evil.test",)),
        config("email"), "exactly one email",
    ),
    "attack-115-another-domain": (
        shown(email("a@shop.test.evil.test")), config("email", emails=["*@shop.test"]), "demanded",
    ),
    "another-address": (
        shown(email("A@shop.test")), config("email", emails=["a@shop.test"]), "demanded",
    ),
    "two-common-names": (shown(common_names=("a", "b")), config("common_name"), "common name"),
    "no-common-name": (shown(common_names=()), config("common_name"), "common name"),
    "attack-152-nul-in-the-common-name": (
        shown(common_names=("admin\0.evil",)), config("common_name"), "common name",
    ),
    "no-subject": (shown(common_names=()), config("subject"), "exactly one subject"),
    "another-issuer": (
        shown(issuer="others"), config("common_name", issuers=["CN=clients"]), "another issuer",
    ),
    "attack-109-issuer-as-prefix": (
        shown(issuer="clients,O=x"), config("common_name", issuers=["CN=clients"]),
        "another issuer",
    ),
    "another-certificate": (
        shown(), config("common_name", fingerprints=["ab" * 32]), "none of those",
    ),
    "for-servers": (shown(usages=(SERVER,)), config("common_name"), "not for clients"),
    "of-an-authority": (shown(authority=True), config("common_name"), "of an authority"),
    "expired": (shown(begin=EARLIER, end=BEGIN), config("common_name"), "expired"),
    "not-valid-yet": (shown(begin=END, end=LATER), config("common_name"), "not valid yet"),
    "told-without-issuer": (
        told(f'Hash={"ab" * 32};Subject="CN=a"'), config("common_name", issuers=["CN=a"]),
        "nothing was told",
    ),
    "told-without-subject": (told(f"Hash={'ab' * 32}"), config("subject"), "exactly one subject"),
}  # fmt: skip


@pytest.mark.parametrize(("shows", "settings", "why"), REFUSED.values(), ids=REFUSED)
def test_a_certificate_that_does_not_prove_it_is_refused(shows, settings, why):
    outcome = asked(shows, settings)

    assert isinstance(outcome, Refusal)
    assert why in outcome.detail
    assert outcome.causes == {Reason.AUTHENTICATION}
    assert asked(shows, settings) == outcome


ACCEPTED = {
    "spiffe-id": (shown(uri(ORDERS)), config(trust_domains=["shop.test"]), ORDERS),
    "below-a-path": (
        shown(uri(ORDERS)), config(uris=["spiffe://shop.test/ns/prod/**", "https://x"]), ORDERS,
    ),
    "uri": (shown(uri("urn:a:b")), config("uri"), "urn:a:b"),
    "host-name": (shown(dns("Orders.test")), config("dns_name"), "orders.test"),
    "the-only-demanded-host-name": (
        shown(dns("orders.shop.test"), dns("localhost")),
        config("dns_name", dns_names=["*.Shop.test"]), "orders.shop.test",
    ),
    "address": (
        shown(email("a@Shop.test")), config("email", emails=["*@shop.test"]), "a@Shop.test",
    ),
    "common-name": (shown(), config("common_name", issuers=["CN=clients"]), "orders"),
    "subject": (shown(common_names=("a, b",)), config("subject"), "CN=a\\, b"),
    "without-usages": (shown(usages=()), config("common_name"), "orders"),
    "told-by-a-proxy": (
        told(f'By=x;Hash={"ab" * 32};Subject="CN=a,O=b";URI={ORDERS};DNS='), config(), ORDERS,
    ),
    "told-common-name": (told(f'Hash={"ab" * 32};Subject="CN=a,O=b"'), config("common_name"), "a"),
    "fingerprint": (
        told(f"Hash={'ab' * 32}"),
        config("fingerprint", fingerprints=[":".join(["AB"] * 32)]), "ab" * 32,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("shows", "settings", "name"), ACCEPTED.values(), ids=ACCEPTED)
def test_the_name_that_is_configured_is_the_principal(shows, settings, name):
    found = asked(shows, settings)

    assert isinstance(found, Principal), found
    assert found.id == name


def test_everything_that_is_known_is_an_attribute():
    shows = shown(uri(ORDERS), dns("a.test"), email("a@b.test"))

    found = asked(shows)

    assert found.attributes == {
        "fingerprint": shows.fingerprint.hex(), "subject": "CN=orders", "uris": [ORDERS],
        "dns_names": ["a.test"], "emails": ["a@b.test"], "trust_domain": "shop.test",
        "spiffe_path": "/ns/prod/orders", "issuer": "CN=clients", "serial": "abc",
        "not_before": BEGIN.timestamp(), "not_after": END.timestamp(),
    }  # fmt: skip
    assert found.expires_at == END.timestamp()


def test_a_certificate_that_ends_while_its_connection_is_open_is_refused_from_then_on():
    world = World()
    authenticator = world.build(mtls.TYPE, config("common_name"))
    seen = matched(certificate=shown())
    assert run_straight(authenticator.authenticate(seen)).id == "orders"

    world.clock.advance(END.timestamp() - NOW + 1)

    assert "expired" in run_straight(authenticator.authenticate(seen)).detail


def test_fingerprints_tell_certificates_and_settings_apart():
    kinds = ("common_name", "subject", "fingerprint")
    found = {asked(shown(), config(kind)).fingerprint for kind in kinds}
    found.add(asked(shown(dns("a.test")), config("common_name")).fingerprint)

    assert len(found) == 4


def test_only_who_was_issued_a_certificate_by_the_trust_store_is_recognised(tmp_path):
    ours, others = Authority(tmp_path, "ours"), Authority(tmp_path, "others")
    below = Authority(tmp_path, "below", ours)
    world = World()
    world.clock.advance(datetime.now(UTC).timestamp() - NOW)
    settings = config("common_name", trust_store=str(ours.path))

    def outcome(authority):
        der = authority.issue("orders").certificate.public_bytes(Encoding.DER)
        return asked(parse_certificate(der), settings, world)

    assert outcome(ours).id == "orders"
    for stranger in (others, below):
        assert "nobody in the trust store" in outcome(stranger).detail


def test_attack_155_an_authority_of_the_same_name_is_another_one(tmp_path):
    world = World()
    forged = shown(issuer="ours")
    trusted = certificate(signing_key("EdDSA"), "ours", authority=True)
    (tmp_path / "ours.pem").write_bytes(trusted.public_bytes(Encoding.PEM))

    outcome = asked(forged, config("common_name", trust_store=str(tmp_path / "ours.pem")), world)

    assert "nobody in the trust store" in outcome.detail


def test_a_text_that_only_looks_like_a_certificate_is_refused():
    shows = ClientCertificate(b"x" * 32, "CN=a", der=b"0")

    assert isinstance(asked(shows, config("common_name")), Refusal)
