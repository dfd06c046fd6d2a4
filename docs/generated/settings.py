"""The reference pages of the configuration and of rule sets."""

from typing import cast, get_args

from docs.generated.markdown import page, table
from docs.generated.meanings import read, rows
from docs.generated.models import Setting, settings
from edgeauth.config.dialects import BETA, DIALECTS
from edgeauth.config.models.cache import Cache
from edgeauth.config.models.configuration import Configuration
from edgeauth.config.models.rules import RuleSetDocument
from edgeauth.config.models.secret_management import (
    ApiKeysSource,
    DirectorySource,
    EnvironmentSource,
    FileSource,
    InlineSource,
    JwksSource,
    PemSource,
)
from edgeauth.config.specification import NOT_YET, Specification

_HEAD = ("Key", "Type", "Default", "Meaning")
_ELSEWHERE = (
    "cache.",
    "default_rule.execute[]",
    "default_rule.on_error[]",
    "secret_management.<name>",
)
_SOURCES = (
    PemSource,
    JwksSource,
    FileSource,
    DirectorySource,
    ApiKeysSource,
    EnvironmentSource,
    InlineSource,
)
_UNITS = (
    "Units are always written: durations as `500ms`, `10s`, `5m`, `1h` (`ns`, `us`, too), sizes "
    "as `512B`, `4KB`, `128MB`, `1GB`, each 1024 of the one before. A dash means that there is no "
    "default. Unknown keys, keys that stand there twice and values of another type are refused."
)


def configuration_page() -> str:
    """Returns the page of every key that a configuration may have."""
    found: list[Setting] = []
    for setting in settings(Configuration):
        key = setting.key
        if key.startswith("mechanisms.") and "[]" in key:
            if not key.startswith("mechanisms.authenticators[]"):
                continue
            key = key.replace("authenticators", "<kind>")
        elif key.startswith(_ELSEWHERE):
            continue
        found.append(Setting(key, setting.kind, setting.default, setting.documented))
    kinds = cache_kinds()
    of_caches = {each.key: each for listed in kinds.values() for each in listed}
    told = rows([*found, *of_caches.values()], _meanings("configuration.yaml"))
    of_caches_told = [row for row in told if row[0].startswith("`cache.")]
    return page(
        "Every key of the configuration",
        "What the file is for and where it is looked for: [configuration](../configuration.md).",
        _UNITS,
        table(_HEAD, [row for row in told if row not in of_caches_told]),
        "## Secret sources",
        "What stands below each name of `secret_management`, by `type`; see [keys and secrets]"
        "(../keys-and-secrets.md).",
        table(_HEAD, _sources()),
        "## The cache",
        "Which keys there are depends on `cache.type`; what they are for: [cache](../cache.md).",
        table(("Key", "With", *_HEAD[1:]), [_with(kinds, row) for row in of_caches_told]),
        "## Known, but not supported yet",
        "These keys of heimdall are refused with a message that says so, never passed over.",
        table(("Key", "Why"), _refused(Configuration, "")),
    )


def _sources() -> list[tuple[str, str, str, str]]:
    found = []
    for model in _SOURCES:
        (kind,) = get_args(model.model_fields["type"].annotation)
        meanings = {"type": "", "config": ""}
        if model is InlineSource:
            meanings["config"] = "Texts by selector; a map of texts is credentials."
        for key, of, default, meaning in rows(
            [one for one in settings(model) if one.key not in meanings or meanings[one.key]],
            {key: text for key, text in meanings.items() if text},
        ):
            shown = "" if "allow_in_rules" in key else f"`{kind}`: "
            found.append((f"{shown}{key}", of, default, meaning))
    return list(dict.fromkeys(found))


def cache_kinds() -> dict[str, list[Setting]]:
    """Returns the settings that each type of cache takes."""
    union, _ = get_args(Cache)
    models = {model.model_fields["type"].annotation: model for model in get_args(union)}
    names = {get_args(literal)[0]: model for literal, model in models.items()}
    kind = f"one of {', '.join(f'`{name}`' for name in names)}"
    chosen = Setting("cache.type", kind, "`in-memory`", "")
    return {
        name: [chosen, *(each for each in settings(model, "cache.") if each.key != chosen.key)]
        for name, model in names.items()
    }


