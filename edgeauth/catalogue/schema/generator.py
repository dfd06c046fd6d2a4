"""Models as JSON Schemas: what pydantic makes of them, with our docstrings and our validators."""

from collections.abc import Iterable
from typing import ClassVar

from pydantic import AliasChoices, BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaValue,
    JsonSchemaWarningKind,
    models_json_schema,
)
from pydantic_core import CoreSchema, core_schema

from edgeauth.catalogue.schema.constraints import constrained
from edgeauth.config.documented import documented

_DEFAULTS = {"string": str, "boolean": bool, "integer": int}
"""Defaults that are told: those that would be written in a file as they are kept."""


def definitions_of(
    models: Iterable[type[BaseModel]],
) -> tuple[dict[type[BaseModel], JsonSchemaValue], JsonSchemaValue]:
    """Returns a reference to the schema of each model, and the definitions they all share.

    Args:
        models: those below them come along.
    """
    wanted = list(dict.fromkeys(models))
    references, document = models_json_schema(
        [(model, "validation") for model in wanted], schema_generator=_Generator
    )
    return {model: references[(model, "validation")] for model in wanted}, document["$defs"]


class _Generator(GenerateJsonSchema):
    """Adds what pydantic does not know: meanings, second names of keys, and constraints."""

    # A default that has no form in JSON is left out; there is nothing to warn about.
    ignored_warning_kinds: ClassVar[set[JsonSchemaWarningKind]] = {  # type: ignore[misc]  # not changed
        "skipped-choice",
        "non-serializable-default",
    }

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Returns the schema of a model."""
        made, model = super().model_schema(schema), schema["cls"]
        made.pop("title", None)
        made["description"] = _summary(model)
        properties, texts = made.get("properties", {}), documented(model)
        either: list[JsonSchemaValue] = []
        for name, field in model.model_fields.items():
            names = field.validation_alias
            keys = names.choices if isinstance(names, AliasChoices) else [field.alias or name]
            first = properties[str(keys[0])]
            if name in texts:
                first["description"] = texts[name]
            properties |= {str(key): first for key in keys}
            if len(keys) > 1 and field.is_required():
                made["required"].remove(keys[0])
                either.append({"oneOf": [{"required": [key]} for key in keys]})
        constraints = constrained(model, made)
        return (
            {**constraints, "allOf": [*constraints.get("allOf", ()), *either]}
            if either
            else constraints
        )

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Returns the schema of a key that may be left out."""
        made = super().default_schema(schema)
        kind = _DEFAULTS.get(str(made.get("type")))
        if kind is None or type(made.get("default")) is not kind:
            made.pop("default", None)
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """Returns the alternatives; each says itself by which value it is recognised."""
        made = super().tagged_union_schema(schema)
        return {"anyOf": made["oneOf"]}

    def field_title_should_be_set(self, schema: CoreSchema) -> bool:  # noqa: ARG002  (pydantic's)
        """Says no: a title would be the key once more."""
        return False


def _summary(model: type[BaseModel]) -> str:
    """Returns the first paragraph of the docstring."""
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split())
