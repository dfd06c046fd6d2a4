"""The JSON Schemas that editors are pointed to by the first line of the example files."""

import json

from edgeauth.catalogue.registry import Registry
from edgeauth.catalogue.schema import configuration_schema, rule_set_schema
from edgeauth.mechanisms.builtins import TYPES


def schemas() -> dict[str, str]:
    """Returns the text of each schema by the name of its file."""
    registry = Registry(TYPES)
    return {
        "edgeauth.schema.json": _text(configuration_schema(registry)),
        "rules.schema.json": _text(rule_set_schema(registry)),
    }


def _text(schema: dict[str, object]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
