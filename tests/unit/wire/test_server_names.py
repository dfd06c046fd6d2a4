import pytest

from edgeauth.wire.server_names import ServerNames

NAMES = ServerNames("default")
NAMES.add(["shop.test", "Caps.Test", "dotted.test."], "shop")
NAMES.add(["*.shop.test", "*.Wild.test"], "wildcard")
NAMES.add(["xn--bcher-kva.test"], "bücher")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param(None, "default", id="no name"),
        pytest.param("", "default", id="empty"),
        pytest.param(".", "default", id="a dot"),
        pytest.param("other.test", "default", id="unknown"),
        pytest.param("bücher.test", "default", id="not ASCII"),
        pytest.param("192.0.2.1", "default", id="an address"),
        pytest.param("x" * 1000 + ".shop.test", "default", id="too long"),
        pytest.param(".shop.test", "default", id="a wildcard stands for something"),
        pytest.param("a.b.shop.test", "default", id="a wildcard stands for one label"),
        pytest.param("wild.test", "default", id="a wildcard is not its parent"),
        pytest.param("shop.test..", "default", id="two dots"),
        pytest.param("shop.test", "shop", id="as it stands"),
        pytest.param("SHOP.tesT", "shop", id="in another case"),
        pytest.param("shop.test.", "shop", id="with a dot"),
        pytest.param("caps.test", "shop", id="claimed in another case"),
        pytest.param("dotted.test", "shop", id="claimed with a dot"),
        pytest.param("a.shop.test", "wildcard", id="by a wildcard"),
        pytest.param("A.WILD.TEST.", "wildcard", id="by a wildcard in another case"),
        pytest.param("*.shop.test", "wildcard", id="a wildcard itself"),
        pytest.param("XN--bcher-KVA.test", "bücher", id="an A-label"),
    ],
)
def test_a_name_finds_what_claims_it(name: str | None, found: str) -> None:
    assert NAMES.find(name) == found


def test_a_name_belongs_to_the_first_that_claims_it_and_exact_ones_come_first() -> None:
    names = ServerNames("default")

    assert names.add(["*.shop.test"], "first")
    assert names.add(["a.shop.test"], "second")
    assert not names.add(["A.shop.test.", "*.shop.test"], "third")
    assert names.find("a.shop.test") == "second"
    assert names.find("b.shop.test") == "first"


@pytest.mark.parametrize("name", ["", "*", "*.", "a*.test", "*.*.test", "a.*.test"])
def test_what_is_no_name_of_a_host_claims_nothing(name: str) -> None:
    assert not ServerNames("default").add([name], "it")
