"""What the schemas take and refuse, held to the mistakes that the readers refuse."""

from pathlib import Path

import pytest

from docs.generated.meanings import read
from edgeauth.catalogue.registry import Registry
from edgeauth.catalogue.schema import configuration_schema, rule_set_schema
from edgeauth.config.document import read_documents
from edgeauth.config.errors import ConfigurationError
from edgeauth.config.nodes import plain
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.ports.declare import Kind
from tests.docs.pages import ROOT, snippets
from tests.fakes.json_schema import Schema, fits

MISTAKES = ROOT / "tests/unit/config/mistakes"
CONFIGURATION = configuration_schema(Registry(TYPES))
RULES = rule_set_schema(Registry(TYPES))

BEYOND = {
    # what a listener's settings mean for each other, and checks of its own
    "a suite for a version that has none to choose",
    "no suite, and one twice",
    "a handshake that may take for ever",
    "a PROXY protocol that nobody may speak",
    "certificates of clients told to nobody",
    "names of connections where every host is answered alike",
    "an access log that is not switched on",
    "one of several certificates of a field that has one",
    # what hosts of upstreams mean for each other
    "a name that many upstreams could pose under",
    "upstreams that an entry before means already",
    "a time of upstreams that an entry before tells already",
    "an upstream that is waited for for ever",
    # what a path leads to
    "sockets that lead elsewhere, belong to nobody or are none",
    # two places of a document have to be compared
    "a mechanism twice (measured 22)",
    "one package under two spellings",
    "a rule twice",
    "a wildcard twice in a path",
    "a condition on a wildcard that is not there",
    "1beta1: a condition of a capture that the path does not have",
    "an authenticator after an authorizer",
    # the text before it becomes a value
    "a second document",
    "a duplicate key (attack 174)",
    "a reference that is none",
    "a key that can be guessed (attack 162)",
    "a flush delay that requests would wait for",
    "no time for Redis",
    # one key says what another one may be
    "attack 84: permits that look like refusals",
    "attack 84: refusals that look like permits",
    "credentials without a password",
    "credentials in two places",
    "TLS that is disabled and configured",
    "a network with host bits",
    "an empty file",
}
"""The mistakes that no schema can express."""


def documents(text: str) -> list[object]:
    return [plain(root) for root in read_documents(text, "text.yaml")]


def mistakes(file: str) -> list[object]:
    found = []
    for case in (MISTAKES / file).read_text().split("==== ")[1:]:
        name, _, rest = case.partition("\n")
        text = rest.partition("---- told\n")[0]
        if name not in BEYOND:
            found.append(pytest.param(text, id=name))
    return found


def is_refused(text: str, schema: Schema) -> bool:
    """Returns whether a document is refused: by the schema, or because it is no YAML."""
    try:
        found = documents(text)
    except ConfigurationError:
        return True
    return not all(fits(each, schema, schema) for each in found)


@pytest.mark.parametrize("text", mistakes("configuration.txt"))
def test_a_mistake_in_the_configuration_is_refused(text: str) -> None:
    assert is_refused(text, CONFIGURATION)


@pytest.mark.parametrize("text", mistakes("rules.txt"))
def test_a_mistake_in_a_rule_set_is_refused(text: str) -> None:
    assert is_refused(text, RULES)


STEPS = [
    pytest.param("{contextualizer: a, config: {endpoint: http://a/}}", id="fixed setting"),
    pytest.param("{authenticator: a, config: {assertions: {audiens: [b]}}}", id="deep misspelling"),
    pytest.param("{authorizer: a, config: {values: {b: 1}}}", id="number in values"),
    pytest.param("{authenticator: a, finalizer: b}", id="two mechanisms"),
    pytest.param("{}", id="none"),
]


def rule_with(step: str) -> str:
    return (
        'version: "1alpha4"\nrules:\n  - id: a\n    match: {routes: [{path: /a}]}\n'
        f"    execute: [{step}]\n"
    )


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_no_type_of_its_kind_could_run_is_refused(step: str) -> None:
    assert is_refused(rule_with(step), RULES)


