"""Contexts of listeners, in handshakes without sockets."""

import ssl
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from edgeauth.config.models.tls import Tls
from edgeauth.listeners.tls import TlsContexts, TlsError
from edgeauth.secret_sources.sources import HeldSecrets
from tests.fakes.handshakes import (
    DAY,
    NOW,
    SERVER_ONLY,
    Authority,
    Identity,
    rsa_key,
    shake_hands,
)

TLS12 = ssl.TLSVersion.TLSv1_2
RSA_CBC = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
ECDSA_CBC = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
RSA_GCM = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def shop(authority: Authority) -> Identity:
    return authority.issue("shop.test")


def contexts(shown: Identity, **settings: object) -> TlsContexts:
    made = Tls.model_validate({"key_store": {"path": str(shown.path)}, **settings})
    return TlsContexts(made, NOW.timestamp(), HeldSecrets())


def further(*identities: Identity) -> dict[str, object]:
    return {"certificates": [{"key_store": {"path": str(each.path)}} for each in identities]}


def asking(trust_store: Path, **more: object) -> dict[str, object]:
    return {"client_certificates": {"trust_store": str(trust_store), **more}}


# Versions and suites.


def test_tls_1_2_is_refused_by_default(authority: Authority, shop: Identity) -> None:
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        shake_hands(contexts(shop).front, authority.client(latest=TLS12), "shop.test")


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256"])
def test_weak_suites_are_not_spoken_unless_they_are_asked_for(
    authority: Authority, shop: Identity, suite: str
) -> None:
    client = authority.client(latest=TLS12)
    client.set_ciphers(suite)

    with pytest.raises(ssl.SSLError, match=r"HANDSHAKE_FAILURE|NO_SHARED_CIPHER"):
        shake_hands(contexts(shop, min_version="TLS1.2").front, client, "shop.test")


def test_a_weak_suite_is_spoken_on_request(authority: Authority, shop: Identity) -> None:
    server = contexts(shop, min_version="TLS1.2", cipher_suites=[ECDSA_CBC]).front

    met = shake_hands(server, authority.client(latest=TLS12), "shop.test")

    assert met.server.cipher() == ("ECDHE-ECDSA-AES128-SHA256", "TLSv1.2", 128)


@pytest.mark.parametrize("latest", [TLS12, None], ids=["1.2", "1.3"])
def test_both_versions_are_spoken_when_the_older_one_is_allowed(
    authority: Authority, shop: Identity, latest: ssl.TLSVersion | None
) -> None:
    server = contexts(shop, min_version="TLS1.2").front

    met = shake_hands(server, authority.client(latest=latest), "shop.test")

    assert met.server.version() == ("TLSv1.2" if latest else "TLSv1.3")


def test_suites_that_leave_a_certificate_useless_are_refused(shop: Identity) -> None:
    with pytest.raises(
        TlsError, match=r"none of the suites is for key \w+, which needs one with ECDSA"
    ) as refused:
        contexts(shop, min_version="TLS1.2", cipher_suites=[RSA_GCM, RSA_CBC])
    assert refused.value.path == ("cipher_suites",)


def test_keys_of_rsa_have_suites_of_their_own(authority: Authority) -> None:
    old = authority.issue("old.test", key=rsa_key())
    server = contexts(old, min_version="TLS1.2", cipher_suites=[RSA_GCM]).front

    met = shake_hands(server, authority.client(latest=TLS12), "old.test")

    assert met.server.cipher() == ("ECDHE-RSA-AES256-GCM-SHA384", "TLSv1.2", 256)


def test_http_1_1_is_all_that_is_negotiated(authority: Authority, shop: Identity) -> None:
    client = authority.client()
    client.set_alpn_protocols(["h2", "http/1.1"])

    met = shake_hands(contexts(shop).front, client, "shop.test")

    assert met.client.selected_alpn_protocol() == "http/1.1"


# Certificates by name.


def test_the_name_chooses_the_certificate(authority: Authority, shop: Identity) -> None:
    wild, blog = authority.issue("*.wild.test"), authority.issue("blog.test", "a.wild.test")
    server = contexts(shop, **further(wild, blog)).front

    def shown(name: str) -> set[str]:
        client = authority.client()
        client.check_hostname = False
        return shake_hands(server, client, name).shown

    assert shown("shop.test") == {"shop.test"}
    assert shown("BLOG.test") == {"blog.test", "a.wild.test"}
    assert shown("a.wild.test") == {"blog.test", "a.wild.test"}
    assert shown("b.wild.test") == {"*.wild.test"}
    assert shown("a.b.wild.test") == {"shop.test"}
    assert shown("unknown.test") == {"shop.test"}
    assert shake_hands(server, authority.client()).shown == {"shop.test"}


def test_all_certificates_are_served_in_the_same_way(authority: Authority, shop: Identity) -> None:
    blog = authority.issue("blog.test")
    server = contexts(shop, **further(blog), **asking(authority.path)).front

    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN"):
        shake_hands(server, authority.client(), "blog.test")
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        shake_hands(server, authority.client(latest=TLS12), "blog.test")


