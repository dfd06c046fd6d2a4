"""Which route a request takes: the most specific one that accepts it."""

import pytest

from edgeauth.engine.trie import Trie
from tests.fakes.rules import asked, trie

POST = {"methods": frozenset({"POST"})}


def taken(made: Trie, target: str, host: str = "shop.test", **details: str) -> str | None:
    hit = made.find(asked(target, host, **details))
    return None if hit is None else hit.rule.id


def captured(made: Trie, target: str, **details: str) -> dict[str, str]:
    hit = made.find(asked(target, **details))
    assert hit is not None
    return dict(hit.captures)


@pytest.mark.parametrize(
    ("expression", "target"),
    [
        ("/fruit/:kind", "/fruit/"),
        ("/fruit/:kind", "/fruit/kiwi/"),
        ("/fruit/:kind", "/fruit/kiwi/seed"),
        ("/fruit/**", "/fruit"),
        ("/fruit/**", "/fruit/"),
        ("/**", "/"),
        ("/api", "/api-internal"),
        ("/api", "/api/"),
        ("/api", "/API"),
        ("/api/", "/api"),
        ("/", "/a"),
        ("/:a/b", "/x/c"),
    ],
)
def test_attack_016_an_expression_does_not_match_more_than_it_says(expression, target):
    assert taken(trie(("*", expression)), target) is None


@pytest.mark.parametrize(
    ("expression", "target", "captures"),
    [
        ("/", "/", {}),
        ("/fruit/:kind", "/fruit/kiwi", {"kind": "kiwi"}),
        ("/fruit/**", "/fruit/kiwi", {}),
        ("/fruit/**", "/fruit/kiwi/", {}),
        ("/fruit/*rest", "/fruit/a/b/", {"rest": "a/b/"}),
        ("/:a/:*/:c", "/1/2/3", {"a": "1", "c": "3"}),
        ("/:a/*rest", "/1/2/3", {"a": "1", "rest": "2/3"}),
        ("/:a", "/a%20b%C3%A9", {"a": "a bé"}),
    ],
)
def test_wildcards_capture_decoded_text(expression, target, captures):
    assert captured(trie(("*", expression)), target) == captures


SPECIFIC = ["/a/b/c", "/a/b/:x", "/a/b/**", "/a/:y/c", "/a/:y/**", "/a/**", "/:z/b/c", "/**"]


@pytest.mark.parametrize("order", [SPECIFIC, SPECIFIC[::-1]], ids=["written down", "written up"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a/b/c", "/a/b/c"),
        ("/a/b/d", "/a/b/:x"),
        ("/a/b/d/e", "/a/b/**"),
        ("/a/x/c", "/a/:y/c"),
        ("/a/x/d", "/a/:y/**"),
        ("/a/x", "/a/**"),
        ("/x/b/c", "/:z/b/c"),
        ("/x/b/d", "/**"),
    ],
)
def test_literal_text_is_preferred_from_left_to_right(order, target, expected):
    assert taken(trie(*(("*", each) for each in order)), target) == f"*{expected}"


HOSTS = ["shop.test:8443", "shop.test", "*.shop.test:8443", "*.shop.test", "*.test", "*"]


@pytest.mark.parametrize("order", [HOSTS, HOSTS[::-1]], ids=["written down", "written up"])
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("shop.test:8443", "shop.test:8443"),
        ("shop.test:9", "shop.test"),
        ("shop.test", "shop.test"),
        ("eu.shop.test:8443", "*.shop.test:8443"),
        ("a.eu.shop.test:8443", "*.shop.test:8443"),
        ("a.eu.shop.test", "*.shop.test"),
        ("other.test", "*.test"),
        ("test", "*"),
        ("[::1]", "*"),
        ("[::1]:8443", "*"),
        ("notshop.test", "*.test"),
    ],
)
def test_hosts_are_compared_without_port_unless_the_rule_names_one(order, host, expected):
    assert taken(trie(*((each, "/**") for each in order)), "/a", host) == f"{expected}/**"


def test_the_host_counts_more_than_the_path():
    made = trie(("shop.test", "/**"), ("*.test", "/a/:x"), ("*", "/a/b"))
    assert taken(made, "/a/b") == "shop.test/**"
    assert taken(made, "/a/b", "other.test") == "*.test/a/:x"


def test_another_host_has_no_rule():
    assert taken(trie(("shop.test", "/**"), ("*.shop.test", "/**")), "/a", "evil.test") is None
    assert taken(trie(("*.shop.test", "/**")), "/a", "shop.test") is None
    assert taken(trie(("shop.test:8443", "/**")), "/a", "shop.test") is None


def test_a_route_that_does_not_accept_gives_way_to_a_less_specific_one():
    made = trie(
        ("shop.test", "/a/b", POST),
        ("shop.test", "/a/:x", POST),
        ("*", "/a/**", {"methods": frozenset({"GET", "POST"})}),
    )
    assert taken(made, "/a/b", method="POST") == "shop.test/a/b"
    assert taken(made, "/a/b", method="GET") == "*/a/**"
    assert taken(made, "/a/b", method="get") is None
    assert taken(made, "/a/b", method="PUT") is None


def test_equal_expressions_are_tried_in_the_order_of_the_rules():
    made = trie(
        ("*", "/a", {"name": "post", **POST}),
        ("*", "/a", {"name": "1"}),
        ("*", "/a", {"name": "2"}),
    )
    assert taken(made, "/a", method="POST") == "post"
    assert taken(made, "/a") == "1"


def test_the_scheme_has_to_fit():
    made = trie(("*", "/a", {"scheme": "https"}))
    assert taken(made, "/a") is None
    assert taken(made, "/a", scheme="https") == "*/a"


def test_a_host_test_gets_the_host_without_its_port():
    made = trie(("*", "/a", {"host_test": lambda host: host == "shop.test"}))
    assert taken(made, "/a", "shop.test:1") == "*/a"
    assert taken(made, "/a", "other.test") is None


def test_captures_of_a_branch_that_was_left_are_gone():
    """The reference leaks them: measured 53, first case."""
    made = trie(("*", "/bt/:a/b/c", POST), ("*", "/bt/:a/*rest"))
    assert captured(made, "/bt/1/b/c") == {"a": "1", "rest": "b/c"}


def test_conditions_see_their_own_values_and_no_others():
    """The reference lets `/btd/1/b` pass: measured 53, second case."""
    made = trie(
        ("*", "/btd/:a/b", POST),
        ("*", "/btd/:a/:c", {"conditions": ((0, lambda value: value == "b"),)}),
    )
    assert taken(made, "/btd/1/b") is None
    assert taken(made, "/btd/b/b") == "*/btd/:a/:c"


def test_conditions_find_their_values_after_a_branch_was_left():
    """The reference panics: measured 53, third case."""
    made = trie(
        ("*", "/btc/:a/b", POST),
        ("*", "/btc/:a/:c", {"conditions": ((1, lambda value: value == "b"),)}),
    )
    assert captured(made, "/btc/1/b") == {"a": "1", "c": "b"}
    assert taken(made, "/btc/1/x") is None


def test_captures_of_another_host_are_gone():
    made = trie(("shop.test", "/:a/:b/x", POST), ("*", "/:c/*d"))
    assert captured(made, "/1/2/x") == {"c": "1", "d": "2/x"}


def test_a_deep_path_costs_no_stack():
    made = trie(("*", "/a/**"))
    assert taken(made, "/a" + "/b" * 4000) == "*/a/**"
    assert taken(made, "/b" * 4000) is None
