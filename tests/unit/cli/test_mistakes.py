"""Typical mistakes in configuration and rule sets, and what the operator reads about them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeauth.cli.main import main
from tests.fakes.keys import write_key_store

CONFIGURATION = """\
serve:
  host: 127.0.0.1
  port: 4455
mechanisms:
  authenticators:
    - id: google
      type: jwt
      config:
        metadata_endpoint: http://127.0.0.1:4460/.well-known/openid-configuration
        cache_ttl: 2s
    - id: anonymous
      type: anonymous
  authorizers:
    - {id: deny_all, type: deny}
    - {id: allow_all, type: allow}
    - id: readers
      type: cel
      config:
        expressions:
          - expression: Request.Method == "GET"
            message: only readers
  contextualizers:
    - id: opa
      type: generic
      config:
        endpoint: http://127.0.0.1:8181/v1/data/{{ .Values.policy }}
        values: {policy: blog}
  finalizers:
    - id: jwt
      type: jwt
      config:
        signer:
          key_store: {path: signer.pem}
  error_handlers:
    - id: login
      type: redirect
      config:
        to: http://127.0.0.1:4460/login?back={{ .Request.URL | urlenc }}
default_rule:
  execute:
    - authenticator: google
    - authorizer: deny_all
    - finalizer: jwt
  on_error:
    - error_handler: login
      if: type(Error) == authentication_error && Request.Header("Accept").contains("text/html")
providers:
  file_system:
    src: rules.yaml
"""
RULES = """\
version: "1alpha4"
name: articles
rules:
  - id: read
    match:
      routes:
        - path: /articles/:id
          path_params: [{name: id, type: glob, value: "{a,b}*"}]
      methods: [GET]
    forward_to:
      host: 127.0.0.1:4462
    execute:
      - authenticator: google
      - authenticator: anonymous
      - authorizer: allow_all
      - contextualizer: opa
        config:
          values:
            object: "{{ .Request.URL.Captures.id }}"
      - finalizer: jwt
        config:
          values:
            subject: "{{ .Subject.ID }}"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_key_store(tmp_path / "signer.pem")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def validate(
    folder: Path, configuration: str = CONFIGURATION, rules: str = RULES
) -> tuple[int, str]:
    (folder / "edgeauth.yaml").write_text(configuration)
    (folder / "rules.yaml").write_text(rules)
    command = ["validate", "rules", "--proxy-mode", "-c", "edgeauth.yaml", "--insecure"]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    return result.exit_code, result.output


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


