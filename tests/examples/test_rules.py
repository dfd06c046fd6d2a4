"""The reference rules, decided by the real engine: which request may pass for whom."""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jwt
import pytest
from jwt.algorithms import ECAlgorithm

from edgeauth.catalogue.catalogue import Catalogue
from edgeauth.catalogue.compile import RuleCompiler
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.catalogue.in_force import RuleSetsInForce
from edgeauth.catalogue.registry import Registry
from edgeauth.config.decode import collect
from edgeauth.config.read import read_configuration, read_rule_sets
from edgeauth.engine.decide import DecisionPoint
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.model.decision import Decision, Deny, Permit
from edgeauth.ports.endpoints import Call
from edgeauth.wire.answers import Answers
from tests.examples.conftest import EXAMPLE
from tests.fakes.clock import NOW
from tests.fakes.driving import run
from tests.fakes.endpoints import Answer, json_answer
from tests.fakes.keys import signing_key
from tests.fakes.requests import request
from tests.fakes.services import World
from tests.fakes.signers import claims_of

RULES = Path(__file__).parents[2] / "rules"
ISSUER = "http://127.0.0.1:4460"
ALICE = "0f4a6554-9069-483d-bc8b-86c6943f22f2"
"""Who is signed in where these tests say so."""


def _world() -> tuple[World, DecisionPoint]:
    world, point = _compiled()
    world.endpoints.answers = _answers()
    world.endpoints.calls.clear()
    return world, point


def _answers() -> dict[str, Answer]:
    public = signing_key("ES256").public_key()
    jwk = ECAlgorithm.to_jwk(public, as_dict=True)
    keys = {"keys": [{**jwk, "kid": "k", "alg": "ES256", "use": "sig"}]}
    metadata = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}
    return {
        f"{ISSUER}/.well-known/openid-configuration": json_answer(json.dumps(metadata).encode()),
        f"{ISSUER}/jwks": json_answer(json.dumps(keys).encode()),
        "http://127.0.0.1:4465/v1/data/articles/allow": json_answer(b'{"result": "excerpt"}'),
    }


@cache
def _compiled() -> tuple[World, DecisionPoint]:
    """Compiles once: it takes longer than all decisions of these tests."""
    world = World()
    enforcement = Enforcement(ingress_tls=False, egress_tls=False, upstream_tls=False)
    text = (EXAMPLE / "edgeauth.yaml").read_text()
    configuration = read_configuration(text, "edgeauth.yaml", {})
    catalogue = Catalogue(configuration.mechanisms, Registry(TYPES), world.services, enforcement)
    compiler = RuleCompiler(catalogue, configuration.default_rule, enforcement, proxy=True)
    files = sorted(RULES.glob("*.yaml"))
    sets = [one for file in files for one in read_rule_sets(file.read_text(), file.name, {})]
    with collect() as problems:
        rules = RuleSetsInForce(compiler).begin(sets, problems)
    return world, DecisionPoint(rules, Answers(), lambda *_: None)


def _token() -> str:
    claims = {"iss": ISSUER, "aud": "blog", "sub": ALICE, "name": 'A "quoted" name'}
    times = {"iat": int(NOW), "exp": int(NOW) + 600}
    return jwt.encode({**claims, **times}, signing_key("ES256"), "ES256", headers={"kid": "k"})


def decide(
    method: str, path: str, *, signed_in: bool, accept: str = "*/*"
) -> tuple[World, Decision]:
    world, point = _world()
    headers = {"Host": "127.0.0.1:4455", "Accept": accept}
    if signed_in:
        headers["Authorization"] = f"Bearer {_token()}"
    return world, run(point.decide(request(path, method=method, headers=headers)))


DENIED = [
    # method, path, status for anonymous, status for alice
    ("GET", "/nowhere", 401, 403),
    ("GET", "/a/site.css", 401, 403),
    ("GET", "/SITE.CSS", 401, 403),
    ("GET", "/site.css/", 401, 403),
    ("GET", "/site.css.map", 401, 403),
    ("GET", "/site.html", 401, 403),
    ("POST", "/site.css", 401, 403),
    ("POST", "/", 401, 403),
    ("HEAD", "/", 401, 403),
    ("OPTIONS", "/", 401, 403),
    ("GET", "/articles/", 401, 403),
    ("GET", "/articles/x/", 401, 403),
    ("GET", "/articles/x/y", 401, 403),
    ("POST", "/articles", 401, 403),
    ("DELETE", "/articles/deny-by-default", 401, 403),
    ("PUT", "/articles/new", 401, 403),
    ("POST", "/profile", 401, 403),
    ("GET", "/Profile", 401, 403),
    ("GET", "/tiers", 401, 403),
    ("DELETE", f"/tiers/{ALICE}", 401, 403),
    ("PUT", "/tiers/5c9a6b0e-2f2b-4f0d-9f63-0d0c1c7a7b52", 401, 403),
    ("GET", f"/tiers/{ALICE.upper()}", 401, 403),
    ("GET", "/snapshot", 401, 403),
    ("GET", "/health", 401, 403),
    ("GET", "/warnings", 401, 403),
    ("POST", "/analyses", 401, 403),
    ("POST", "/v1/events", 401, 403),
    ("POST", "/v1/data/articles/allow", 401, 403),
]


@pytest.mark.parametrize(("method", "path", "anonymous", "alice"), DENIED)
def test_what_no_rule_allows_is_denied(method: str, path: str, anonymous: int, alice: int) -> None:
    for signed_in, expected in ((False, anonymous), (True, alice)):
        _, decision = decide(method, path, signed_in=signed_in)
        assert isinstance(decision, Deny)
        assert decision.response.status == expected