def _with(kinds: dict[str, list[Setting]], row: tuple[str, str, str, str]) -> tuple[str, ...]:
    """Returns a row with the types of cache that take the key."""
    key = row[0].strip("`")
    takers = [name for name, found in kinds.items() if key in {each.key for each in found}]
    common = [name for name in kinds if name.startswith("redis")]
    words = {tuple(kinds): "all", tuple(common): "all of Redis"}.get(tuple(takers))
    return (row[0], words or ", ".join(f"`{name}`" for name in takers), *row[1:])


def rule_sets_page() -> str:
    """Returns the page of every key that a rule set may have."""
    return page(
        "Every key of a rule set",
        "How rules work: [rules](../rules.md); the two dialects side by side: "
        "[rule sets](../rule-sets.md).",
        _UNITS,
        *_dialects(),
        "## As a `RuleSet` document",
        "A file may hold several documents of either kind and dialect, separated by `---`.",
        table(("Key", "Meaning"), _document()),
    )


def _dialects() -> list[str]:
    """Returns what both dialects say, and then what each says in its own way."""
    found = {each.version: list(settings(each.file)) for each in DIALECTS}
    keys = [{(one.key, one.kind) for one in each} for each in found.values()]
    common = set.intersection(*keys)
    known = {one.key: one for each in found.values() for one in each}
    meanings = {
        row[0].strip("`"): row
        for row in rows(list(known.values()), _meanings("rule_sets.yaml"))
    }  # fmt: skip
    sections = ["## In both dialects", _table(meanings, found[BETA.version], common)]
    for version, listed in found.items():
        others = {(one.key, one.kind) for one in listed} - common
        sections += [f"## In {version} only", _table(meanings, listed, others)]
    return sections


def _table(
    meanings: dict[str, tuple[str, str, str, str]],
    listed: list[Setting],
    keys: set[tuple[str, str]],
) -> str:
    chosen = [one for one in listed if (one.key, one.kind) in keys and one.key in meanings]
    return table(
        _HEAD,
        [(f"`{one.key}`", one.kind, one.default, meanings[one.key][3]) for one in chosen],
    )


def _document() -> list[tuple[str, str]]:
    versions = [
        f"`{group}/v{dialect.version}`"
        for dialect in DIALECTS
        for group in ("heimdall.dadrus.github.com", "edgeauth.dev")
    ]
    limits = "[limits of clusters](../rule-sets.md#as-kubernetes-keeps-them)"
    document = [
        ("`apiVersion`", f"One of {', '.join(versions)}"),
        ("`kind`", "`RuleSet`"),
        ("`metadata.name`", "For people. Other keys of `metadata` are passed over."),
        ("`spec.authClassName`", "Without effect: every rule set that is read is in force."),
        ("`spec.rules`", f"As `rules` above, within the {limits}."),
        ("`status`", "What a cluster has written; passed over."),
    ]  # fmt: skip
    known = {field.alias or name for name, field in RuleSetDocument.model_fields.items()}
    told = {row[0].strip("`").partition(".")[0] for row in document}
    if known != told:
        raise ValueError(f"RuleSet documents have other keys: {known ^ told}")
    return document


def _meanings(name: str) -> dict[str, str]:
    return cast("dict[str, str]", dict(read(name)))


def _refused(model: type[Specification], prefix: str) -> list[tuple[str, str]]:
    """Returns the keys that a model and those below it know, but do not support yet."""
    found = [
        (f"`{prefix}{key}`", reason) for key, reason in model.refused.items() if NOT_YET in reason
    ]
    for name, field in model.model_fields.items():
        for part in _models(field.annotation):
            suffix = "[]" if "tuple" in str(field.annotation) else ""
            if name not in ("error_handlers", "authorizers", "contextualizers", "finalizers"):
                found += _refused(part, f"{prefix}{field.alias or name}{suffix}.")
    return list(dict.fromkeys(found))


def _models(annotation: object) -> list[type[Specification]]:
    if isinstance(annotation, type) and issubclass(annotation, Specification):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
