"""Endpoints get what they need when the configuration is loaded."""

import pytest

from edgeauth.catalogue.endpoints import prepare_endpoints
from edgeauth.config.decode import decode
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.specification import Specification
from edgeauth.ports.endpoint_authentication import ClientCredentials
from edgeauth.ports.endpoints import StepEndpoint
from tests.fakes.services import World


class Below(Specification):
    named: dict[str, StepEndpoint]
    listed: tuple[StepEndpoint, ...] = ()


class Specified(Specification):
    endpoint: StepEndpoint | None = None
    client: ClientCredentials | None = None
    below: Below


class Unusable:
    def prepare(self, settings):
        raise ValueError("ca.pem: can not be read")


TEXT = """\
endpoint: https://a.test
client: {token_url: "https://id.test", client_id: a, client_secret: b, tls: {ca_file: id.pem}}
below:
  named: {x: {url: "https://b.test", timeout: 2s}}
"""


def specified():
    (node,) = read_documents(TEXT, "edgeauth.yaml")
    return decode(Specified, node, {})


def test_what_can_not_be_used_is_told_at_its_place(monkeypatch):
    world = World()
    monkeypatch.setattr(world.endpoints, "prepare", Unusable().prepare)
    with pytest.raises(ConfigurationError) as caught:
        prepare_endpoints(specified(), world.services)
    problems = caught.value.problems
    assert [each.message for each in problems] == ["ca.pem: can not be read"] * 3
    assert [each.line for each in problems][1:] == [2, 4]


def test_every_endpoint_and_every_client_is_prepared():
    world = World()
    prepare_endpoints(specified(), world.services)
    prepared = world.endpoints.prepared
    assert [each.timeout for each in prepared] == [10.0, 10.0, 2.0]
    assert [each.tls and each.tls.ca_file for each in prepared] == [None, "id.pem", None]
