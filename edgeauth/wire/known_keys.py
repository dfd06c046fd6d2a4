"""Keys that an operator trusts, as JSON: public ones, and secrets that are shared with a signer.

Trust: the operator's. The set is refused as a whole when one key is wrong; nothing shows a secret.

Source:
    RFC 7517 section 5; RFC 7518 section 6.4 (`oct`).
"""

from collections.abc import Mapping

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url
from edgeauth.wire.jwa import SymmetricKey
from edgeauth.wire.jwk import MAX_KEY_ID_LENGTH, MAX_KEYS, PublicKey, parse_public_key, public_key


def parse_known_keys(document: Json) -> dict[str, PublicKey]:
    """Returns the keys of a set by their names.

    Raises:
        Malformed: it is no key set, is empty, mixes secrets and public keys, or a key has no name,
            that of another one, is private, weak or of an unknown kind.
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= MAX_KEYS:
        raise Malformed("is no key set, or holds no key")
    keys: dict[str, PublicKey] = {}
    for number, entry in enumerate(listed, start=1):
        try:
            key = _key(entry)
        except Malformed as problem:
            raise Malformed(f"has a key, number {number}, that {problem}") from None
        if key.kid is None or key.kid in keys:
            raise Malformed(f"has a key, number {number}, without a kid of its own")
        keys[key.kid] = key
    if len({isinstance(key.material, SymmetricKey) for key in keys.values()}) > 1:
        # Attack 125: whoever publishes the public keys would publish the secrets.
        raise Malformed("mixes secrets and public keys")
    return keys


def _key(document: Json) -> PublicKey:
    if not isinstance(document, Mapping) or document.get("kty") != "oct":
        return parse_public_key(document)
    kid, algorithm, secret = (document.get(name) for name in ("kid", "alg", "k"))
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KEY_ID_LENGTH:
        raise Malformed("has no kid")
    if not isinstance(algorithm, str | None) or document.get("use", "sig") != "sig":
        raise Malformed("is not for signatures")
    if not isinstance(secret, str) or not secret.isascii():
        raise Malformed("has no k")
    return public_key(SymmetricKey(decode_base64url(secret.encode())), kid, algorithm)
