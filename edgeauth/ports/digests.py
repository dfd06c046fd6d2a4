"""Digests over what is configured, for the keys of caches."""

from collections.abc import Mapping

from pydantic import SecretStr

from edgeauth.config.specification import Specification
from edgeauth.model.identity import fingerprint


def digest_of(value: object) -> bytes:
    """Returns a digest over a value and its kind; fields are named, parts have lengths."""
    if isinstance(value, SecretStr):
        return fingerprint(b"secret", value.get_secret_value().encode())
    if isinstance(value, Specification):
        fields = type(value).model_fields
        parts = (
            part for name in fields for part in (name.encode(), digest_of(getattr(value, name)))
        )
        return fingerprint(type(value).__name__.encode(), *parts)
    if isinstance(value, Mapping):
        items = sorted(value.items())
        return fingerprint(b"map", *(part for key, each in items for part in _pair(key, each)))
    if isinstance(value, tuple):
        return fingerprint(b"list", *map(digest_of, value))
    return fingerprint(type(value).__name__.encode(), repr(value).encode())


def _pair(key: object, value: object) -> tuple[bytes, bytes]:
    return str(key).encode(), digest_of(value)
