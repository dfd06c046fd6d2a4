"""Authenticators that want what nobody can show."""

import pytest

from tests.unit.catalogue.lint.landscapes import codes, found_in, places

MTLS = """\
mechanisms:
  authenticators:
    - {id: workload, type: mtls, config: {principal: {from: spiffe_id}}}
"""


@pytest.mark.parametrize(
    "serve",
    [
        "",
        "serve: {tls: {key_store: {path: tls.pem}}}\n",
        "serve: {trusted_proxies: [10.0.0.1]}\n",
        "management: {tls: {key_store: {path: a}, client_certificates: {trust_store: b}}}\n",
    ],
    ids=["nothing", "tls", "proxies", "another-listener"],
)
def test_a_certificate_that_nobody_can_show_is_found(serve: str) -> None:
    found = found_in(configuration=MTLS + serve)

    assert places(found, "unshown-certificate") == [("edgeauth.yaml", 3, 12)]


@pytest.mark.parametrize(
    "serve",
    [
        "serve: {tls: {key_store: {path: a.pem}, client_certificates: {trust_store: b.pem}}}\n",
        "serve: {trusted_proxies: [10.0.0.1], client_certificate_from: Client-Cert}\n",
    ],
    ids=["listener", "proxy"],
)
def test_one_that_can_be_shown_or_told_is_not(serve: str) -> None:
    assert codes(configuration=MTLS + serve) == []
