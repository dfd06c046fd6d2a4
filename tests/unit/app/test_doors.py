"""What is said of settings that only the other door takes notice of."""

import pytest

from edgeauth.app.blueprint import Mode
from edgeauth.app.doors import without_effect
from edgeauth.config.read import read_configuration

OF_PROXIES = """
serve:
  cors: {}
  connections_limit: {max_idle: 10}
  respond: {with: {accepted: {code: 204}}}
  tls:
    key_store: {path: tls.pem}
    client_certificates: {trust_store: ca.pem, forward: leaf}
upstreams:
  tls: [{hosts: [a.test], ca_file: ca.pem}]
  timeouts: [{hosts: [a.test], answer: 1m}]
"""


@pytest.mark.parametrize(
    ("mode", "settings"),
    [
        (Mode.PROXY, ["serve.respond.with.accepted"]),
        (
            Mode.DECISION,
            [
                "serve.cors",
                "serve.connections_limit",
                "serve.tls.client_certificates.forward",
                "upstreams.tls",
                "upstreams.timeouts",
            ],
        ),
    ],
)
def test_what_only_the_other_door_looks_at_is_named(mode: Mode, settings: list[str]):
    configuration = read_configuration(OF_PROXIES, "edgeauth.yaml", {})

    assert list(without_effect(mode, configuration)) == settings


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("text", ["", "serve: {tls: {key_store: {path: tls.pem}}}"])
def test_nothing_is_said_of_what_is_not_configured(mode: Mode, text: str):
    assert not list(without_effect(mode, read_configuration(text, "edgeauth.yaml", {})))
