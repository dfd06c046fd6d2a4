"""The formats by name."""

from collections.abc import Callable, Iterable
from typing import Final

import click

from edgeauth.cli.reports import json_report, sarif, workflow
from edgeauth.cli.reports.entry import Entry

_RENDER: Final[dict[str, Callable[[Iterable[Entry]], str]]] = {
    "json": json_report.render,
    "sarif": sarif.render,
    "github": workflow.render,
}


def emit(form: str, entries: Iterable[Entry]) -> None:
    """Prints a report on standard output.

    Args:
        form: `json`, `sarif` or `github`.
        entries: in the order of files and lines.
    """
    text = _RENDER[form](entries)
    if text:
        # Names of files need not be text: what is none is replaced.
        click.echo(text.encode("utf-8", "replace"))
