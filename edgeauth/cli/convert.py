"""`edgeauth convert`: rule sets from one dialect into the other."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from edgeauth.cli.loading import EXIT_FAILED, problems_reported

if TYPE_CHECKING:
    from edgeauth.config.errors import Problem

_NOUNS: Final = ("rules", "ruleset")
_STANDARD_INPUT: Final = "standard input"


@click.command()
@click.option(
    "--to",
    "-v",
    "--desired-version",
    "target",
    type=click.Choice(("1alpha4", "1beta1")),
    required=True,
    help="The dialect to convert to.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The file to write, as a whole or not at all; it may be FILE itself. Without it, standard "
    "output is written and no file is.",
)
@click.argument("words", nargs=-1, metavar="[rules] [FILE]")
def convert(target: str, out: Path | None, words: tuple[str, ...]) -> None:
    """Convert rule sets between the dialects 1alpha4 and 1beta1.

    FILE holds plain rule sets, RuleSet documents or both, as YAML or JSON; without it, standard
    input is read. Comments, order and quotes stay as they are, and so does what is in the dialect
    already. What was left out and what to look at is told on standard error.

    Exit codes: 0 converted, 1 a file can not be written, 3 the rule sets are refused, or the other
    dialect can not say what stands in them. Nothing is written then.

    \b
    Example:
      edgeauth convert rules --to 1beta1 -o rules/articles.yaml rules/articles.yaml
      edgeauth convert --to 1alpha4 < articles.yaml > articles-1alpha4.yaml
    """
    from edgeauth.config.conversion.convert import convert as converted

    path = _path(words)
    with problems_reported():
        text = _read(path)
        conversion = converted(text, _STANDARD_INPUT if path is None else str(path), target)
    for note in conversion.notes:
        _tell(note)
    if out is None or str(out) == "-":
        click.echo(conversion.text.encode(), nl=False)
        return
    from edgeauth.cli.files import replace_file

    try:
        replace_file(out, conversion.text.encode())
    except OSError as error:
        click.echo(f"edgeauth: {out}: {error.strerror or error}", err=True)
        sys.exit(EXIT_FAILED)


def _path(words: tuple[str, ...]) -> Path | None:
    """Returns the file that is named, which `rules` and `ruleset` in the first place are not."""
    named = words[1:] if words[:1] and words[0] in _NOUNS else words
    if len(named) > 1:
        raise click.UsageError(f"one file at a time, but {len(named)} are named")
    return Path(named[0]) if named and named[0] != "-" else None


def _read(path: Path | None) -> str:
    from edgeauth.providers.files import LARGEST, decode_text, read_text

    if path is not None:
        return read_text(path)
    return decode_text(sys.stdin.buffer.read(LARGEST + 1), _STANDARD_INPUT)


def _tell(note: "Problem") -> None:
    click.echo(f"{note.file}:{note.line}:{note.column}: note: {note.message}", err=True)
