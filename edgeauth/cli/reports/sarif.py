"""SARIF 2.1.0: for code scanning services and editors.

Source:
    OASIS SARIF 2.1.0: sections 3.19 (rules), 3.27 (results), 3.30 (regions).
"""

import json
import os
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from edgeauth.cli.reports.entry import Entry, advice_of

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_VARIABLE: Final = "environment"


def render(entries: Iterable[Entry]) -> str:
    """Returns a log with one run; each kind of problem is one rule of it."""
    found = list(entries)
    kinds = {entry.code: entry for entry in found}
    rules = sorted(kinds)
    driver = {
        "name": "edgeauth",
        "version": version("edgeauth"),
        "rules": [_rule(kinds[code]) for code in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(entry, rules.index(entry.code)) for entry in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(entry: Entry) -> dict[str, object]:
    told: dict[str, object] = {
        "id": entry.code,
        "shortDescription": {"text": entry.why},
        "defaultConfiguration": {"level": entry.level.value},
    }
    return told | ({"help": {"text": entry.mend}} if entry.mend else {})


def _result(entry: Entry, rule: int) -> dict[str, object]:
    message, advice = entry.problem.message, advice_of(entry)
    return {
        "ruleId": entry.code,
        "ruleIndex": rule,
        "level": entry.level.value,
        "message": {"text": f"{message}; {advice}" if advice else message},
        "locations": [_location(entry)],
    }


def _location(entry: Entry) -> dict[str, object]:
    problem = entry.problem
    if problem.file.startswith(_VARIABLE) and not problem.line:
        return {"logicalLocations": [{"fullyQualifiedName": problem.file}]}
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(problem.file)}}
    if problem.line:
        region = {"startLine": problem.line, "startColumn": problem.column}
        if problem.end_column:
            region["endColumn"] = problem.end_column
        physical["region"] = region
    return {"physicalLocation": physical}


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
