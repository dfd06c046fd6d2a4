"""The `config` of catalogue entries and of steps: what the type of a mechanism makes of it."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import JsonSchemaValue

from edgeauth.catalogue.registry import Registry
from edgeauth.config.specification import Specification
from edgeauth.ports.declare import Kind, MechanismType, Override

_NOTHING: Final[JsonSchemaValue] = {"type": "null"}
References = Mapping[type[BaseModel], JsonSchemaValue]


def entry_schema(kind: Kind, registry: Registry, references: References) -> JsonSchemaValue:
    """Returns the schema of the entries of one kind: the type says what `config` may hold.

    Args:
        kind: of the mechanisms.
        registry: the types.
        references: to the schemas of their configurations.
    """
    return {
        "properties": {"type": {"enum": registry.names(kind)}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": each.name}}, "required": ["type"]},
                "then": _with_config(each, references[each.config]),
            }
            for each in registry.types(kind)
        ],
    }


def _with_config(of: MechanismType[Specification], config: JsonSchemaValue) -> JsonSchemaValue:
    try:
        of.config.model_validate({})
    except ValidationError:
        return {"properties": {"config": config}, "required": ["config"]}
    return {"properties": {"config": {"anyOf": [config, _NOTHING]}}}


def overrides_schema(
    kind: Kind, registry: Registry, references: References, definitions: JsonSchemaValue
) -> JsonSchemaValue:
    """Returns the schema of the `config` of a step: what some type of the kind lets it set.

    Args:
        kind: of the mechanisms that the step may refer to; which one it is, only the catalogue
            knows.
        registry: the types.
        references: to the schemas of their configurations.
        definitions: what the references lead to.
    """
    alternatives: list[JsonSchemaValue] = []
    for found in registry.types(kind):
        if found.overridable:
            whole = definitions[references[found.config]["$ref"].rpartition("/")[2]]
            alternatives.append(_overrides(found, whole["properties"], definitions))
    nothing: list[JsonSchemaValue] = [{"type": "object", "maxProperties": 0}, _NOTHING]
    return {"anyOf": [*alternatives, *nothing]}


def _overrides(
    of: MechanismType[Specification], properties: JsonSchemaValue, definitions: JsonSchemaValue
) -> JsonSchemaValue:
    return {
        "type": "object",
        "properties": {
            key: _partial(properties[key], definitions)
            if effect is Override.MERGE
            else properties[key]
            for key, effect in of.overridable.items()
        },
        "additionalProperties": False,
    }


def _partial(schema: JsonSchemaValue, definitions: JsonSchemaValue) -> JsonSchemaValue:
    """Returns the schema of what is merged: keys that have to be there may stand below it."""
    if "$ref" not in schema:
        return schema
    whole = definitions[schema["$ref"].rpartition("/")[2]]
    return {key: value for key, value in whole.items() if key != "required"}