def test_a_certificate_that_would_never_be_shown_is_refused(
    authority: Authority, shop: Identity
) -> None:
    same = authority.issue("SHOP.test", file="same.pem")

    with pytest.raises(TlsError, match="no name that those before it do not have") as refused:
        contexts(shop, **further(authority.issue("blog.test"), same))
    assert refused.value.path == ("certificates", 1)


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        pytest.param(NOW - 2 * DAY, NOW - DAY, id="expired"),
        pytest.param(NOW + DAY, NOW + 2 * DAY, id="not valid yet"),
    ],
)
def test_certificates_have_to_be_current(
    authority: Authority, shop: Identity, begin: datetime, end: datetime
) -> None:
    late = authority.issue("late.test", begin=begin, end=end)

    with pytest.raises(TlsError, match="has expired or is not valid yet") as refused:
        contexts(shop, **further(late))
    assert refused.value.path == ("certificates", 0, "key_store")


# Certificates of clients.


def test_attack_153_a_listener_that_asks_for_certificates_needs_authorities(
    tmp_path: Path, shop: Identity
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_bytes(b"")

    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(TlsError) as refused:
            contexts(shop, **asking(path))
        assert refused.value.path == ("client_certificates", "trust_store")


def strangers(authority: Authority, folder: Path) -> dict[str, Identity]:
    other = folder / "other"
    other.mkdir()
    return {
        "expired": authority.issue("expired", begin=NOW - 2 * DAY, end=NOW - DAY),
        "not valid yet": authority.issue("early", begin=NOW + DAY),
        "for servers": authority.issue("server", usage=SERVER_ONLY),
        "of another authority": Authority(other).issue("stranger"),
    }


@pytest.mark.parametrize("mode", ["optional", "required"])
@pytest.mark.parametrize("who", ["expired", "not valid yet", "for servers", "of another authority"])
@pytest.mark.parametrize("latest", [TLS12, None], ids=["1.2", "1.3"])
def test_certificates_that_can_not_be_verified_are_refused_in_any_mode(
    authority: Authority,
    shop: Identity,
    tmp_path: Path,
    who: str,
    mode: str,
    latest: ssl.TLSVersion | None,
) -> None:
    server = contexts(shop, min_version="TLS1.2", **asking(authority.path, mode=mode)).front
    client = authority.client(strangers(authority, tmp_path)[who], latest)

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, client, "shop.test")


def test_attack_154_revoked_certificates_are_refused(authority: Authority, shop: Identity) -> None:
    alice, bob = authority.issue("alice"), authority.issue("bob")
    crl = authority.revoke(bob)
    server = contexts(shop, **asking(authority.path, crl_file=str(crl))).front

    assert shake_hands(server, authority.client(alice), "shop.test").server.getpeercert(True)
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        shake_hands(server, authority.client(bob), "shop.test")


def test_attack_154_a_list_of_another_authority_says_nothing(
    authority: Authority, shop: Identity, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    crl = Authority(other, "another").revoke()
    server = contexts(shop, **asking(authority.path, crl_file=str(crl))).front

    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get certificate CRL"):
        shake_hands(server, authority.client(authority.issue("alice")), "shop.test")


def test_a_client_has_to_show_a_certificate_when_it_is_required(
    authority: Authority, shop: Identity
) -> None:
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN"):
        shake_hands(contexts(shop, **asking(authority.path)).front, authority.client(), "shop.test")


@pytest.mark.parametrize("mode", ["optional", "required"])
def test_what_a_client_shows_is_known(authority: Authority, shop: Identity, mode: str) -> None:
    server = contexts(shop, **asking(authority.path, mode=mode)).front
    alice = authority.issue("alice", sans=[x509.RFC822Name("alice@shop.test")])

    met = shake_hands(server, authority.client(alice), "shop.test")

    assert met.server.getpeercert(binary_form=True) == alice.der


def test_a_client_may_show_none_when_it_is_optional(authority: Authority, shop: Identity) -> None:
    server = contexts(shop, **asking(authority.path, mode="optional")).front

    met = shake_hands(server, authority.client(), "shop.test")

    assert met.server.getpeercert(binary_form=True) is None


# Sessions.


def test_a_session_is_resumed_in_the_process_that_began_it(
    authority: Authority, shop: Identity
) -> None:
    server, client = contexts(shop).front, authority.client()
    begun = shake_hands(server, client, "shop.test")

    again = shake_hands(server, client, "shop.test", begun.client.session)

    assert again.server.session_reused


@pytest.mark.parametrize("latest", [TLS12, None], ids=["1.2", "1.3"])
def test_a_ticket_of_another_worker_costs_a_handshake_and_nothing_else(
    authority: Authority, shop: Identity, latest: ssl.TLSVersion | None
) -> None:
    one, other = (contexts(shop, min_version="TLS1.2").front for _ in range(2))
    client = authority.client(latest=latest)
    begun = shake_hands(one, client, "shop.test")

    again = shake_hands(other, client, "shop.test", begun.client.session)

    assert not again.server.session_reused
    assert again.shown == {"shop.test"}


def test_clients_that_show_certificates_get_no_tickets(
    authority: Authority, shop: Identity
) -> None:
    server = contexts(shop, **asking(authority.path)).front
    client = authority.client(authority.issue("alice"))

    begun = shake_hands(server, client, "shop.test")

    assert begun.client.session is None or not begun.client.session.has_ticket
