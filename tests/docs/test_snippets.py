"""What the documentation shows is what the code takes."""

import itertools
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgeauth.cli.main import main
from edgeauth.expressions.cel import compile_condition
from edgeauth.expressions.objects import VARIABLES
from edgeauth.expressions.templates import compile_template
from tests.docs.pages import ROOT, Snippet, snippets
from tests.fakes.api_keys import PEPPER, entry
from tests.fakes.certificates import certificate, pem
from tests.fakes.handshakes import Authority

# The listeners of snippets have no TLS unless the page is about it: that would be half of each.
OPTIONS = ("--insecure-skip-ingress-tls-enforcement", "-c", "edgeauth.yaml")


def cases(mark: str) -> list[object]:
    return [pytest.param(snippet, id=snippet.id) for snippet in snippets(mark)]


@pytest.fixture(autouse=True)
def _folder_with_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signer, tls = Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    chain = certificate(
        tls, "edge.example.com", authority=True, end=datetime(2100, 1, 1, tzinfo=UTC)
    )
    authority = Authority(tmp_path)
    authority.issue("shop.example.com", "*.shop.example.com", file="shop.pem")
    authority.issue("blog.example.com", file="blog.pem")
    (tmp_path / "signer.pem").write_bytes(pem(signer))
    (tmp_path / "tls.pem").write_bytes(pem(tls) + pem(chain))
    (tmp_path / "ca.pem").write_bytes(pem(chain))
    (tmp_path / "api-keys.yaml").write_text(entry())
    (tmp_path / "peppered-keys.yaml").write_text(entry(pepper=PEPPER))
    (tmp_path / "master.key").write_text("A" * 43)
    (tmp_path / "master.jwks").write_text(
        '{"keys": [{"kty": "oct", "kid": "first", "k": "' + "A" * 43 + '"}]}'
    )
    for name, fields in (
        ("operator", ("user_id", "password")),
        ("client", ("client_id", "client_secret")),
    ):
        (tmp_path / "mounted" / name).mkdir(parents=True)
        for field in fields:
            (tmp_path / "mounted" / name / field).write_text("a\n")
    (tmp_path / "mounted" / "pepper").write_text(PEPPER)
    monkeypatch.chdir(tmp_path)


def configuration(word: str) -> str:
    """Returns the one that is marked with a word."""
    (snippet,) = [each for each in snippets("configuration") if word in each.words]
    return snippet.text


def complete_configuration() -> str:
    return configuration("complete")


def validate(configuration: str, *arguments: str) -> str:
    """Returns what `edgeauth validate` has to complain about; empty when that is nothing."""
    Path("edgeauth.yaml").write_text(configuration)
    result = CliRunner().invoke(main, ["validate", *arguments], env={"NO_COLOR": "1"})
    return "" if result.exit_code == 0 else result.output


def test_yaml_says_what_it_is() -> None:
    silent = [each.id for each in snippets() if each.language == "yaml" and not each.mark]

    assert silent == []


@pytest.mark.parametrize("snippet", cases("configuration"))
def test_a_configuration_is_accepted(snippet: Snippet) -> None:
    assert validate(snippet.text, "config", *OPTIONS) == ""


@pytest.mark.parametrize(
    "snippet",
    [each for each in cases("configuration") if "source:" in each.values[0].text],
)
def test_lint_looks_at_what_refers_to_secrets(snippet: Snippet) -> None:
    # No rule is looked at here, and no folder with some has to be there.
    Path("edgeauth.yaml").write_text(
        re.sub(r"^providers:\n(  .*\n)+", "", snippet.text, flags=re.MULTILINE)
    )

    result = CliRunner().invoke(
        main, ["lint", "--fail-on", "never", "-c", "edgeauth.yaml"], catch_exceptions=False
    )

    assert result.exit_code == 0, result.output


def test_the_complete_configuration_needs_no_insecure_flag() -> None:
    assert validate(complete_configuration(), "config", "-c", "edgeauth.yaml") == ""


@pytest.mark.parametrize("snippet", cases("rules"))
def test_rules_are_accepted_with_the_complete_configuration(snippet: Snippet) -> None:
    """A word after the mark names another configuration, whose rules are for decisions."""
    Path("rules.yaml").write_text(snippet.text)
    known = configuration(*snippet.words or ["complete"])
    mode = () if snippet.words else ("--proxy-mode",)

    assert validate(known, "rules", *mode, *OPTIONS, "rules.yaml") == ""


@pytest.mark.parametrize("snippet", cases("lines"))
def test_lines_stand_in_the_example_that_they_are_from(snippet: Snippet) -> None:
    (name,) = snippet.words
    lines = [line.strip() for line in (ROOT / name).read_text().splitlines()]
    shown = [line.strip() for line in snippet.text.splitlines()]

    assert any(lines[place : place + len(shown)] == shown for place in range(len(lines)))


@pytest.mark.parametrize("snippet", cases("conditions"))
def test_conditions_compile(snippet: Snippet) -> None:
    seen = {name: VARIABLES[name] for name in snippet.words}
    for line in snippet.text.splitlines():
        compile_condition(line, seen)


@pytest.mark.parametrize("snippet", cases("templates"))
def test_templates_compile(snippet: Snippet) -> None:
    seen = {name: VARIABLES[name] for name in snippet.words}
    for line in snippet.text.splitlines():
        compile_template(line, seen)


def commands() -> list[object]:
    return [
        pytest.param(line, id=f"{snippet.id} {line[:60]}")
        for snippet in snippets()
        if snippet.language == "sh"
        for line in snippet.text.replace("\\\n", " ").splitlines()
        if re.match(r"(\w+=\S+ +)*(\.venv/bin/)?edgeauth |make( |$)", line)
    ]


@pytest.mark.parametrize("line", commands())
def test_a_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line, comments=True)
    program, *arguments = itertools.dropwhile(lambda word: re.match(r"\w+=", word), words)
    if program == "make":
        makefile = (ROOT / "Makefile").read_text()
        for target in (each for each in arguments if "=" not in each):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        return
    command: click.Command = main
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        command = command.commands[arguments.pop(0)]
    if arguments not in (["--help"], ["--version"]):
        command.make_context("edgeauth", arguments)
