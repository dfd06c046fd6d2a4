"""From the command line to a configuration, and problems to the terminal."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

import click

from edgeauth.cli.options import find_configuration

if TYPE_CHECKING:
    from edgeauth.config.errors import Collector, ConfigurationError
    from edgeauth.config.models.configuration import Configuration
    from edgeauth.config.read import Reading, RuleSet

EXIT_FAILED: Final = 1
EXIT_REFUSED: Final = 3


def load_configuration(given: Path | None, prefix: str, problems: "Collector") -> "Reading":
    """Returns what can be read of the configuration: file, environment, defaults.

    Args:
        given: the file named on the command line.
        prefix: begins the names of variables that set keys.
        problems: receives what is wrong.

    Raises:
        ConfigurationError: there is nothing to go on with.
    """
    from edgeauth.config.read import salvage_configuration
    from edgeauth.providers.files import read_text

    path = find_configuration(given)
    text = "" if path is None else read_text(path)
    name = "environment" if path is None else str(path)
    return salvage_configuration(text, name, os.environ, prefix, problems)


def rule_sets_of(
    configuration: "Configuration", files: tuple[Path, ...] = ()
) -> "Callable[[Collector], list[RuleSet]]":
    """Returns what loads the rule sets of files, or else of the configured providers."""
    from edgeauth.providers.files import load_rule_sets, read_files

    source = configuration.providers.file_system

    def load(problems: "Collector") -> "list[RuleSet]":
        if files:
            substituted = source is not None and source.env_vars_enabled
            return read_files(list(files), os.environ if substituted else None, problems)
        return [] if source is None else load_rule_sets(source, os.environ, problems)

    return load


@contextmanager
def problems_reported(form: str = "text") -> "Iterator[Collector]":
    """Gathers problems; at the end prints them, if there are any, and ends the process with 3.

    Args:
        form: the format of `--format`.
    """
    from edgeauth.config.decode import collect
    from edgeauth.config.errors import ConfigurationError

    # What is loaded stays, so looking for garbage in it again and again costs time for nothing.
    gc.disable()
    try:
        with collect() as problems:
            yield problems
    except ConfigurationError as error:
        _refuse(error, form)
    finally:
        gc.enable()


def announce(form: str, words: str) -> None:
    """Prints that nothing is wrong: in words, or as a report without entries."""
    if form == "text":
        click.echo(words)
    else:
        from edgeauth.cli.reports.formats import emit

        emit(form, ())


def _refuse(error: "ConfigurationError", form: str) -> NoReturn:
    if form != "text":
        from edgeauth.cli.reports.entry import entry_of
        from edgeauth.cli.reports.formats import emit

        emit(form, map(entry_of, error.problems))
        sys.exit(EXIT_REFUSED)
    from edgeauth.config.errors import render_problems

    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    click.echo(render_problems(error.problems, colour=colour), err=True, color=colour)
    count = len(error.problems)
    click.echo(f"\n{count} problem{'s' if count != 1 else ''}", err=True)
    sys.exit(EXIT_REFUSED)


def fail(status: int, words: str) -> NoReturn:
    """Says what went wrong and ends the process."""
    click.echo(f"edgeauth: {words}", err=True)
    sys.exit(status)
