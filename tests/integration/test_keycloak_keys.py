"""A realm changes its keys while edgeauth serves."""

from tests.integration.keycloak import MARKS, Edge, Realm

pytestmark = MARKS


def test_new_tokens_pass_at_once_and_old_ones_until_their_key_is_gone(
    shop: Realm, edge: Edge
) -> None:
    old = shop.bearer()
    unseen = shop.bearer("bob")
    assert edge.status("/user", old) == edge.status("/careful", old) == 200

    shop.add_key("second", priority=200)
    new = shop.bearer()

    assert edge.status("/user", new) == edge.status("/careful", new) == 200
    assert edge.status("/user", unseen) == edge.status("/careful", unseen) == 200

    shop.remove_key("first")

    assert edge.comes_to(401, "/careful", old)
    assert edge.status("/careful", unseen) == 401
    assert edge.status("/careful", new) == edge.status("/user", new) == 200
