"""Symmetric keys as they are written: one in base64url, or several as JSON Web Keys.

Trust: the operator's files. Nothing of a key is put into an error.

Source:
    RFC 7517 section 5 (key sets); RFC 7518 section 6.4 (`oct`).
"""

from collections.abc import Mapping
from typing import Final

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url
from edgeauth.wire.json import loads

LEAST_OCTETS: Final = 16
MOST_KEYS: Final = 16


def parse_secret_keys(text: bytes) -> tuple[bytes, ...]:
    """Returns the keys that a text holds, in order.

    Args:
        text: a key in base64url without padding, a JWK, or a JWK set; blanks around it are
            skipped.

    Raises:
        Malformed: it is none of them, or a key has less than 16 octets.
    """
    text = text.strip()
    if not text.startswith(b"{"):
        return (_checked(text),)
    document = loads(text)
    listed = document.get("keys", [document]) if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_KEYS:
        raise Malformed("is no set of keys")
    return tuple(_secret(each) for each in listed)


def _secret(key: Json) -> bytes:
    value = key.get("k") if isinstance(key, Mapping) and key.get("kty") == "oct" else None
    if not isinstance(value, str) or not value.isascii():
        raise Malformed("holds a key that is not of the kind oct")
    return _checked(value.encode("ascii"))


def _checked(text: bytes) -> bytes:
    try:
        octets = decode_base64url(text)
    except Malformed:
        raise Malformed("holds a key that is no base64url") from None
    if len(octets) < LEAST_OCTETS:
        raise Malformed(f"holds a key of less than {LEAST_OCTETS} octets")
    return octets