SIGNED_IN_ONLY = [
    ("GET", "/profile", "wiring-app:profile", 4461),
    ("GET", "/articles/new", "articles-service:write-article", 4462),
    ("POST", "/articles/new", "articles-service:write-article", 4462),
    ("GET", f"/tiers/{ALICE}", "subscription-service:own-tier", 4463),
    ("PUT", f"/tiers/{ALICE}", "subscription-service:own-tier", 4463),
    ("POST", f"/tiers/{ALICE}", "subscription-service:own-tier", 4463),
]


@pytest.mark.parametrize(("method", "path", "rule", "port"), SIGNED_IN_ONLY)
def test_what_is_private_needs_a_login(method: str, path: str, rule: str, port: int) -> None:
    _, refused = decide(method, path, signed_in=False)
    assert isinstance(refused, Deny)
    assert refused.response.status == 401

    _, decision = decide(method, path, signed_in=True)
    assert isinstance(decision, Permit)
    assert (decision.rule_id, decision.subject_id) == (rule, ALICE)
    assert decision.target is not None
    assert decision.target.port == port


FOR_EVERYBODY = [
    ("/", "wiring-app:main-page", 4461),
    ("/articles", "wiring-app:list-articles", 4462),
    ("/articles/deny-by-default", "articles-service:read-article", 4462),
]


@pytest.mark.parametrize(("path", "rule", "port"), FOR_EVERYBODY)
def test_what_is_for_everybody_is_told_who_asks(path: str, rule: str, port: int) -> None:
    for signed_in, subject in ((False, "anonymous"), (True, ALICE)):
        _, decision = decide("GET", path, signed_in=signed_in)
        assert isinstance(decision, Permit)
        assert (decision.rule_id, decision.subject_id) == (rule, subject)
        assert decision.target is not None
        assert decision.target.port == port


@pytest.mark.parametrize("path", ["/site.css", "/favicon.ico", "/a.b.js", "/.js"])
def test_public_resources_are_for_nobody_in_particular(path: str) -> None:
    _, decision = decide("GET", path, signed_in=True)
    assert isinstance(decision, Permit)
    assert decision.subject_id == "anonymous"


def test_a_browser_without_a_login_is_sent_there_with_the_way_back() -> None:
    _, decision = decide("GET", "/profile", signed_in=False, accept="text/html,*/*")
    assert isinstance(decision, Deny)
    assert decision.response.status == 302
    location = dict(decision.response.fields)[b"location"].decode()
    assert location == f"{ISSUER}/login?return_to=https%3A%2F%2Fshop.test%2Fprofile"


def test_a_browser_whose_login_does_not_suffice_is_not_sent_in_circles() -> None:
    _, decision = decide("GET", "/nowhere", signed_in=True, accept="text/html,*/*")
    assert isinstance(decision, Deny)
    assert decision.response.status == 403


HOSTILE = ['"', '","action":"write', "\\", "{{ .Subject.ID }}", "ü", "a b", "'"]


@pytest.mark.parametrize("article", HOSTILE)
def test_what_stands_in_a_path_stays_a_string_for_the_policy_and_in_the_contract(
    article: str,
) -> None:
    world, decision = decide("GET", f"/articles/{quote(article, safe='')}", signed_in=True)
    assert isinstance(decision, Permit)
    questions = [json.loads(call.body or b"") for call in _asked(world)]
    question = {"action": "read", "subject": ALICE, "object": article}
    assert questions == [{"input": question}]
    claims = _claims(decision)
    assert claims["requested_article"] == article
    assert claims["allowed_representation"] == "excerpt"


def test_a_contract_says_for_whom_it_is_and_who_asks() -> None:
    _, decision = decide("GET", "/", signed_in=True)
    claims = _claims(decision)
    assert (claims["iss"], claims["aud"], claims["sub"]) == ("edgeauth", "blog-services", ALICE)
    assert claims["name"] == 'A "quoted" name'
    assert not {"requested_article", "allowed_representation"} & claims.keys()
    _, decision = decide("GET", "/", signed_in=False)
    assert "name" not in _claims(decision)


GARBAGE = [b"full", b"{}", b'{"result": true}', b'{"result": ["full"]}', b'{"result": null}', b""]


@pytest.mark.parametrize("body", GARBAGE)
def test_no_nonsense_of_the_policy_becomes_the_word_full(body: bytes) -> None:
    world, point = _world()
    world.endpoints.answers["http://127.0.0.1:4465/v1/data/articles/allow"] = json_answer(body)
    headers = {"Authorization": f"Bearer {_token()}"}
    decision = run(point.decide(request("/articles/x", headers=headers)))
    if isinstance(decision, Permit):
        assert _claims(decision)["allowed_representation"] not in ("full", "excerpt")


def test_identities_that_clients_invent_are_removed_from_every_request() -> None:
    for path in ("/", "/site.css", "/articles/x", "/profile"):
        _, decision = decide("GET", path, signed_in=True)
        assert isinstance(decision, Permit)
        assert {b"authorization", b"x-user"} <= decision.owned


def test_rules_move_with_the_environment() -> None:
    environment = {**os.environ, "ARTICLES_HOST": "articles.test:8080"}
    text = (RULES / "articles.yaml").read_text()
    (rule_set,) = read_rule_sets(text, "articles.yaml", environment)
    hosts = {rule.forward_to.host for rule in rule_set.rules if rule.forward_to is not None}
    assert [(host.host, host.port) for host in hosts] == [("articles.test", 8080)]


def _asked(world: World) -> Iterator[Call]:
    return (call for call in world.endpoints.calls if call.url.endswith("/articles/allow"))


def _claims(decision: Decision) -> dict[str, object]:
    assert isinstance(decision, Permit)
    fields = dict(decision.edits.fields)
    return dict(claims_of(fields[b"authorization"].removeprefix(b"Bearer ")))
