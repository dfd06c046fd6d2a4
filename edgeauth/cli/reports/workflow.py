"""Workflow commands: GitHub Actions shows each at its line of a pull request.

Source:
    GitHub Actions, workflow commands: `::error file=...,line=...,col=...::message`; line ends and
    percent signs are escaped, in properties the colon and the comma as well.
"""

from collections.abc import Iterable
from typing import Final

from edgeauth.cli.reports.entry import Entry, Level, advice_of

_COMMANDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(entries: Iterable[Entry]) -> str:
    """Returns one command a line; nothing where nothing was found."""
    return "\n".join(_command(entry) for entry in entries)


def _command(entry: Entry) -> str:
    problem, advice = entry.problem, advice_of(entry)
    properties = {"file": problem.file}
    if problem.line:
        properties |= {"line": str(problem.line), "col": str(problem.column)}
        if problem.end_column:
            properties["endColumn"] = str(problem.end_column)
    properties["title"] = entry.code
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = f"{problem.message}; {advice}" if advice else problem.message
    return f"::{_COMMANDS[entry.level]} {listed}::{_escaped(message)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
