"""Checks values against JSON Schemas, as far as ours go; a keyword that it does not know is wrong.

Source:
    JSON Schema 2020-12, core and validation.
"""

import re
from collections.abc import Callable

Schema = dict[str, object]

KINDS: dict[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
ANNOTATIONS = {"$schema", "$defs", "title", "description", "default", "format", "writeOnly"}


def fits(value: object, schema: object, root: Schema) -> bool:
    """Returns whether a value is valid.

    Raises:
        ValueError: the schema has a keyword that is none, or that is not checked here.
    """
    if isinstance(schema, bool):
        return schema
    unknown = schema.keys() - ANNOTATIONS - CHECKS.keys() - {"then", "else"}
    if unknown:
        raise ValueError(f"unknown keywords: {unknown}")
    return all(
        check(value, schema[keyword], schema, root)
        for keyword, check in CHECKS.items()
        if keyword in schema
    )


def _condition(value, condition, schema, root) -> bool:
    branch = "then" if fits(value, condition, root) else "else"
    return fits(value, schema.get(branch, True), root)


def _reference(value, reference, _schema, root) -> bool:
    return fits(value, root["$defs"][reference.removeprefix("#/$defs/")], root)


def _properties(value, properties, _schema, root) -> bool:
    if not isinstance(value, dict):
        return True
    return all(fits(value[key], each, root) for key, each in properties.items() if key in value)


def _others(value, others, schema, root) -> bool:
    if not isinstance(value, dict):
        return True
    known = schema.get("properties", {})
    return all(fits(each, others, root) for key, each in value.items() if key not in known)


def _dependent(value, schemas, _schema, root) -> bool:
    if not isinstance(value, dict):
        return True
    return all(fits(value, each, root) for key, each in schemas.items() if key in value)


def of(kind: type | tuple[type, ...], check: Callable[[object, object], bool]):
    """Returns a check that passes for values of another kind."""
    return lambda value, argument, _schema, _root: (
        not isinstance(value, kind) or isinstance(value, bool) or check(value, argument)
    )


CHECKS = {
    "$ref": _reference,
    "type": lambda value, kind, _schema, _root: KINDS[kind](value),
    "enum": lambda value, known, _schema, _root: any(
        type(value) is type(each) and value == each for each in known
    ),
    "const": lambda value, wanted, _schema, _root: type(value) is type(wanted) and value == wanted,
    "not": lambda value, other, _schema, root: not fits(value, other, root),
    "anyOf": lambda value, each, _schema, root: any(fits(value, one, root) for one in each),
    "allOf": lambda value, each, _schema, root: all(fits(value, one, root) for one in each),
    "oneOf": lambda value, each, _schema, root: sum(fits(value, one, root) for one in each) == 1,
    "if": _condition,
    "properties": _properties,
    "additionalProperties": _others,
    "propertyNames": lambda value, each, _schema, root: (
        not isinstance(value, dict) or all(fits(name, each, root) for name in value)
    ),
    "dependentSchemas": _dependent,
    "required": of(dict, lambda value, keys: all(key in value for key in keys)),
    "dependentRequired": of(
        dict,
        lambda value, keys: all(set(keys[key]) <= value.keys() for key in keys.keys() & value),
    ),
    "minProperties": of(dict, lambda value, least: len(value) >= least),
    "maxProperties": of(dict, lambda value, most: len(value) <= most),
    "items": lambda value, each, _schema, root: (
        not isinstance(value, list) or all(fits(one, each, root) for one in value)
    ),
    "contains": lambda value, each, _schema, root: (
        not isinstance(value, list) or any(fits(one, each, root) for one in value)
    ),
    "minItems": of(list, lambda value, least: len(value) >= least),
    "maxItems": of(list, lambda value, most: len(value) <= most),
    "pattern": of(str, lambda value, text: re.search(text, value) is not None),
    "minLength": of(str, lambda value, least: len(value) >= least),
    "maxLength": of(str, lambda value, most: len(value) <= most),
    "minimum": of((int, float), lambda value, least: value >= least),
    "maximum": of((int, float), lambda value, most: value <= most),
    "exclusiveMinimum": of((int, float), lambda value, least: value > least),
}
