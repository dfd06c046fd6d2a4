"""Functions that encode, decode and digest."""

import binascii
from base64 import b32decode, b32encode, b64decode, b64encode
from hashlib import sha1, sha256, sha512
from zlib import adler32

from edgeauth.expressions.errors import EvaluationError
from edgeauth.expressions.templates.functions.builtins import query_escaped
from edgeauth.expressions.templates.functions.table import Function, Kind
from edgeauth.expressions.templates.json_text import json_text
from edgeauth.expressions.templates.pieces import Escaped
from edgeauth.expressions.templates.values import Instance, type_name
from edgeauth.model.errors import Malformed
from edgeauth.wire.json import as_doubles, loads


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _base64(text: str) -> str:
    return b64encode(_octets(text)).decode()


def _from_base64(text: str) -> str:
    try:
        return b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode(
            "utf-8", "replace"
        )
    except (binascii.Error, ValueError):
        raise EvaluationError("b64dec: the text is not base64") from None


def _base32(text: str) -> str:
    return b32encode(_octets(text)).decode()


def _from_base32(text: str) -> str:
    try:
        return b32decode(text).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise EvaluationError("b32dec: the text is not base32") from None


def _from_json(text: str) -> object:
    try:
        return as_doubles(loads(text))
    except Malformed:
        return None


def _must_from_json(text: str) -> object:
    try:
        return as_doubles(loads(text))
    except Malformed:
        raise EvaluationError("mustFromJson: the text is not JSON") from None


def _pretty_json(value: object) -> str:
    return json_text(value, indent="  ")


def _raw_json(value: object) -> str:
    return json_text(value, escape_html=False)


def _url_encoded(value: object) -> Escaped:
    """Returns a text, or the text of an object, as it may stand in a query."""
    if isinstance(value, str):
        return query_escaped(value)
    if isinstance(value, Instance):
        return query_escaped(value.text())
    raise EvaluationError(f"urlenc: neither a string nor printable but {type_name(value)}")


def _sha1(text: str) -> str:
    return sha1(_octets(text), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return sha256(_octets(text)).hexdigest()


def _sha512(text: str) -> str:
    return sha512(_octets(text)).hexdigest()


def _adler32(text: str) -> str:
    return str(adler32(_octets(text)))


ANY, STRING = Kind.ANY, Kind.STRING
FUNCTIONS = (
    Function("b64enc", (STRING,), _base64, STRING),
    Function("b64dec", (STRING,), _from_base64, STRING),
    Function("b32enc", (STRING,), _base32, STRING),
    Function("b32dec", (STRING,), _from_base32, STRING),
    *(Function(name, (ANY,), json_text, STRING) for name in ("toJson", "mustToJson")),
    *(
        Function(name, (ANY,), _pretty_json, STRING)
        for name in ("toPrettyJson", "mustToPrettyJson")
    ),
    *(Function(name, (ANY,), _raw_json, STRING) for name in ("toRawJson", "mustToRawJson")),
    Function("fromJson", (STRING,), _from_json),
    Function("mustFromJson", (STRING,), _must_from_json),
    Function("urlenc", (ANY,), _url_encoded, STRING),
    Function("sha1sum", (STRING,), _sha1, STRING),
    Function("sha256sum", (STRING,), _sha256, STRING),
    Function("sha512sum", (STRING,), _sha512, STRING),
    Function("adler32sum", (STRING,), _adler32, STRING),
)
