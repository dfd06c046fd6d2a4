"""Golden files: what they describe, and what that is on disk.

A file is a section: configuration, and groups of cases that one process serves. See README.md.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
REFUSED, LOADS = "refused", "loads"
"""Outcomes of cases without a request."""
RULES = "rules.yaml"
"""The file with the rules that are written as such: a rule a line, from the second line on."""

Tree = dict[str, object]
Outcome = str | Tree

_ALLOWED = [{"authenticator": "anyone"}, {"authorizer": "allow"}]
_OWN_PROCESS = ("configuration", "rules", "files", "flags", "environment", "door")
"""Keys of a group that a case may have as well; it then has a process of its own."""
_BY_NAME = ("answers", "tokens", "credentials", "certificates")
"""Keys of a group that add to those of its file."""
_DEFAULTS: Tree = {
    "reference": "0.17", "door": "decision", "rules": [], "files": {}, "flags": ["--insecure"],
    "environment": {}, "observe": [], "answers": {}, "tokens": {}, "credentials": {},
    "certificates": {}, "specified": "", "fails": "", "needs": [],
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Case:
    """A request, or only a configuration, and what becomes of it.

    Attributes:
        name: unique in its group.
        place: the numbers of group and case in the file.
        request: as written; empty where only loading counts.
        raw: the octets to send, in place of `request`.
        before: a request that is sent before; its answer is not looked at.
        rule: of this case alone; the group serves it beside its own.
        heimdall: what the reference made of it.
        edgeauth: what edgeauth makes of it instead, on purpose.
        difference: why: an entry of docs/reference/differences.md.
        specified: where it is written what has to become of it, if the reference has no answer.
        fails: why edgeauth does not do it yet.
        needs: mechanism types, as `authenticator basic_auth`, without which it can not pass.
    """

    name: str
    place: tuple[int, int]
    request: str = ""
    raw: str = ""
    before: str = ""
    rule: Tree | None = None
    heimdall: Outcome | None = None
    edgeauth: Outcome | None = None
    difference: str = ""
    specified: str = ""
    fails: str = ""
    needs: tuple[str, ...] = ()

    @property
    def expected(self) -> Outcome | None:
        """What edgeauth has to make of it."""
        return self.heimdall if self.edgeauth is None else self.edgeauth

    @property
    def asks(self) -> bool:
        """Whether it sends a request."""
        return bool(self.request or self.raw)


@dataclass(frozen=True, repr=False)
class Group:
    """Cases that one process serves.

    Attributes:
        name: section and group, and the case if it has a process of its own.
        reference: which of the reference's versions: `0.17`, or `main`.
        door: `decision` or `proxy`.
        configuration: of the process, without what differs between products.
        rules: with what most rules have in common left out.
        written: whole rule files by name, in place of `rules`.
        flags: of the command line.
        environment: variables that the process sees beside its own.
        observe: names of fields that count though they usually do not; `body`, `asked`.
        answers: what the services answer, by path.
        tokens: header and claims, by name.
        credentials: what is made for one request, by name.
        certificates: of clients, by name.
        cases: at least one.
    """

    name: str
    reference: str
    door: str
    configuration: Tree
    rules: tuple[Tree, ...]
    written: dict[str, str]
    flags: tuple[str, ...]
    environment: dict[str, str]
    observe: frozenset[str]
    answers: dict[str, Tree]
    tokens: dict[str, Tree]
    credentials: dict[str, Tree]
    certificates: dict[str, Tree]
    cases: tuple[Case, ...]

    def files(self, cases: tuple[Case, ...]) -> dict[str, str]:
        """Returns the rule files of the group, with the rules of some of its cases."""
        rules = [*self.rules, *(case.rule for case in cases if case.rule is not None)]
        if not rules:
            return self.written
        version = "1beta1" if self.reference == "main" else "1alpha4"
        lines = ",\n".join(dump(self._complete(rule)) for rule in rules)
        return {RULES: f'{{"version": "{version}", "rules": [\n{lines}\n]}}', **self.written}

    def blamed(self, cases: tuple[Case, ...], lines: Mapping[int, str]) -> dict[str, str]:
        """Returns what is wrong with cases whose rules stand in lines of the rule file.

        Args:
            cases: those that are served.
            lines: what is wrong, by line.
        """
        ruled = [case for case in cases if case.rule is not None]
        numbered = enumerate(ruled, 2 + len(self.rules))
        return {case.name: lines[line] for line, case in numbered if line in lines}

    def _complete(self, short: Tree) -> Tree:
        rule = dict(short)
        paths = rule.pop("paths", None) or [rule.pop("path", None)]
        if paths != [None]:
            routes = [path if isinstance(path, dict) else {"path": path} for path in paths]
            match = rule.pop("match", {})
            if self.reference == "main":
                rule["match"] = {"http": {"paths": routes, **match}}
            else:
                rule["match"] = {"routes": routes, **match}
        if self.door == "proxy":
            rule.setdefault("forward_to", {"host": "$UPSTREAM"})
        rule.setdefault("execute", _ALLOWED)
        return {key: value for key, value in rule.items() if value is not None}


def sections() -> list[Path]:
    """Returns the golden files."""
    return sorted(FOLDER.glob("*.yaml"))


def read_section(text: str, section: str) -> list[Group]:
    """Returns the groups of a golden file.

    A case with settings of its own is a group as well, and one that only loads: others must not
    be refused with it.
    """
    document = yaml.load(text, Loader=yaml.CSafeLoader)
    common = {**_DEFAULTS, **document}
    found: list[Group] = []
    for number, source in enumerate(common.pop("groups")):
        settings = {**common, **source, "name": f"{section}: {source['group']}", "number": number}
        for key in _BY_NAME:
            settings[key] = {**common[key], **source.get(key, {})}
        settings["configuration"] = [
            _shared(settings["reference"]),
            document.get("configuration", {}),
            source.get("configuration", {}),
        ]
        found += _groups(settings)
    return found


def _groups(settings: dict) -> list[Group]:
    together, apart = [], []
    for number, entry in enumerate(settings.pop("cases")):
        own = {key: entry.pop(key) for key in _OWN_PROCESS if key in entry}
        case = _case(number, entry, settings)
        if own or not case.asks:
            configuration = [*settings["configuration"], own.pop("configuration", {})]
            changed = {**settings, **own, "configuration": configuration}
            apart.append(_group({**changed, "name": f"{settings['name']}: {case.name}"}, [case]))
        else:
            together.append(case)
    names = [case.name for case in together] + [group.cases[0].name for group in apart]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"{settings['name']}: {twice}"
    return [_group(settings, together), *apart] if together else apart


def _group(settings: dict, cases: list[Case]) -> Group:
    return Group(
        settings["name"],
        settings["reference"],
        settings["door"],
        _merged(settings["configuration"]),
        tuple(settings["rules"]),
        settings["files"],
        tuple(settings["flags"]),
        settings["environment"],
        frozenset(settings["observe"]),
        settings["answers"],
        settings["tokens"],
        settings["credentials"],
        settings["certificates"],
        tuple(cases),
    )


def _case(number: int, entry: dict, settings: dict) -> Case:
    path = f"/c{number}"
    snippet, rule = entry.pop("snippet", None), entry.pop("rule", None)
    if rule is None and snippet is not None:
        rule = _filled(settings["each"], snippet)
    if rule is not None:
        rule = {"id": f"case-{number}", **rule}
        if not {"path", "paths", "match"} & rule.keys():
            rule["path"] = path
    ask = "" if entry.pop("only_loads", settings.get("only_loads")) or rule is None else "GET $PATH"
    request = entry.pop("request", ask).replace("$PATH", path)
    raw = entry.pop("raw", "")
    before = entry.pop("before", "").replace("$REQUEST", request).replace("$PATH", path)
    name = entry.pop("case", None) or _name(snippet) or request or raw
    needs = entry.pop("needs", settings["needs"])
    for mark in ("specified", "fails"):
        entry.setdefault(mark, settings[mark])
    return Case(
        re.sub(r"\s*\n\s*", " | ", name.strip()),
        (settings["number"], number),
        "" if raw else request,
        raw,
        before,
        rule,
        needs=(needs,) if isinstance(needs, str) else tuple(needs),
        **entry,
    )


def _name(snippet: object) -> str:
    if snippet is None:
        return ""
    if isinstance(snippet, str) and snippet.strip():
        return snippet
    return yaml.safe_dump(snippet, default_flow_style=True, width=1000, sort_keys=False)


def _filled(template: object, snippet: object) -> object:
    if template == "$SNIPPET":
        return snippet
    if isinstance(template, str):
        return template.replace("$SNIPPET", str(snippet))
    if isinstance(template, list):
        return [_filled(item, snippet) for item in template]
    if isinstance(template, dict):
        return {key: _filled(value, snippet) for key, value in template.items()}
    return template


def _merged(layers: list[dict]) -> Tree:
    """Returns a configuration of several.

    Catalogues are put one after the other; an empty list leaves out what stood before it.
    """
    result: dict = {}
    for layer in layers:
        catalogue = dict(result.get("mechanisms", {}))
        for kind, entries in layer.get("mechanisms", {}).items():
            catalogue[kind] = [*catalogue.get(kind, []), *entries] if entries else []
        result = {**result, **layer, "mechanisms": catalogue}
    return {key: value for key, value in result.items() if value is not None}


@cache
def _shared(reference: str) -> Tree:
    text = (FOLDER / "shared" / f"{reference}.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)


def dump(value: object) -> str:
    """Returns a tree as JSON, which is YAML as well and quicker to write."""
    return json.dumps(value, ensure_ascii=False)
