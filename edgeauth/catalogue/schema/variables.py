"""Schemas of texts in which `${NAME}` may stand for a value.

An editor sees the text before variables are put in, so a port may be `${PORT:=4456}` there.
"""

from typing import Final

from pydantic.json_schema import JsonSchemaValue

VARIABLE: Final[JsonSchemaValue] = {
    "type": "string",
    "pattern": r"\$\{",
    "description": "A value with a reference to a variable of the environment.",
}
NAME: Final = "Variable"
_REFERENCE: Final[JsonSchemaValue] = {"$ref": f"#/$defs/{NAME}"}
_ANNOTATIONS: Final = ("description", "default")
_LIMITS: Final = frozenset({"pattern", "enum", "const", "format", "not"})
_BY_NAME: Final = ("properties", "$defs", "dependentSchemas")
_ALTERNATIVES: Final = ("anyOf", "oneOf", "allOf")
_SINGLE: Final = ("items", "additionalProperties", "then", "else")


def with_variables(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Returns a schema that takes a reference to a variable for any value but lists and maps.

    Conditions (`if`, `not`, `contains`) stay as they are.
    """
    made = dict(schema)
    for keyword in _BY_NAME:
        if keyword in made:
            made[keyword] = {name: with_variables(each) for name, each in made[keyword].items()}
    for keyword in _ALTERNATIVES:
        if keyword in made:
            made[keyword] = [with_variables(each) for each in made[keyword]]
    for keyword in _SINGLE:
        if isinstance(made.get(keyword), dict):
            made[keyword] = with_variables(made[keyword])
    if not _is_limited(made):
        return made
    limits = {key: value for key, value in made.items() if key not in _ANNOTATIONS}
    told: JsonSchemaValue = {key: made[key] for key in _ANNOTATIONS if key in made}
    return {**told, "anyOf": [limits, dict(_REFERENCE)]}


def _is_limited(schema: JsonSchemaValue) -> bool:
    """Returns whether the schema refuses some texts that a reference might be."""
    kind = schema.get("type")
    if kind in ("integer", "number", "boolean"):
        return True
    return kind in (None, "string") and "anyOf" not in schema and bool(_LIMITS & schema.keys())
