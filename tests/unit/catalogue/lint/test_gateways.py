"""Decision services that believe no gateway."""

import pytest

from tests.unit.catalogue.lint.landscapes import CATALOGUE, codes, found_in, places, rule

A = "routes: [{path: /a}]"
TARGET = "forward_to: {host: a.test}"
DENIES = "default_rule: {execute: [{authenticator: user}, {authorizer: deny}]}\n"
LINE = (CATALOGUE + DENIES).count("\n") + 1


@pytest.mark.parametrize(
    ("serve", "line", "column"),
    [
        pytest.param("", 1, 1, id="nothing"),
        pytest.param("serve: {port: 4456}\n", LINE, 8, id="serve"),
        pytest.param("serve: {trusted_proxies: []}\n", LINE, 26, id="empty"),
    ],
)
def test_a_decision_service_that_believes_nobody_is_found_once(
    serve: str, line: int, column: int
) -> None:
    rules = (rule("a", A, more=TARGET), rule("b", A.replace("/a", "/b")))

    found = found_in(*rules, configuration=CATALOGUE + DENIES + serve)

    assert places(found, "unbelieved-gateway") == [("edgeauth.yaml", line, column)]


def test_one_that_believes_somebody_is_not() -> None:
    serve = "serve: {trusted_proxies: [10.0.0.0/28]}\n"

    assert codes(rule("a", A), configuration=CATALOGUE + DENIES + serve) == []


def test_a_proxy_may_believe_nobody() -> None:
    assert codes(rule("a", A, more=TARGET), configuration=CATALOGUE + DENIES) == []


def test_without_rules_nothing_is_said() -> None:
    assert codes(configuration=CATALOGUE + DENIES) == []
