"""What validators of models demand beyond their types, as JSON Schema.

Each stands here for a validator that is written in Python; a test holds them to the mistakes that
the validators find.
"""

from collections.abc import Callable
from typing import Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue

from edgeauth.config.models.cache import RedisSettings
from edgeauth.config.models.master_key import MasterKey
from edgeauth.config.models.rules import HostCondition, Rewrite
from edgeauth.config.models.rules_1beta1 import HttpMatch
from edgeauth.config.models.secret_management import PemFile
from edgeauth.config.models.steps import Step, Step1alpha4, Step1beta1
from edgeauth.config.models.tls import ShownKey
from edgeauth.mechanisms.authenticators.assertions import (
    AssertionsSpecification,
    ScopesSpecification,
)
from edgeauth.mechanisms.authenticators.jwt import JwtSpecification
from edgeauth.mechanisms.authenticators.oauth2_introspection import IntrospectionSpecification
from edgeauth.mechanisms.authenticators.sources import SourceSpecification
from edgeauth.ports.declare import Kind
from edgeauth.ports.endpoints import Endpoint

_HOST: Final = r"^(\*\.)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?$"


def constrained(model: type[BaseModel], schema: JsonSchemaValue) -> JsonSchemaValue:
    """Returns the schema of a model with what its validators demand.

    Args:
        model: itself, or derived from a model that has such validators.
        schema: what pydantic made of it.
    """
    for known, constrain in _CONSTRAINTS.items():
        if issubclass(model, known):
            schema = constrain(schema)
    return schema


def _one_of(*keys: str) -> list[JsonSchemaValue]:
    return [{"required": [key]} for key in keys]


def _step(schema: JsonSchemaValue) -> JsonSchemaValue:
    kinds = [kind.value for kind in Kind if kind.value in schema["properties"]]
    return {**schema, "oneOf": _one_of(*kinds)}


def _unconditional(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "dependentSchemas": {"authenticator": {"not": {"required": ["if"]}}}}


def _principal(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "dependentRequired": {"principal": ["authenticator"]}}


def _source(schema: JsonSchemaValue) -> JsonSchemaValue:
    places = [key for key in schema["properties"] if key != "scheme"]
    return {**schema, "oneOf": _one_of(*places), "dependentRequired": {"scheme": ["header"]}}


def _key_source(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "oneOf": _one_of("jwks_endpoint", "metadata_endpoint")}


def _shown_key(schema: JsonSchemaValue) -> JsonSchemaValue:
    needed = {"key_id": ["key_store"]}
    return {**schema, "oneOf": _one_of("key_store", "secret"), "dependentRequired": needed}


def _introspection(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "oneOf": _one_of("introspection_endpoint", "metadata_endpoint")}


def _master_key(schema: JsonSchemaValue) -> JsonSchemaValue:
    needed = {"selector": ["source"]}
    return {**schema, "oneOf": _one_of("path", "value", "source"), "dependentRequired": needed}


def _encryption_key(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "oneOf": _one_of("encryption_key", "encryption_key_from")}


def _one_password(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {**schema, "not": {"required": ["password", "password_from"]}}


def _one_proof(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Returns the schema where one proof needs no list."""
    properties = schema["properties"]
    proofs = dict(properties["proof_of_possession"])
    listed = {key: proofs.pop(key) for key in ("type", "items", "minItems") if key in proofs}
    either = {**proofs, "anyOf": [listed["items"], listed]}
    return {**schema, "properties": {**properties, "proof_of_possession": either}}


def _host_condition(schema: JsonSchemaValue) -> JsonSchemaValue:
    return {
        **schema,
        "allOf": [
            {
                "if": {"properties": {"type": {"const": "exact"}}},
                "then": {"properties": {"value": {"not": {"pattern": r"\*"}}}},
            },
            {
                "if": {"properties": {"type": {"enum": ["exact", "wildcard"]}}},
                "then": {"properties": {"value": {"pattern": _HOST + r"|^\*$|\$\{"}}},
            },
        ],
    }


def _hosts(schema: JsonSchemaValue) -> JsonSchemaValue:
    items = {"type": "string", "pattern": _HOST + r"|^\*$"}
    hosts = {**schema["properties"]["hosts"], "items": items}
    return {**schema, "properties": {**schema["properties"], "hosts": hosts}}


def _rewrite(schema: JsonSchemaValue) -> JsonSchemaValue:
    strips_slash = {"properties": {"strip_path_prefix": {"pattern": "/$|\\$\\{"}}}
    return {
        **schema,
        "if": {
            "required": ["add_path_prefix"],
            "properties": {"add_path_prefix": {"pattern": "/$"}},
        },
        "then": {"required": ["strip_path_prefix"], **strips_slash},
    }


def _or_url(schema: JsonSchemaValue) -> JsonSchemaValue:
    short = {"type": "string", "pattern": "^https?://", "description": "The URL alone."}
    return {"description": schema.pop("description"), "anyOf": [short, schema]}


def _or_list(schema: JsonSchemaValue) -> JsonSchemaValue:
    short = schema["properties"]["values"]
    return {"description": schema.pop("description"), "anyOf": [short, schema]}


_CONSTRAINTS: Final[dict[type[BaseModel], Callable[[JsonSchemaValue], JsonSchemaValue]]] = {
    Step: _step,
    Step1alpha4: _unconditional,
    Step1beta1: _principal,
    HttpMatch: _hosts,
    SourceSpecification: _source,
    JwtSpecification: _key_source,
    IntrospectionSpecification: _introspection,
    AssertionsSpecification: _one_proof,
    MasterKey: _master_key,
    RedisSettings: _encryption_key,
    PemFile: _one_password,
    ShownKey: _shown_key,
    HostCondition: _host_condition,
    Rewrite: _rewrite,
    Endpoint: _or_url,
    ScopesSpecification: _or_list,
}
