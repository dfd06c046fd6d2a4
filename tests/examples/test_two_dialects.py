"""The rules of the example in both dialects: what the converter says, and accepted."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edgeauth.cli.main import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "two-dialects"


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(main, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    "files",
    [["orders-1alpha4.yaml"], ["orders-1beta1.yaml", "principals-1beta1.yaml"]],
    ids=["1alpha4", "1beta1"],
)
def test_the_rule_sets_are_valid(files: list[str]):
    options = ("-c", EXAMPLE / "edgeauth.yaml", "--insecure-skip-ingress-tls-enforcement")

    run("validate", "rules", "--proxy-mode", *options, *(EXAMPLE / name for name in files))


def test_one_is_what_the_other_is_converted_to():
    text = run("convert", "rules", "--to", "1beta1", EXAMPLE / "orders-1alpha4.yaml")

    assert text == (EXAMPLE / "orders-1beta1.yaml").read_text()
