"""Tokens of a real Keycloak, before an edgeauth with the configuration of docs/keycloak.md."""

import time
from pathlib import Path
from uuid import uuid4

import pytest

from edgeauth.model.json import Json
from tests.fakes.proofs import proof
from tests.integration.keycloak import MARKS, Edge, Keycloak, Realm, edge_before, field_of

pytestmark = MARKS


def proof_now(token: str, path: str, algorithm: str = "ES256", **claims: Json) -> str:
    made: dict[str, Json] = {"iat": int(time.time()), "jti": str(uuid4())}
    return proof(token, algorithm, htu=f"https://shop.test{path}", **(made | claims))


def changed(token: str) -> str:
    """Returns the token with other claims and the same signature."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims[:-4]}{'AAAA' if claims[-4:] != 'AAAA' else 'BBBB'}.{signature}"


@pytest.mark.parametrize("path", ["/user", "/pay", "/orders"])
class TestEveryWay:
    def test_a_changed_token_is_refused(self, shop: Realm, edge: Edge, path: str) -> None:
        assert edge.status(path, changed(shop.bearer())) == 401

    def test_a_token_for_somebody_else_is_refused(self, shop: Realm, edge: Edge, path: str) -> None:
        assert edge.status(path, shop.bearer(client="elsewhere")) == 401

    def test_a_token_of_another_realm_is_refused(
        self, keycloak: Keycloak, edge: Edge, path: str
    ) -> None:
        assert edge.status(path, Realm(keycloak, "other").bearer()) == 401

    @pytest.mark.parametrize("kind", ["id_token", "refresh_token"])
    def test_what_is_no_access_token_is_refused(
        self, shop: Realm, edge: Edge, path: str, kind: str
    ) -> None:
        assert edge.status(path, shop.log_in(scope="openid")[kind]) == 401

    def test_a_token_of_a_user_passes(self, shop: Realm, edge: Edge, path: str) -> None:
        assert edge.status(path, shop.bearer()) == 200


def test_the_subject_is_what_the_claims_say(shop: Realm, edge: Edge) -> None:
    token = shop.bearer()

    assert edge.decides("/user", token)[1]["X-User"] == shop.introspected(token)["sub"]
    assert edge.decides("/session", token)[1]["X-User"] == "alice"


@pytest.mark.parametrize("path", ["/edit", "/session/edit"])
def test_roles_of_the_realm_decide(shop: Realm, edge: Edge, path: str) -> None:
    assert edge.status(path, shop.bearer("bob")) == 403
    assert edge.status(path, shop.bearer("alice")) == 200


def test_scopes_that_were_granted_decide(shop: Realm, edge: Edge) -> None:
    assert edge.status("/reports", shop.bearer(scope="openid")) == 401
    assert edge.status("/reports", shop.bearer(scope="openid orders.read")) == 200


def test_a_token_without_roles_edits_nothing(shop: Realm, edge: Edge) -> None:
    token = shop.bearer("alice", client="roleless")

    assert edge.status("/edit", token) == 403
    assert edge.status("/session/edit", token) == 500, "there are no attributes"


def test_a_realm_with_the_keys_of_its_beginning_has_them_believed(
    keycloak: Keycloak, shop: Realm, edge: Edge
) -> None:
    assert edge.status("/partner", shop.bearer()) == 401
    assert edge.status("/partner", Realm(keycloak, "other").bearer()) == 200


def test_keys_with_certificates_of_the_realm_itself_are_believed_only_where_configured(
    keycloak: Keycloak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEAUTHCFG_MECHANISMS_AUTHENTICATORS_3_CONFIG_VALIDATE__JWK", "true")
    with edge_before(keycloak.url, tmp_path) as strict:
        assert strict.status("/partner", Realm(keycloak, "other").bearer()) == 401


def test_metadata_from_another_address_than_the_issuers_are_not_believed(
    keycloak: Keycloak, shop: Realm, tmp_path: Path
) -> None:
    with edge_before(keycloak.url.replace("127.0.0.1", "localhost"), tmp_path) as misled:
        assert misled.status("/user", shop.bearer()) == 502
        assert misled.status("/session", shop.bearer()) == 502


def test_userinfo_tells_who_it_is(shop: Realm, edge: Edge) -> None:
    assert edge.status("/profile", "invented") == 401
    assert edge.status("/profile", shop.bearer()) == 401, "without the scope openid"
    assert edge.status("/profile", shop.bound()) == 401, "a token that is bound"
    for client in ("app", "elsewhere"):
        status, told = edge.decides("/profile", shop.bearer(client=client, scope="openid"))
        assert (status, told["X-User"]) == (200, "alice")


class TestEnd:
    def test_a_token_ends(self, shop: Realm, edge: Edge) -> None:
        for path in ("/careful", "/pay"):
            assert edge.status(path, shop.bearer()) == 200
        token = shop.bearer(client="brief")

        assert edge.status("/careful", token) == edge.status("/pay", token) == 200
        assert edge.comes_to(401, "/careful", token)
        assert edge.comes_to(401, "/pay", token)

    def test_the_end_of_a_session_is_seen_by_whoever_asks(self, shop: Realm, edge: Edge) -> None:
        tokens = shop.log_in()
        token = tokens["access_token"]
        assert edge.status("/pay", token) == edge.status("/session", token) == 200

        shop.log_out(tokens)

        assert edge.status("/pay", token) == 401
        assert edge.comes_to(401, "/session", token)
        assert edge.status("/user", token) == 200, "nobody is asked"
        status, told = edge.decides("/orders", token)
        assert (status, told["Authorization"]) == (502, None)

    def test_a_token_that_was_taken_back_is_refused_by_whoever_asks(
        self, shop: Realm, edge: Edge
    ) -> None:
        token = shop.bearer(scope="openid")
        assert edge.status("/pay", token) == edge.status("/profile", token) == 200

        shop.revoke(token)

        assert edge.status("/pay", token) == edge.status("/profile", token) == 401


@pytest.mark.parametrize("path", ["/user", "/pay"])
class TestBoundTokens:
    def test_a_key(self, shop: Realm, edge: Edge, path: str) -> None:
        token = shop.bound()
        made = proof_now(token, path)

        assert edge.status(path, token) == 401
        assert edge.status(path, token, "DPoP") == 401
        assert edge.status(path, token, "Bearer", DPoP=proof_now(token, path)) == 401
        assert edge.status(path, token, "DPoP", DPoP=proof_now(token, path, "ES384")) == 401
        assert edge.status(path, token, "DPoP", DPoP=proof_now(token, "/elsewhere")) == 401
        assert edge.status(path, token, "DPoP", DPoP=made) == 200
        assert edge.status(path, token, "DPoP", DPoP=made) == 401

    def test_a_certificate(self, keycloak: Keycloak, shop: Realm, edge: Edge, path: str) -> None:
        own = keycloak.authority.issue("orders.test")
        token = shop.own("certified", own)
        other = field_of(keycloak.authority.issue("orders.test"))

        assert edge.status(path, token) == 401
        assert edge.status(path, token, **{"Client-Cert": other}) == 401
        assert edge.status(path, token, **{"Client-Cert": field_of(own)}) == 200


class TestTokensForUpstreams:
    def test_an_own_token(self, shop: Realm, edge: Edge) -> None:
        _, told = edge.decides("/stock", shop.bearer())

        got = shop.introspected(told["Authorization"].removeprefix("Bearer "), "orders")
        assert (got["active"], got["client_id"], got["aud"]) == (True, "edge", "orders")
        assert got["username"] == "service-account-edge"
        assert got["scope"] == "orders.read"

    def test_an_exchanged_token(self, shop: Realm, edge: Edge) -> None:
        token = shop.bearer()

        _, told = edge.decides("/orders", token)

        got = shop.introspected(told["Authorization"].removeprefix("Bearer "), "orders")
        assert (got["active"], got["client_id"], got["aud"]) == (True, "edge", "orders")
        assert got["sub"] == shop.introspected(token)["sub"]
        assert got["scope"] == "orders.read"
