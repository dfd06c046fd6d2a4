import asyncio

import pytest

from edgeauth.mechanisms.authenticators.issuers import MetadataEndpoint
from edgeauth.model.errors import Fault, Reason
from edgeauth.ports.issuers import MetadataSource
from edgeauth.services.issuer_directory import FAULT_TTL, MAX_DOCUMENT_OCTETS, Issuers
from edgeauth.wire.json import dumps
from tests.fakes.clock import FakeClock
from tests.fakes.driving import run, settle
from tests.fakes.endpoints import FakeEndpoints, json_answer

ISSUER = "https://idp.test"
URL = f"{ISSUER}/.well-known/oauth-authorization-server"
DOCUMENT = {
    "issuer": ISSUER,
    "jwks_uri": f"{ISSUER}/jwks",
    "introspection_endpoint": f"{ISSUER}/introspect",
}


def source(url=URL, **settings):
    return MetadataEndpoint.model_validate({"url": url, **settings}).source


class World:
    def __init__(self, document=DOCUMENT, status=200):
        self.clock = FakeClock()
        self.endpoints = FakeEndpoints({URL: json_answer(dumps(document), status)})
        self.directory = Issuers(self.endpoints, self.clock.now)

    def find(self, of=None, issuer=""):
        return run(self.directory.metadata(of or source(), issuer))

    def fault(self, of=None):
        with pytest.raises(Fault) as raised:
            self.find(of)
        return raised.value


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({**DOCUMENT, "issuer": "https://evil.test"}, 200),
        ({}, 200),
        ([], 200),
        ({**DOCUMENT, "introspection_endpoint": "https://idp.test/{{ .x }}"}, 200),
        ({**DOCUMENT, "pad": "x" * MAX_DOCUMENT_OCTETS}, 200),
        (DOCUMENT, 302),
        (DOCUMENT, 500),
    ],
    ids=[
        "attack-128-another-issuer", "no-issuer", "no-object", "template", "attack-127-too-large",
        "attack-122-redirect", "error",
    ],
)  # fmt: skip
def test_an_answer_that_is_no_metadata_of_the_issuer_is_a_fault(document, status):
    assert World(document, status).fault().reason is Reason.COMMUNICATION


def test_metadata_names_the_endpoints_of_the_issuer():
    found = World().find()

    assert found.issuer == ISSUER
    assert found.introspection_endpoint == f"{ISSUER}/introspect"


def test_a_failed_fetch_is_not_repeated_for_a_moment():
    world = World(status=500)
    world.fault()
    world.fault()
    assert len(world.endpoints.calls) == 1

    world.clock.advance(FAULT_TTL)
    world.endpoints.answers[URL] = json_answer(dumps(DOCUMENT))

    assert world.find().issuer == ISSUER


def test_attack_161_whoever_needs_the_same_metadata_waits_for_the_same_fetch():
    async def check():
        world = World()
        world.endpoints.gate.clear()
        waiting = [asyncio.create_task(world.directory.metadata(source(), "")) for _ in range(20)]
        await settle()
        waiting.pop().cancel()
        world.endpoints.gate.set()
        assert {each.issuer for each in await asyncio.gather(*waiting)} == {ISSUER}
        assert len(world.endpoints.calls) == 1

    run(check())


def test_attack_123_issuers_behind_one_template_have_their_own_metadata():
    world = World()
    templated = "https://idp.test/{{ .TokenIssuer }}/.well-known/openid-configuration"
    for name in ("one", "two"):
        issuer = f"https://idp.test/{name}"
        url = f"{issuer}/.well-known/openid-configuration"
        world.endpoints.answers[url] = json_answer(dumps({"issuer": issuer}))

    assert world.find(source(templated), "one").issuer == "https://idp.test/one"
    assert world.find(source(templated), "two").issuer == "https://idp.test/two"


def test_sources_that_check_the_issuer_do_not_share_with_those_that_do_not():
    world = World({**DOCUMENT, "issuer": "https://other.test"})
    lax = source(disable_issuer_identifier_verification=True)

    assert world.find(lax).issuer == "https://other.test"
    assert world.fault().reason is Reason.COMMUNICATION
    assert isinstance(lax, MetadataSource)
