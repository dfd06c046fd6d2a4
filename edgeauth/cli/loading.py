"""From the command line to a configuration, and problems to the terminal."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import click

from edgeauth.cli.options import find_configuration
from edgeauth.config.errors import ConfigurationError, render_problems
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.read import read_configuration
from edgeauth.providers.files import read_text

EXIT_FAILED: Final = 1
EXIT_REFUSED: Final = 3


def load_configuration(given: Path | None, prefix: str) -> Configuration:
    """Returns the configuration of the process: file, environment, defaults.

    Raises:
        ConfigurationError: holds every problem.
    """
    path = find_configuration(given)
    text = "" if path is None else read_text(path)
    name = "environment" if path is None else str(path)
    return read_configuration(text, name, os.environ, prefix)


@contextmanager
def problems_reported() -> Iterator[None]:
    """Prints the problems of a refused configuration and ends the process with 3."""
    try:
        yield
    except ConfigurationError as error:
        _refuse(error)


def _refuse(error: ConfigurationError) -> NoReturn:
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    click.echo(render_problems(error.problems, colour=colour), err=True, color=colour)
    count = len(error.problems)
    click.echo(f"\n{count} problem{'s' if count != 1 else ''}", err=True)
    sys.exit(EXIT_REFUSED)
