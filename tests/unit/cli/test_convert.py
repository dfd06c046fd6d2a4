"""`edgeauth convert`: what is written, where to, and how it ends."""

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edgeauth.cli.main import main

ALPHA = """\
version: "1alpha4" # as served
rules:
  - id: a
    match:
      routes: [{path: /x}]
    execute: [{authenticator: sso}]
"""
BETA = """\
version: "1beta1" # as served
rules:
  - id: a
    match:
      http:
        paths: [{path: /x}]
    execute: [{authenticator: sso}]
"""
UNSAYABLE = ALPHA.replace("/x}]", "/x}]\n      hosts: [{type: glob, value: '*'}]")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("alpha.yaml").write_text(ALPHA)
    Path("unsayable.yaml").write_text(UNSAYABLE)


def convert(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["convert", *arguments], input=given)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param([], 2, "Missing option", id="no dialect"),
        pytest.param(["--to", "1beta2"], 2, "is not one of '1alpha4', '1beta1'", id="which one"),
        pytest.param(["--to", "1beta1", "a", "b"], 2, "one file at a time", id="two files"),
        pytest.param(["--to", "1beta1", "nothing.yaml"], 3, "nothing.yaml: no such", id="no file"),
        pytest.param(["--to", "1beta1", "unsayable.yaml"], 3, "yaml:6:22: 1beta1 has", id="glob"),
        pytest.param(["--to", "1beta1", "-o", "no/x.yaml", "alpha.yaml"], 1, "no/x", id="out"),
    ],
)  # fmt: skip
def test_a_failure_is_told_and_nothing_is_written(arguments, code: int, told: str):
    result = convert(*arguments)

    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr
    assert sorted(os.listdir()) == ["alpha.yaml", "unsayable.yaml"]


def test_octets_that_are_no_text_are_refused():
    result = convert("--to", "1beta1", given=b"\xff")

    assert result.exit_code == 3
    assert "standard input:1:1: the file is not UTF-8" in result.stderr


def test_a_refused_conversion_leaves_the_file_to_write_as_it_was():
    result = convert("--to", "1beta1", "-o", "alpha.yaml", "unsayable.yaml")

    assert result.exit_code == 3
    assert Path("alpha.yaml").read_text() == ALPHA


@pytest.mark.parametrize(
    "arguments",
    [
        ["--to", "1beta1", "alpha.yaml"],
        ["rules", "--to", "1beta1", "alpha.yaml"],
        ["ruleset", "-v", "1beta1", "alpha.yaml"],
        ["ruleset", "--desired-version", "1beta1", "./alpha.yaml", "-o", "-"],
    ],
)
def test_without_a_file_to_write_standard_output_is_written(arguments: list[str]):
    result = convert(*arguments)

    assert (result.exit_code, result.stdout, result.stderr) == (0, BETA, "")
    assert Path("alpha.yaml").read_text() == ALPHA


@pytest.mark.parametrize("arguments", [[], ["-"], ["rules"], ["ruleset", "-"]])
def test_without_a_file_to_read_standard_input_is_read(arguments: list[str]):
    result = convert(*arguments, "--to", "1alpha4", given=BETA)

    assert (result.exit_code, result.stdout) == (0, ALPHA)


def test_line_ends_are_not_touched_on_the_way():
    result = convert("--to", "1beta1", given=ALPHA.replace("\n", "\r\n").encode())

    assert result.stdout_bytes == BETA.replace("\n", "\r\n").encode()


def test_what_is_left_out_is_told_beside_the_result():
    text = ALPHA.replace("/x}]", "/x}]\n      backtracking_enabled: true")

    result = convert("--to", "1beta1", given=text)

    assert (result.exit_code, result.stdout) == (0, BETA)
    assert result.stderr.startswith("standard input:6:7: note: backtracking_enabled is left out")


def test_a_file_can_be_converted_in_its_place_and_keeps_its_permissions():
    path = Path("alpha.yaml")
    path.chmod(0o640)
    Path("link.yaml").symlink_to("alpha.yaml")

    result = convert("--to", "1beta1", "-o", "link.yaml", "alpha.yaml")

    assert (result.exit_code, result.stdout) == (0, "")
    assert path.read_text() == BETA
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert Path("link.yaml").is_symlink()
    assert sorted(os.listdir()) == ["alpha.yaml", "link.yaml", "unsayable.yaml"]


def test_a_new_file_is_one_like_any_other():
    before = Path("other.yaml")
    before.write_text("")

    assert convert("--to", "1beta1", "-o", "new.yaml", "alpha.yaml").exit_code == 0
    assert Path("new.yaml").read_text() == BETA
    assert Path("new.yaml").stat().st_mode == before.stat().st_mode


def test_a_device_is_written_to_and_not_replaced():
    assert convert("--to", "1beta1", "-o", os.devnull, "alpha.yaml").exit_code == 0
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_help_says_how():
    result = convert("--help")

    assert "edgeauth convert rules --to 1beta1" in result.stdout