@pytest.mark.parametrize(
    "step",
    [
        "{authenticator: a, config: {assertions: {scopes: [b]}}}",
        "{authenticator: a, config: {assertions: {scopes: {values: [b]}}}}",
        "{authorizer: a, if: Request.Method == 'GET', config: {values: {b: c}}}",
        "{contextualizer: a, config: {cache_ttl: 5s}}",
        "{finalizer: a, config: }",
    ],
)
def test_a_step_that_some_type_of_its_kind_runs_is_accepted(step: str) -> None:
    assert not is_refused(rule_with(step), RULES)


ENTRIES = [
    pytest.param("authorizers: [{id: a, type: alow}]", id="unknown type"),
    pytest.param("authenticators: [{id: a, type: allow}]", id="type of another kind"),
    pytest.param("authenticators: [{id: a, type: jwt}]", id="no config where one is needed"),
    pytest.param(
        "contextualizers: [{id: a, type: generic, config: {endpoint: ftp://b/}}]", id="other URL"
    ),
    pytest.param(
        "authenticators: [{id: a, type: anonymous, config: {subjekt: b}}]", id="misspelt setting"
    ),
]


@pytest.mark.parametrize("entries", ENTRIES)
def test_an_entry_is_refused_by_the_model_of_its_type(entries: str) -> None:
    assert is_refused(f"mechanisms: {{{entries}}}", CONFIGURATION)


def test_both_names_of_a_setting_are_known() -> None:
    for name in ("principal", "subject"):
        entry = f"{{id: a, type: anonymous, config: {{{name}: b}}}}"
        assert not is_refused(f"mechanisms: {{authenticators: [{entry}]}}", CONFIGURATION)


@pytest.mark.parametrize("value", ["${PORT:=4456}", "4456"])
def test_a_reference_to_a_variable_may_stand_for_any_value(value: str) -> None:
    assert not is_refused(
        f"serve: {{port: {value if value[0] != '$' else repr(value)}}}", CONFIGURATION
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / "rules").glob("*.yaml")), ids=lambda path: path.name
)
def test_the_rules_of_the_repository_are_accepted(path: Path) -> None:
    assert not is_refused(path.read_text(), RULES)


def test_the_configuration_of_the_example_is_accepted() -> None:
    path = ROOT / "examples/blog-platform/edgeauth.yaml"

    assert not is_refused(path.read_text(), CONFIGURATION)


@pytest.mark.parametrize("snippet", snippets("rules"), ids=lambda snippet: snippet.id)
def test_the_rules_of_the_documentation_are_accepted(snippet) -> None:
    assert not is_refused(snippet.text, RULES)


@pytest.mark.parametrize("snippet", snippets("configuration"), ids=lambda snippet: snippet.id)
def test_the_configurations_of_the_documentation_are_accepted(snippet) -> None:
    assert not is_refused(snippet.text, CONFIGURATION)


@pytest.mark.parametrize("name", sorted(read("mechanisms.yaml")))
def test_the_example_of_each_mechanism_is_accepted(name: str) -> None:
    assert not is_refused(read("mechanisms.yaml")[name]["example"], CONFIGURATION)


def test_every_type_is_known() -> None:
    for kind in Kind:
        entry = CONFIGURATION["$defs"][f"{kind.value}_entry"]
        names = entry["properties"]["type"]["anyOf"][0]["enum"]
        assert names == Registry(TYPES).names(kind)


@pytest.mark.parametrize("schema", [CONFIGURATION, RULES], ids=["configuration", "rules"])
def test_every_model_has_a_description(schema: Schema) -> None:
    models = {name: each for name, each in schema["$defs"].items() if name[0].isupper()}

    assert [name for name, each in models.items() if not each.get("description")] == []


def test_every_keyword_is_one_of_json_schema() -> None:
    for schema in (CONFIGURATION, RULES):
        for each in schema["$defs"].values():
            for value in ({}, [], "", 1, True, None):
                fits(value, each, schema)
