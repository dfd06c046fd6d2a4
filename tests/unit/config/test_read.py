from pathlib import Path

import pytest

from edgeauth.config.errors import ConfigurationError
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.rules import RuleSetDocument, RuleSetFile
from edgeauth.config.nodes import position
from edgeauth.config.read import read_configuration, read_rule_sets

REFERENCE = Path(__file__).parent / "reference"

FILE = """\
version: "1alpha4"
name: shop
rules:
  - id: orders
    match: {routes: [{path: /orders}]}
    execute: [{authenticator: sso}]
"""

DOCUMENT = """\
apiVersion: edgeauth.dev/v1alpha4
kind: RuleSet
metadata: {name: shop, namespace: web, labels: {team: a}, generation: 3}
spec:
  authClassName: public
  rules:
    - id: orders
      match: {routes: [{path: /orders}]}
      execute: [{authenticator: sso}]
"""


def problems_of(text: str) -> list[tuple[int, str]]:
    with pytest.raises(ConfigurationError) as refused:
        read_rule_sets(text, "rules.yaml")
    return [(problem.line, problem.message) for problem in refused.value.problems]


def test_every_document_of_a_file_tells_its_own_problems():
    text = FILE.replace("orders}]}", "orders}], x: 1}") + "---\n" + FILE.replace("sso", "5")

    assert problems_of(text) == [
        (5, 'unknown key "x"'),
        (13, '"authenticator" is a whole number, not text'),
    ]


def test_a_version_beside_an_api_version_is_refused():
    assert problems_of('version: "1alpha4"\n' + DOCUMENT) == [
        (1, '"version" is not accepted beside apiVersion')
    ]


@pytest.mark.parametrize("key", ["VERSION", "Rules"])
def test_keys_are_compared_with_regard_to_case(key: str):
    assert any(f'unknown key "{key}"' == message for _, message in problems_of(FILE + f"{key}: 1"))


@pytest.mark.parametrize(
    ("value", "message"),
    [('""', 'unknown scheme ""'), ("null", '"scheme" is empty, not text')],
)
def test_an_empty_scheme_is_refused(value: str, message: str):
    assert problems_of(FILE.replace("}]}", f"}}], scheme: {value}}}", 1)) == [(5, message)]


def test_files_and_documents_give_the_same_rules():
    (from_file,), (from_document,) = read_rule_sets(FILE, "f"), read_rule_sets(DOCUMENT, "f")

    assert from_file.rules == from_document.rules
    assert from_file.name == from_document.name == "shop"
    assert (from_file.authorization_class, from_document.authorization_class) == (
        "default",
        "public",
    )


def test_several_documents_are_several_rule_sets():
    assert len(read_rule_sets(f"{FILE}---\n{DOCUMENT}", "f")) == 2


def test_variables_are_replaced_in_rule_sets_only_on_demand():
    text = FILE.replace("sso", '"${WHO}"')

    (replaced,) = read_rule_sets(text, "f", {"WHO": "google"})
    (untouched,) = read_rule_sets(text, "f")

    assert replaced.rules[0].execute[0].reference == "google"
    assert untouched.rules[0].execute[0].reference == "${WHO}"


def test_the_default_rule_of_the_reference_loads_as_it_stands():
    text = (REFERENCE / "default_rule.yaml").read_text()

    rule = read_configuration(text, "f", {}).default_rule

    assert rule is not None
    assert [(step.kind, step.reference) for step in rule.execute] == [
        ("authenticator", "google"),
        ("authorizer", "deny_all_requests"),
        ("finalizer", "jwt"),
    ]
    assert rule.on_error[0].reference == "authenticate_with_google"
    assert rule.on_error[0].condition == (
        'type(Error) == authentication_error && Request.Header("Accept").contains("text/html")'
    )


def test_the_rule_sets_of_the_reference_load_as_they_stand():
    (wiring,) = read_rule_sets((REFERENCE / "wiring_app.yaml").read_text(), "f")
    (articles,) = read_rule_sets((REFERENCE / "articles_service.yaml").read_text(), "f")

    assert (wiring.name, len(wiring.rules)) == ("wiring app rules", 2)
    assert wiring.rules[1].match.routes[0].path_params[0].value == "{*.css,*.js,*.ico}"
    assert wiring.rules[0].match.methods == ("GET",)
    assert [step.kind for step in articles.rules[0].execute] == [
        "authenticator",
        "authenticator",
        "authorizer",
        "contextualizer",
        "finalizer",
    ]


def test_a_step_knows_where_it_and_its_parts_were_written():
    text = (REFERENCE / "articles_service.yaml").read_text()
    (articles,) = read_rule_sets(text, "articles.yaml")
    step = articles.rules[0].execute[3]

    problem = step.problem("unknown mechanism", "contextualizer")

    line = 1 + text.split("contextualizer: opa")[0].count("\n")
    assert position(step.node) == (line, 11)
    assert (problem.file, problem.line, problem.column, problem.width) == (
        "articles.yaml",
        line,
        27,
        3,
    )
    assert list(step.config_node().entries) == ["values"]
    assert articles.rules[0].execute[0].config_node().entries == {}


def test_an_empty_configuration_means_the_defaults():
    configuration = read_configuration("", "edgeauth.yaml", {})

    assert (configuration.serve.port, configuration.management.port) == (4456, 4457)
    assert configuration.serve.timeout.model_dump() == {"read": 5.0, "write": 10.0, "idle": 120.0}
    assert configuration.serve.respond.statuses.no_rule_error.code == 404
    assert configuration.default_rule is None


def test_the_environment_goes_before_the_file():
    text = "serve:\n  port: ${PORT:=8080}\n  host: ${HOST}\nlog: {level: info}\n"
    variables = {"HOST": "127.0.0.1", "EDGEAUTHCFG_LOG_LEVEL": "debug"}

    configuration = read_configuration(text, "edgeauth.yaml", variables)

    assert (configuration.serve.port, configuration.serve.host) == (8080, "127.0.0.1")
    assert configuration.log.level == "debug"


def test_a_password_is_not_in_the_text_form_of_a_configuration():
    text = "serve: {tls: {key_store: {path: /keys.pem, password: hunter2}}}"

    assert "hunter2" not in repr(read_configuration(text, "f", {}))


@pytest.mark.parametrize("model", [Configuration, RuleSetFile, RuleSetDocument])
def test_a_json_schema_can_be_made(model: type[Configuration]):
    schema = model.model_json_schema()

    assert schema["additionalProperties"] is False