IN_CONFIGURATION = [
    pytest.param(
        "  port: 4455", "  prot: 4455",
        [
            'edgeauth.yaml:3:3: unknown key "prot"',
            "    3 |   prot: 4455",
            '      |   ^^^^ did you mean "port"?',
        ],
        id="unknown key",
    ),
    pytest.param(
        "  port: 4455", '  port: "4455"',
        ['edgeauth.yaml:3:9: "port" is text, not a whole number', "remove the quotes"],
        id="wrong type",
    ),
    pytest.param(
        "  port: 4455", "  port: 70000",
        ["edgeauth.yaml:3:9: ", "|   port: 70000"],
        id="out of range",
    ),
    pytest.param(
        "  host: 127.0.0.1\n", "\thost: 127.0.0.1\n",
        ["edgeauth.yaml:2:1: a tab can not be used for indentation", "indent with spaces"],
        id="tab",
    ),
    pytest.param(
        "  port: 4455", "  port: 4455\n  port: 4456",
        ['edgeauth.yaml:4:3: duplicate key "port"', "it stands in line 3 already"],
        id="duplicate key",
    ),
    pytest.param(
        "cache_ttl: 2s", "cache_ttl: 2sec",
        ["edgeauth.yaml:10:20: ", "^^^^ expected a duration such as 10s, 5m"],
        id="bad duration",
    ),
    pytest.param(
        "type: anonymous", "type: anonymus",
        ['edgeauth.yaml:12:13: unknown authenticator type "anonymus"', 'did you mean "anonymous"?'],
        id="unknown type",
    ),
    pytest.param(
        "- id: anonymous", "- id: google",
        ['edgeauth.yaml:11:11: duplicate mechanism "google"'],
        id="duplicate mechanism",
    ),
    pytest.param(
        "metadata_endpoint:", "metadata_endpont:",
        ['edgeauth.yaml:9:9: unknown key "metadata_endpont"', 'did you mean "metadata_endpoint"?'],
        id="misspelt mechanism field",
    ),
    pytest.param(
        "path: signer.pem", "path: singer.pem",
        ["edgeauth.yaml:33:29: singer.pem: can not be read: No such file or directory"],
        id="missing key store",
    ),
    pytest.param(
        "endpoint: http://127.0.0.1:8181/v1/data/{{ .Values.policy }}",
        "endpoint: {url: https://127.0.0.1:8181/, tls: {ca_file: roots.pem}}",
        ["edgeauth.yaml:26:65: roots.pem: can not be read"],
        id="missing authorities of an endpoint",
    ),
    pytest.param(
        "key_store: {path: signer.pem}", "secret: {source: signr}",
        ['edgeauth.yaml:33:28: no secret source "signr" is configured', "sources: none"],
        id="unknown secret source",
    ),
    pytest.param(
        "http://127.0.0.1:4460/.well-known/", "http://${NO_SUCH_HOST}/.well-known/",
        ['edgeauth.yaml:9:28: wrong value for "m', "(the variable NO_SUCH_HOST is not set)"],
        id="variable that is not set",
    ),
    pytest.param(
        "type: anonymous", "type: ${HOME}",
        ['edgeauth.yaml:12:13: unknown authenticator type "${HOME}"'],
        id="variable in the wrong place",
    ),
    pytest.param(
        '.contains("text/html")', '.contain("text/html")',
        ['edgeauth.yaml:46:75: unknown method "contain"', 'did you mean "contains"?'],
        id="unknown function in a condition",
    ),
    pytest.param(
        "type(Error) ==", "type(Error ==",
        ["edgeauth.yaml:46:95: unexpected end of the text", 'expected ")"'],
        id="syntax of a condition",
    ),
    pytest.param(
        'Request.Method == "GET"', "Request.Method",
        ["edgeauth.yaml:20:25: ", "bool"],
        id="condition that is no condition",
    ),
    pytest.param(
        "{{ .Request.URL | urlenc }}", "{{ .Request.URL | urlencode }}",
        ["edgeauth.yaml:38:64: ", "urlencode", 'did you mean "urlenc"?'],
        id="unknown function in a template",
    ),
    pytest.param(
        "    src: rules.yaml", "    src: rulez.yaml",
        ["edgeauth.yaml:49:10: rulez.yaml does not exist"],
        id="missing rule file",
    ),
    pytest.param(
        "    - authorizer: deny_all\n", "    - authorizer: deny_al\n",
        ['edgeauth.yaml:42:19: unknown authorizer "deny_al"', 'did you mean "deny_all"?'],
        id="unknown mechanism in the default rule",
    ),
]  # fmt: skip

