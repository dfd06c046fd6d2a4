"""Keycloak hangs, and stops: what was verified is believed as long as documented, nothing else."""

import signal

from tests.integration.keycloak import MARKS, Edge, Keycloak, Realm
from tests.integration.processes import stop

pytestmark = MARKS

ASKING = ("/session", "/pay", "/profile")


def test_while_it_hangs_nobody_unknown_passes(keycloak: Keycloak, shop: Realm, edge: Edge) -> None:
    token = shop.bearer(scope="openid")
    known = shop.bearer()
    assert edge.status("/session", known) == 200
    assert edge.status("/user", known) == 200

    keycloak.send(signal.SIGSTOP)
    try:
        assert edge.status("/session", known) == 200, "within cache_ttl"
        assert edge.status("/user", token) == 200, "its keys are known"
        assert edge.status("/profile", token) == 502
    finally:
        keycloak.send(signal.SIGCONT)

    assert edge.status("/profile", token) == 200


def test_once_it_has_stopped_nothing_is_believed_for_longer_than_configured(
    keycloak: Keycloak, shop: Realm, edge: Edge
) -> None:
    known, unknown = shop.bearer(scope="openid"), shop.bearer("bob", scope="openid")
    for path in ("/careful", "/orders", "/stock", "/session"):
        assert edge.status(path, known) == 200

    keycloak.stop()

    assert edge.status("/user", unknown) == 200, "its keys are known"
    assert edge.status("/orders", known) == edge.status("/stock", known) == 200
    assert edge.status("/orders", unknown) == 502
    assert [edge.status(path, unknown) for path in ASKING] == [502, 502, 502]
    assert edge.status("/pay", known) == 502
    assert edge.comes_to(502, "/careful", known)
    assert edge.comes_to(502, "/session", known)
    assert edge.status("/user", f"{unknown}A") == 401
    assert "Traceback" not in "".join(stop(edge.process))
