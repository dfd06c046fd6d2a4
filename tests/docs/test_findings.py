"""The example of each kind of finding is one, and what the repository shows is free of findings."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from docs.generated.problems import Example, examples
from edgeauth.catalogue.lint import LintCode
from edgeauth.cli.main import main
from tests.docs.pages import ROOT, snippets
from tests.fakes.keys import write_key_store


def lint(*arguments: str) -> list[dict[str, object]]:
    """Returns what is found."""
    command = ["lint", "--format", "json", "-c", "edgeauth.yaml", *arguments]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code in (0, 4), result.output
    return json.loads(result.stdout)["problems"]


def complete_configuration() -> str:
    """Returns the configuration of the guide, with listeners that need no key for TLS."""
    (snippet,) = [each for each in snippets("configuration") if "complete" in each.words]
    rest = snippet.text[snippet.text.index("mechanisms:") :]
    return "serve: { trusted_proxies: [ 10.0.3.7 ] }\n" + rest


@pytest.mark.parametrize("code", list(LintCode))
def test_the_example_of_a_finding_is_one(
    code: LintCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_key_store(tmp_path / "signer.pem")
    example: Example = examples()[code.value]
    Path("edgeauth.yaml").write_text(example.get("configuration") or complete_configuration())
    Path("rules").mkdir()
    if "rules" in example:
        Path("rules/rules.yaml").write_text(example["rules"])

    found = {str(each["code"]) for each in lint()}

    assert code.value in found
    assert found <= {code.value, "unused-mechanism"}


def test_the_example_platform_is_free_of_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_key_store(tmp_path / "signer.pem")
    monkeypatch.setenv("SIGNER_KEY_STORE", str(tmp_path / "signer.pem"))
    monkeypatch.chdir(ROOT / "examples/blog-platform")

    assert lint("--proxy-mode") == []
