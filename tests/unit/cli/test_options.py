"""Options that several commands share."""

import pytest
from click.testing import CliRunner

from edgeauth.cli.main import main

CONFIGURATION = """\
mechanisms:
  authenticators: [{id: anyone, type: anonymous}]
  authorizers: [{id: deny, type: deny}]
default_rule: {execute: [{authenticator: anyone}, {authorizer: deny}]}
"""


@pytest.mark.parametrize(
    "arguments",
    [
        "validate config -c FILE --insecure",
        "validate -c FILE config --insecure",
        "validate --insecure config -c FILE",
        "validate --insecure -c FILE config",
        "validate -c elsewhere.yaml config --insecure -c FILE",
    ],
)
def test_options_stand_before_a_command_or_behind_it(arguments, tmp_path):
    file = tmp_path / "edgeauth.yaml"
    file.write_text(CONFIGURATION)
    given = arguments.replace("FILE", str(file)).split()

    answer = CliRunner().invoke(main, given)

    assert (answer.exit_code, answer.output) == (0, "the configuration is valid\n")


def test_a_default_before_a_command_says_nothing(tmp_path, monkeypatch):
    (tmp_path / "edgeauth.yaml").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)

    answer = CliRunner().invoke(main, ["validate", "config"])

    assert answer.exit_code == 3
    assert "--insecure-skip-ingress-tls-enforcement" in answer.output


@pytest.mark.parametrize("flag", ["-v", "--version"])
def test_the_version_is_told(flag):
    answer = CliRunner().invoke(main, [flag], prog_name="edgeauth")

    assert answer.exit_code == 0
    assert answer.output.startswith("edgeauth ")
