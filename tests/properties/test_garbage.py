"""Whatever stands in the place of a setting: it is accepted, or refused at its place."""

import copy
import json
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import HealthCheck, given, settings, strategies as st

from docs.generated.meanings import read
from edgeauth.app import Application, Blueprint, Mode
from edgeauth.catalogue.enforcement import Enforcement
from edgeauth.config.decode import collect
from edgeauth.config.errors import ConfigurationError, Problem, render_problems
from edgeauth.config.read import salvage_configuration
from tests.docs.pages import snippets
from tests.fakes.catalogues import compiled

ODD = [
    None, True, 0, -1, 1.5, 10**30, float("inf"), float("nan"), "", " ", "\x00", "\n", "a b", "é",
    "{{", "{{ .x", "(((", "[", "${", "http://", "http://[", "-1s", "0x10", "1e400", "a.*.b",
    "!GET", "/**/x", "/:", "::/0", "10.0.0.0/99", "Request", "x" * 3000,
    [], {}, [[]], [None], [{}], {"": ""}, {"a": {"b": []}},
]  # fmt: skip
NO_ENFORCEMENT = Enforcement(
    ingress_tls=False,
    egress_tls=False,
    upstream_tls=False,
    secure_default_rule=False,
    secure_trusted_proxies=False,
)
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

CONFIGURATIONS = [
    yaml.safe_load(text)
    for text in (
        *(each.text for each in snippets("configuration")),
        *(about["example"] for about in read("mechanisms.yaml").values() if "example" in about),
    )
]
RULES = """
- id: shop:orders
  match:
    routes:
      - path: /shops/:shop/orders/**
        path_params:
          - {name: shop, type: glob, value: "{eu,us}-*"}
          - {name: shop, type: regex, value: "^e"}
    methods: [ALL, "!GET"]
    scheme: https
    backtracking_enabled: true
    hosts:
      - {type: wildcard, value: "*.shop.test"}
      - {type: glob, value: "shop?.test"}
  allow_encoded_slashes: "on"
  forward_to:
    host: orders:9000
    forward_host_header: false
    rewrite:
      scheme: https
      strip_path_prefix: /shops
      add_path_prefix: /a
      strip_query_parameters: [a]
  execute:
    - authenticator: sso
    - contextualizer: facts
      id: plan
      config: {values: {x: "{{ .Request.URL.Captures.shop }}"}}
    - authorizer: check
      if: Request.Method == "POST"
      config: {expressions: [{expression: Subject.ID == "a", message: only a}], values: {x: b}}
    - finalizer: user
      config: {headers: {X-User: "{{ .Subject.ID }}"}}
  on_error:
    - error_handler: login
      if: type(Error) == authentication_error
"""
NEWER_RULES = """
- id: shop:orders
  match:
    http:
      paths:
        - path: /shops/:shop
          captures: [{name: shop, type: exact, value: eu}]
      methods: [GET]
      scheme: https
      hosts: ["*.shop.test"]
  forward_to: {host: orders:9000}
  execute:
    - {authenticator: sso, principal: client, if: Request.Method == "GET"}
    - authenticator: anonymous
    - authorizer: allow
"""
GROUP = "heimdall.dadrus.github.com"
RULE_SETS = [
    {"version": "1alpha4", "name": "shop", "rules": yaml.safe_load(RULES)},
    {"version": "1beta1", "name": "shop", "rules": yaml.safe_load(NEWER_RULES)},
    {
        "apiVersion": f"{GROUP}/v1alpha4",
        "kind": "RuleSet",
        "metadata": {"name": "shop", "namespace": "web"},
        "spec": {"authClassName": "default", "rules": yaml.safe_load(RULES)},
    },
]


def places(tree: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    yield path
    if isinstance(tree, dict | list):
        for key, child in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(child, (*path, key))


def replaced(tree: object, path: tuple[object, ...], value: object) -> object:
    if not path:
        return value
    changed = copy.deepcopy(tree)
    parent = changed
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return changed


def spoiled(trees: list[object]) -> st.SearchStrategy[str]:
    """Returns texts of the trees in which one node is another than it should be."""
    somewhere = st.sampled_from([(tree, path) for tree in trees for path in places(tree)])
    return st.builds(
        lambda where, value: yaml.safe_dump(replaced(*where, value), allow_unicode=True),
        somewhere,
        st.sampled_from(ODD),
    )


def check(problems: tuple[Problem, ...], text: str) -> None:
    lines = text.count("\n") + 1
    for each in problems:
        # Only a file that holds nothing at all has no place to point at.
        assert 1 <= each.line <= lines or text.strip() in ("null", "null\n..."), each.message
        assert each.message
    render_problems(problems, colour=True)
    json.dumps([each.message for each in problems])


@pytest.fixture(scope="module", autouse=True)
def _folder_without_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("nothing"))
        yield


@QUICK
@given(spoiled(CONFIGURATIONS))
def test_any_value_anywhere_in_a_configuration_is_accepted_or_refused_at_its_place(text: str):
    try:
        with collect() as problems:
            reading = salvage_configuration(text, "edgeauth.yaml", {}, "EDGEAUTHCFG_", problems)
            blueprint = Blueprint(reading, NO_ENFORCEMENT, Mode.PROXY, lambda _: [])
            Application(blueprint, problems)
    except ConfigurationError as refused:
        check(refused.problems, text)


@settings(QUICK, max_examples=200)
@given(spoiled(RULE_SETS))
def test_any_value_anywhere_in_a_rule_set_is_accepted_or_refused_at_its_place(text: str):
    check(compiled(text, proxy=True).problems, text)


@pytest.mark.parametrize("rule_set", RULE_SETS)
def test_what_is_spoiled_is_right_otherwise(rule_set: object):
    assert compiled(yaml.safe_dump(rule_set), proxy=True).messages == []
