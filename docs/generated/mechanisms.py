"""The reference pages of the mechanisms, one for each type."""

import inspect
import re
from pathlib import Path
from typing import TypedDict, cast

from docs.generated import endpoints
from docs.generated.markdown import page, table
from docs.generated.meanings import read, rows
from docs.generated.models import settings, takes_endpoint
from edgeauth.config.documented import section_of
from edgeauth.config.specification import Specification
from edgeauth.mechanisms.builtins import TYPES
from edgeauth.model.errors import Reason
from edgeauth.ports.declare import MechanismType, Override
from edgeauth.wire.answers import DEFAULT_STATUSES

_EFFECTS = {Override.REPLACE: "replaces it", Override.MERGE: "merges, key by key; the rule's wins"}
_ENDPOINT = (
    "An endpoint takes more than that: credentials, timeouts, retries, trust, limits, caching; "
    "see [what every endpoint can do](../endpoints.md)."
)
_CLASSES = {reason.value: status for reason, status in DEFAULT_STATUSES.items()}


class Told(TypedDict, total=False):
    """What is told of a type beside its models."""

    example: str
    settings: dict[str, str]
    refusals: list[list[str]]
    remarks: str


def pages() -> dict[Path, str]:
    """Returns the page of each type, and the list of them, by path."""
    told = cast("dict[str, Told]", dict(read("mechanisms.yaml")))
    found = {Path(_place(each) + ".md"): _page(each, told.pop(_place(each))) for each in TYPES}
    if told:
        raise ValueError(f"these are no mechanisms: {', '.join(told)}")
    return {Path("index.md"): _index(), Path("endpoints.md"): endpoints.endpoints_page(), **found}


def _place(of: MechanismType[Specification]) -> str:
    return f"{of.kind.section}/{of.name}"


def _index() -> str:
    head = ("Kind", "Type", "What it does")
    listed = [
        (each.kind.value, f"[`{each.name}`]({_place(each)}.md)", _prose(each)[0]) for each in TYPES
    ]
    return page("Mechanisms", "Everything a catalogue can hold today.", table(head, listed))


def _prose(of: MechanismType[Specification]) -> list[str]:
    """Returns the paragraphs of the module's docstring, without its sections."""
    docstring = inspect.getdoc(inspect.getmodule(of.config)) or ""
    paragraphs = [" ".join(part.split()) for part in docstring.split("\n\n")]
    return [part for part in paragraphs if not re.match(r"(Source|Trust):", part)]


def _trust(docstring: str) -> str:
    found = re.search(r"^Trust: ((?:.+\n?)+)", docstring, re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def _page(of: MechanismType[Specification], told: Told) -> str:
    docstring = inspect.getdoc(inspect.getmodule(of.config)) or ""
    trust = _trust(docstring)
    source = " ".join(section_of(docstring, "Source").split())
    return page(
        f"{of.kind.value.replace('_', ' ').capitalize()} `{of.name}`",
        *_prose(of),
        f"**Trust.** {trust[:1].upper()}{trust[1:]}" if trust else "",
        "## Example",
        f"<!-- check: configuration -->\n```yaml\n{told['example'].rstrip()}\n```",
        "## Settings",
        _settings(of, told),
        "## What a rule may override",
        _overrides(of),
        "## Refusals",
        _refusals(told),
        told.get("remarks", ""),
        f"## Sources\n\n{source}" if source else "",
    )


def _settings(of: MechanismType[Specification], told: Told) -> str:
    listed = rows(list(settings(of.config)), told.get("settings", {}))
    if not listed:
        return "There is nothing to configure."
    listing = table(("Key below `config`", "Type", "Default", "Meaning"), listed)
    return f"{listing}\n\n{_ENDPOINT}" if takes_endpoint(of.config) else listing


def _overrides(of: MechanismType[Specification]) -> str:
    if not of.overridable:
        return "Nothing: `config` in a step is refused when the rule is loaded."
    listed = [(f"`{key}`", _EFFECTS[effect]) for key, effect in of.overridable.items()]
    return table(("Key", "What the rule's value does to the catalogue's"), listed)


def _refusals(told: Told) -> str:
    if not told["refusals"]:
        return "None."
    listed = [(when[:1].upper() + when[1:], *_class(name)) for when, name in told["refusals"]]
    return table(("When", "Error class", "Status unless overridden"), listed)


def _class(name: str) -> tuple[str, str]:
    first = name.partition(",")[0]
    status = _CLASSES[Reason(first).value]
    return re.sub(r"\b\w+_error\b", lambda found: f"`{found[0]}`", name), str(status)
