"""Problems and findings for programs: JSON, SARIF, GitHub's workflow commands."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeauth.cli.main import main
from edgeauth.config.codes import MEANINGS, Code
from tests.fakes.keys import write_key_store

CONFIGURATION = """\
mechanisms:
  authenticators:
    - {id: user, type: unauthorized}
    - {id: anonymous, type: anonymous}
  authorizers:
    - {id: allow, type: allow}
  finalizers:
    - {id: jwt, type: jwt, config: {signer: {key_store: {path: signer.pem}}}}
default_rule:
  execute: [{authenticator: user}, {finalizer: jwt}]
"""
RULES = """\
version: "1alpha4"
rules:
  - id: shop
    match: {routes: [{path: /shop}]}
    execute:
      - authenticator: anonymous
      - authenticator: user
      - authorizer: allow
    forward_to: {host: shop.test}
"""
MISTAKES = RULES.replace("shop}", "shop, ptah: a}").replace("anonymous\n", "anonymos\n")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_key_store(tmp_path / "signer.pem")
    monkeypatch.chdir(tmp_path)
    Path("edgeauth.yaml").write_text(CONFIGURATION)


def run(*arguments: str, rules: str = RULES, file: str = "rules.yaml") -> Result:
    Path(file).write_text(rules)
    insecure = ("--insecure",) if arguments[0] == "validate" else ()
    return CliRunner().invoke(main, [*arguments, *insecure, file], catch_exceptions=False)


def validate(form: str, rules: str = MISTAKES, file: str = "rules.yaml") -> Result:
    return run("validate", "rules", "--format", form, rules=rules, file=file)


def test_rules_are_validated_under_the_name_of_newer_heimdalls_too() -> None:
    results = [
        run("validate", name, "--proxy-mode", "--format", "json", rules=MISTAKES)
        for name in ("rules", "ruleset")
    ]

    assert results[0].exit_code == results[1].exit_code == 3
    assert results[0].stdout == results[1].stdout


def test_json_has_every_problem_in_a_documented_shape() -> None:
    result = validate("json")

    assert (result.exit_code, result.stderr) == (3, "")
    report = json.loads(result.stdout)
    assert report["version"] == 1
    assert report["problems"] == [
        {
            "level": "error",
            "code": "unknown-key",
            "file": "rules.yaml",
            "line": 4,
            "column": 36,
            "end_column": 40,
            "message": 'unknown key "ptah"',
            "expected": "known keys: path, path_params",
            "suggestion": 'did you mean "path"?',
            "why": MEANINGS[Code.UNKNOWN_KEY],
            "mend": "",
        }
    ]


def test_what_is_right_gives_a_report_without_entries() -> None:
    assert json.loads(validate("json", RULES).stdout) == {"version": 1, "problems": []}
    assert json.loads(validate("sarif", RULES).stdout)["runs"][0]["results"] == []
    assert validate("github", RULES).stdout == ""
    assert validate("text", RULES).stdout == "the rule sets are valid\n"


def test_a_problem_without_a_place_says_so() -> None:
    result = validate("json", rules="")

    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["code"] == "unreadable-file"
    assert [problem[key] for key in ("line", "column", "end_column")] == [None, None, None]


def test_sarif_has_one_rule_for_each_kind_of_problem() -> None:
    twice = MISTAKES.replace("match: {", "match: {hots: [], ")

    report = json.loads(validate("sarif", twice).stdout)

    assert report["version"] == "2.1.0"
    (run_of_it,) = report["runs"]
    driver = run_of_it["tool"]["driver"]
    assert [each["id"] for each in driver["rules"]] == ["unknown-key"]
    assert driver["rules"][0]["defaultConfiguration"] == {"level": "error"}
    assert [each["ruleIndex"] for each in run_of_it["results"]] == [0, 0]
    location = run_of_it["results"][1]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"] == {"uri": "rules.yaml"}
    assert location["region"] == {"startLine": 4, "startColumn": 46, "endColumn": 50}
    assert run_of_it["columnKind"] == "unicodeCodePoints"


def test_names_of_files_are_written_as_sarif_wants_them() -> None:
    report = json.loads(validate("sarif", file="my rules#1.yaml").stdout)

    location = report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "my%20rules%231.yaml"


def test_a_problem_of_a_variable_is_in_no_file() -> None:
    command = ["validate", "config", "--format", "sarif", "--insecure"]
    result = CliRunner().invoke(main, command, env={"EDGEAUTHCFG_SERVE_PROT": "1"})

    (problem,) = json.loads(result.stdout)["runs"][0]["results"]
    names = [each["fullyQualifiedName"] for each in problem["locations"][0]["logicalLocations"]]
    assert names == ["environment variable EDGEAUTHCFG_SERVE_PROT"]


def test_workflow_commands_escape_what_has_a_meaning_in_them() -> None:
    result = validate("github", RULES.replace("/shop}", '/shop%, "a\\r\\nb": 1}'), "a,b:100%.yaml")

    (line,) = [each for each in result.stdout.splitlines() if "unknown-key" in each]
    assert line.startswith("::error file=a%2Cb%3A100%25.yaml,line=4,col=")
    assert result.exit_code == 3
    assert all(each.startswith("::error ") for each in result.stdout.splitlines())


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_a_secret_is_in_no_report(form: str) -> None:
    text = CONFIGURATION.replace(
        "path: signer.pem", "path: a.pem, pasword: hunter2, password: 1234"
    )
    Path("edgeauth.yaml").write_text(text)

    result = validate(form)

    assert result.exit_code == 3
    assert "hunter2" not in result.output
    assert "1234" not in result.output


def test_the_length_of_a_secret_is_not_told() -> None:
    text = CONFIGURATION.replace("path: signer.pem", "path: signer.pem, password: 123456789")
    Path("edgeauth.yaml").write_text(text)

    (problem,) = json.loads(validate("json", RULES).stdout)["problems"]
    assert problem["code"] == "wrong-type"
    assert problem["end_column"] is None


def lint(*arguments: str, rules: str = RULES) -> Result:
    return run("lint", *arguments, rules=rules)


def test_lint_refuses_what_is_refused_with_3() -> None:
    assert lint(rules=MISTAKES).exit_code == 3
    assert json.loads(lint("--format", "json", rules=MISTAKES).stdout)["problems"]


def test_warnings_end_lint_with_4_unless_told_otherwise() -> None:
    assert lint().exit_code == 4
    assert lint("--fail-on", "never").exit_code == 0


def test_without_warnings_lint_ends_with_0() -> None:
    Path("edgeauth.yaml").write_text(
        CONFIGURATION.replace("{id: jwt,", "{id: noop, type: noop}\n    - {id: jwt,")
    )
    result = lint(rules=RULES.replace("      - authenticator: user\n", ""))

    assert (result.exit_code, result.stdout) == (0, "nothing to complain about\n")


def test_lint_shows_place_reason_and_remedy() -> None:
    output = lint().stdout

    assert output.startswith("rules.yaml:7:24: warning: ")
    assert "^^^^" in output
    for part in ("[unreachable-step]", "why:", "mend:", "1 warning"):
        assert part in output


def test_lint_does_not_insist_on_secure_defaults() -> None:
    Path("edgeauth.yaml").write_text(CONFIGURATION + "serve: {trusted_proxies: ['::/0']}\n")

    assert lint("--fail-on", "never").exit_code == 0


def test_findings_have_their_levels_in_every_format() -> None:
    report = json.loads(lint("--format", "sarif").stdout)
    (problem,) = json.loads(lint("--format", "json").stdout)["problems"]

    assert report["runs"][0]["results"][0]["level"] == "warning"
    assert "help" in report["runs"][0]["tool"]["driver"]["rules"][0]
    assert problem["level"] == "warning"
    assert problem["mend"]
    assert lint("--format", "github").stdout.startswith("::warning file=rules.yaml,line=7,")


@pytest.mark.parametrize("kind", ["config", "rules"])
def test_schemas_are_printed(kind: str) -> None:
    result = CliRunner().invoke(main, ["schema", kind])

    assert json.loads(result.stdout)["$schema"].endswith("2020-12/schema")


def test_every_code_has_a_meaning() -> None:
    assert MEANINGS.keys() == set(Code)
