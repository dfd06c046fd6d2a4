import pytest

from edgeauth.model.errors import Malformed
from edgeauth.wire.spiffe import parse_spiffe_id


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "spiffe:",
        "spiffe://",
        "spiffe://shop.test",
        "spiffe://shop.test/",
        "spiffe:///orders",
        "https://shop.test/orders",
        "SPIFFE://shop.test/orders",
        "spiffe://Shop.test/orders",
        "spiffe://shop.test:443/orders",
        "spiffe://user@shop.test/orders",
        "spiffe://shop.test/orders/",
        "spiffe://shop.test//orders",
        "spiffe://shop.test/a/../orders",
        "spiffe://shop.test/./orders",
        "spiffe://shop.test/%6frders",
        "spiffe://shop.test/orders?a=b",
        "spiffe://shop.test/orders#a",
        "spiffe://shop.test/orders\n",
        "spiffe://shop.test/\u00f6",
        "spiffe://sh\u00f6p.test/orders",
        f"spiffe://{'a' * 256}/orders",
        f"spiffe://shop.test/{'a' * 2048}",
        "spiffe://shop.test\\@evil.test/orders",
    ],
)
def test_attack_155_what_is_no_name_of_a_workload_is_malformed(uri):
    with pytest.raises(Malformed):
        parse_spiffe_id(uri)


def test_a_workload_has_a_trust_domain_and_a_path():
    assert parse_spiffe_id("spiffe://shop.test/ns/prod/sa/Orders_1.x") == (
        "shop.test",
        "/ns/prod/sa/Orders_1.x",
    )
