"""Endpoints without TLS, entries that nobody uses."""

import pytest

from tests.unit.catalogue.lint.landscapes import CATALOGUE, DEFAULT, codes, found_in, places, rule

A = "routes: [{path: /a}]"


def test_an_endpoint_without_tls_is_found() -> None:
    configuration = CATALOGUE.replace("https://opa.test/", "http://opa.test/") + DEFAULT

    found = found_in(configuration=configuration)

    assert places(found, "http-endpoint") == [("edgeauth.yaml", 17, 26)]


@pytest.mark.parametrize("host", ["127.0.0.1.evil.test", "localhost.test", "[2001:db8::1]"])
def test_a_host_that_looks_like_this_machine_is_found(host: str) -> None:
    configuration = CATALOGUE.replace("https://opa.test/", f"'http://{host}/'") + DEFAULT

    assert codes(configuration=configuration) == ["http-endpoint"]


@pytest.mark.parametrize("host", ["127.0.0.1:8181", "localhost", "[::1]:8181"])
def test_this_machine_may_be_asked_without_tls(host: str) -> None:
    configuration = CATALOGUE.replace("https://opa.test/", f"'http://{host}/'") + DEFAULT

    assert codes(configuration=configuration) == []


def test_an_upstream_without_tls_is_found() -> None:
    target = "forward_to: {host: a.test, rewrite: {scheme: http}}"

    assert codes(rule("a", A, more=target)) == ["http-endpoint"]
    assert codes(rule("a", A, more=target.replace("a.test", "127.0.0.1:80"))) == []


def test_entries_that_no_step_refers_to_are_found_when_all_rules_are_known() -> None:
    found = found_in(rule("a", A), complete=True)

    assert len(places(found, "unused-mechanism")) == 9
    assert codes(rule("a", A), complete=False) == []


def test_entries_that_steps_refer_to_are_not_found() -> None:
    configuration = (
        "mechanisms: {authenticators: [{id: nobody, type: unauthorized}]}\n"
        "default_rule: {execute: [{authenticator: nobody}]}\n"
        "serve: {trusted_proxies: [10.0.0.1]}\n"
    )

    assert (
        codes(rule("a", A, "authenticator: nobody"), configuration=configuration, complete=True)
        == []
    )