IN_RULES = [
    pytest.param(
        "authenticator: anonymous", "authenticator: anonymos",
        ['rules.yaml:14:24: unknown authenticator "anonymos"', 'did you mean "anonymous"?'],
        id="unknown mechanism",
    ),
    pytest.param(
        "- path: /articles/:id", "- pth: /articles/:id",
        ['rules.yaml:7:11: unknown key "pth"', 'did you mean "path"?'],
        id="misspelt field",
    ),
    pytest.param(
        "path: /articles/:id", "path: articles/:id",
        ['rules.yaml:7:17: a path begins with "/"'],
        id="path without slash",
    ),
    pytest.param(
        "name: id, type", "name: ids, type",
        ['the path has no wildcard "ids"', 'did you mean "id"?'],
        id="condition for no wildcard",
    ),
    pytest.param(
        '"{a,b}*"', '"{a,b*"',
        ["rules.yaml:8:", "this brace is never closed"],
        id="bad glob",
    ),
    pytest.param(
        "type: glob, value: \"{a,b}*\"", "type: regex, value: \"(a\"",
        ["rules.yaml:8:", "not a regular expression (RE2): missing )"],
        id="bad regular expression",
    ),
    pytest.param(
        "methods: [GET]", "methods: [get]",
        ["rules.yaml:9:17: ", 'did you mean "GET"?'],
        id="method in lower case",
    ),
    pytest.param(
        "methods: [GET]", 'methods: ["!GET"]',
        ["rules.yaml:9:17: only exclusions", 'put "ALL" before them'],
        id="only negated methods",
    ),
    pytest.param(
        "methods: [GET]", "methods: GET",
        ['rules.yaml:9:16: "methods" is text, not a list'],
        id="text where a list belongs",
    ),
    pytest.param(
        "{{ .Subject.ID }}", "{{ .Subject.Id }}",
        ['rules.yaml:23:', 'Subject has no member "Id"', 'did you mean ".ID"?'],
        id="unknown member in a template",
    ),
    pytest.param(
        "{{ .Subject.ID }}", "{{ .Subject.ID",
        ["rules.yaml:23:", "unclosed action"],
        id="syntax of a template",
    ),
    pytest.param(
        "          values:\n            object",
        "          endpoint: http://other/\n          values:\n            object",
        [
            'rules.yaml:18:11: "endpoint" of generic can not be set in a rule',
            "a step may set: cache_ttl",
        ],
        id="override that is not allowed",
    ),
    pytest.param(
        "      - authorizer: allow_all\n",
        "      - authorizer: allow_all\n        finalizer: jwt\n",
        ['rules.yaml:16:9: "finalizer" beside "authorizer": a step refers to one mechanism'],
        id="two mechanisms in a step",
    ),
    pytest.param(
        '            subject: "{{ .Subject.ID }}"\n',
        '            subject: "{{ .Subject.ID }}"\n      - authorizer: allow_all\n',
        ["rules.yaml:24:9: authorizer after finalizer"],
        id="stages in the wrong order",
    ),
    pytest.param(
        "    forward_to:\n      host: 127.0.0.1:4462\n", "",
        ["rules.yaml:4:9: no forward_to"],
        id="no upstream in proxy mode",
    ),
    pytest.param(
        'version: "1alpha4"', 'version: "1alpha5"',
        ["rules.yaml:1:10: ", "1alpha4"],
        id="unknown version",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), IN_CONFIGURATION)
def test_a_mistake_in_the_configuration_is_shown_in_its_place(
    folder: Path, old: str, new: str, expected: list[str]
) -> None:
    code, output = validate(folder, configuration=changed(CONFIGURATION, old, new))

    assert code == 3
    for part in expected:
        assert part in output
    assert "1 problem" in output


@pytest.mark.parametrize(("old", "new", "expected"), IN_RULES)
def test_a_mistake_in_a_rule_is_shown_in_its_place(
    folder: Path, old: str, new: str, expected: list[str]
) -> None:
    code, output = validate(folder, rules=changed(RULES, old, new))

    assert code == 3
    for part in expected:
        assert part in output
    assert "1 problem" in output


def test_mistakes_of_all_kinds_are_shown_at_once(folder: Path) -> None:
    configuration = CONFIGURATION
    for old, new in (
        ("  port: 4455", "  prot: 4455"),
        ("type: anonymous", "type: anonymus"),
        ("cache_ttl: 2s", "cache_ttl: 2sec"),
        ("authorizer: deny_all\n", "authorizer: deny_al\n"),
    ):
        configuration = changed(configuration, old, new)
    rules = changed(RULES, "{{ .Subject.ID }}", "{{ .Subject.Id }}")
    rules += (
        RULES[RULES.index("  - id: read") :]
        .replace("id: read", "id: other")
        .replace("methods", "methds")
    )

    code, output = validate(folder, configuration, rules)

    assert code == 3
    assert "6 problems" in output


