"""The schemas of the two kinds of documents: a configuration, and a rule set."""

from typing import Final

from pydantic.json_schema import JsonSchemaValue

from edgeauth.catalogue.registry import Registry
from edgeauth.catalogue.schema.generator import definitions_of
from edgeauth.catalogue.schema.kinds import References, entry_schema, overrides_schema
from edgeauth.catalogue.schema.variables import NAME, VARIABLE, with_variables
from edgeauth.config.dialects import DIALECTS, Dialect
from edgeauth.config.models.configuration import Configuration, Mechanism
from edgeauth.config.models.steps import ErrorStep, Step1alpha4, Step1beta1
from edgeauth.ports.declare import Kind

_META: Final = "https://json-schema.org/draft/2020-12/schema"
_STEPS: Final = (Step1alpha4, Step1beta1, ErrorStep)


def configuration_schema(registry: Registry) -> JsonSchemaValue:
    """Returns the schema of a configuration.

    Args:
        registry: the types of mechanisms that its catalogue may name.
    """
    types = [each for kind in Kind for each in registry.types(kind)]
    references, definitions = definitions_of(
        [Configuration, Mechanism, *_STEPS, *(each.config for each in types)]
    )
    sections = definitions["Mechanisms"]["properties"]
    for kind in Kind:
        name = f"{kind.value}_entry"
        entry = {"$ref": references[Mechanism]["$ref"]}
        definitions[name] = {**entry, **entry_schema(kind, registry, references)}
        sections[kind.section]["items"] = {"$ref": f"#/$defs/{name}"}
    _add_overrides(registry, references, definitions)
    return _document("edgeauth configuration", references[Configuration], definitions)


def rule_set_schema(registry: Registry) -> JsonSchemaValue:
    """Returns the schema of a document of a rule file: a plain set or a `RuleSet`.

    Args:
        registry: the types of mechanisms that steps may override settings of.
    """
    types = [each for kind in Kind for each in registry.types(kind)]
    roots = [model for each in DIALECTS for model in (each.file, each.document)]
    references, definitions = definitions_of([*roots, *_STEPS, *(each.config for each in types)])
    _add_overrides(registry, references, definitions)
    is_document = [{"required": [key]} for key in ("apiVersion", "kind", "metadata", "spec")]
    first, *others = DIALECTS
    document, file = references[first.document], references[first.file]
    for each in others:
        document = _said("apiVersion", each, references[each.document], document)
        file = _said("version", each, references[each.file], file)
    whole = {"type": "object", "if": {"anyOf": is_document}, "then": document, "else": file}
    return _document("edgeauth rule set", whole, definitions)


def _said(
    key: str, dialect: Dialect, then: JsonSchemaValue, otherwise: JsonSchemaValue
) -> JsonSchemaValue:
    """Returns the schema for a dialect, where the document says that it is in it, or another."""
    names = {
        "properties": {key: {"type": "string", "pattern": f"(^|/v){dialect.version}$"}},
        "required": [key],
    }
    return {"if": names, "then": then, "else": otherwise}


def _add_overrides(
    registry: Registry, references: References, definitions: JsonSchemaValue
) -> None:
    """Tells the schemas of steps what their `config` may hold."""
    for kind in Kind:
        name = f"{kind.value}_overrides"
        definitions[name] = overrides_schema(kind, registry, references, definitions)
        config = {"properties": {"config": {"$ref": f"#/$defs/{name}"}}}
        for model in _STEPS:
            step = definitions[references[model]["$ref"].rpartition("/")[2]]
            if kind.value in step["properties"]:
                allowed = step.setdefault("dependentSchemas", {})
                allowed[kind.value] = {**allowed.get(kind.value, {}), **config}


def _document(title: str, whole: JsonSchemaValue, definitions: JsonSchemaValue) -> JsonSchemaValue:
    used = _reachable(whole, definitions)
    kept = {name: definitions[name] for name in sorted(used)}
    return {
        "$schema": _META,
        "title": title,
        "description": "Made from the code by `edgeauth schema`. Do not edit.",
        **whole,
        "$defs": with_variables({"$defs": kept})["$defs"] | {NAME: VARIABLE},
    }


def _reachable(schema: JsonSchemaValue, definitions: JsonSchemaValue) -> set[str]:
    """Returns the names of the definitions that a schema leads to."""
    found: set[str] = set()
    pending: list[object] = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                pending.append(definitions[name])
            pending.extend(value.values())
    return found