def test_what_is_right_is_accepted(folder: Path) -> None:
    code, output = validate(folder)

    assert (code, output) == (0, "the rule sets are valid\n")


def test_secure_defaults_hold_unless_told_otherwise(folder: Path) -> None:
    (folder / "edgeauth.yaml").write_text(
        changed(CONFIGURATION, "    - authenticator: google\n", "    - authenticator: anonymous\n")
        + "\n"
    )
    command = ["validate", "config", "-c", "edgeauth.yaml"]

    refused = CliRunner().invoke(main, command)
    allowed = CliRunner().invoke(main, [*command, "--insecure"])

    assert refused.exit_code == 3
    for part in (
        '"serve" has no tls',
        '"management" has no tls',
        "the default rule lets everybody be anonymous",
        "expected an https URL",
    ):
        assert part in refused.output
    assert allowed.exit_code == 0


def test_trusting_everybody_is_refused(folder: Path) -> None:
    configuration = changed(
        CONFIGURATION, "  port: 4455", "  port: 4455\n  trusted_proxies: [10.0.0.0/8, '::/0']"
    )
    (folder / "edgeauth.yaml").write_text(configuration)
    (folder / "rules.yaml").write_text(RULES)
    command = ["validate", "config", "-c", "edgeauth.yaml", "--insecure-skip-all-tls-enforcement"]

    result = CliRunner().invoke(main, command)

    assert result.exit_code == 3
    assert "edgeauth.yaml:4:" in result.output
    assert "this trusts everybody" in result.output


def test_a_missing_configuration_file_is_said_so(folder: Path) -> None:
    result = CliRunner().invoke(main, ["validate", "config", "-c", "nowhere.yaml"])

    assert result.exit_code == 3
    assert "nowhere.yaml: no such file or directory" in result.output


def test_the_password_of_a_key_store_is_never_shown(folder: Path) -> None:
    configuration = changed(
        CONFIGURATION, "{path: signer.pem}", "{path: signer.pem, password: hunter2-secret, pth: x}"
    )

    code, output = validate(folder, configuration)

    assert code == 3
    assert "hunter2" not in output


def test_two_key_stores_that_call_different_keys_by_one_id_are_refused(folder: Path) -> None:
    for name, algorithm in (("signer.pem", "ES256"), ("other.pem", "ES384")):
        write_key_store(folder / name, algorithm)
        pem = (folder / name).read_text()
        (folder / name).write_text(pem.replace("KEY-----\n", "KEY-----\nX-Key-ID: one\n\n", 1))
    configuration = changed(
        CONFIGURATION,
        "  error_handlers:",
        "    - {id: other, type: jwt, config: {signer: {key_store: {path: other.pem}}}}\n"
        "  error_handlers:",
    )

    code, output = validate(folder, configuration)

    assert code == 3
    assert "another store has another key one" in output


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        pytest.param(
            "  keys: {type: pem, config: {path: keys.pem}}\n",
            "edgeauth.yaml:51:36: keys.pem: can not be read: No such file or directory",
            id="a file that is not there",
        ),
        pytest.param(
            "  keys: {type: pem, config: {pth: signer.pem}}\n",
            'edgeauth.yaml:51:30: unknown key "pth"',
            id="a setting that is misspelt",
        ),
    ],
)
def test_what_refers_to_a_secret_source_that_is_wrong_is_not_told_as_well(
    folder: Path, sources: str, told: str
):
    text = changed(CONFIGURATION, "key_store: {path: signer.pem}", "secret: {source: keys}")

    code, output = validate(folder, f"{text}secret_management:\n{sources}")

    assert code == 3
    assert told in output
    assert output.endswith("\n1 problem\n")
