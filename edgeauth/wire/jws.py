"""Signed tokens in compact form (RFC 7515): three parts, one signature, nothing else.

Trust: hostile until `verify_signature` has said True. Headers that name keys (`jku`, `jwk`, `x5u`,
`x5c`) are never looked at: the verifier knows its keys.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.base64url import decode_base64url, encode_base64url
from edgeauth.wire.json import dumps, loads
from edgeauth.wire.jwa import ALGORITHMS, SigningKey
from edgeauth.wire.jwk import MAX_KEY_ID_LENGTH, PublicKey

MAX_TOKEN_OCTETS: Final = 16_384
"""Octets of a token that is looked at."""

MAX_HEADER_OCTETS: Final = 8_192
"""Octets of its first part, which may hold certificates that nobody here reads."""


class JoseHeader(NamedTuple):
    """The protected header of a token."""

    algorithm: str
    """`alg`, as it was sent."""
    kid: str | None
    """A name to look up and nothing more."""
    media_type: str
    """`typ` in lower case without `application/`; empty when it is absent."""


class Compact(NamedTuple):
    """A token that is well-formed, and not verified by that."""

    header: JoseHeader
    payload: bytes
    signing_input: bytes
    signature: bytes


def parse_compact(token: bytes) -> Compact:
    """Returns the parts of a token that is well-formed.

    Raises:
        Malformed: the token is longer than `MAX_TOKEN_OCTETS`, has not exactly three parts, is
            not in canonical base64url, or its header is none that can be verified.

    Source:
        RFC 7515 sections 5.2 and 7.1; RFC 7797 (`b64`) is refused.
    """
    if len(token) > MAX_TOKEN_OCTETS:
        raise Malformed("the token is too long")
    if token.count(b".") != 2:
        raise Malformed("the token has not three parts")
    signing_input, _, signature = token.rpartition(b".")
    header, _, payload = signing_input.partition(b".")
    if not signature:
        raise Malformed("the token has no signature")
    parsed = _parse_header(header)
    try:
        return Compact(
            parsed, decode_base64url(payload), signing_input, decode_base64url(signature)
        )
    except Malformed as problem:
        raise Malformed(f"a part of the token {problem}") from None


def verify_signature(compact: Compact, key: PublicKey, allowed_algorithms: Collection[str]) -> bool:
    """Returns True only if the key has signed the token with an algorithm allowed for both.

    Args:
        compact: the token.
        key: what it must have been signed with; its own algorithms are a limit of their own.
        allowed_algorithms: what the configuration allows. HS256 and its like only ever work
            where they are named here and the key is a secret.
    """
    name = compact.header.algorithm
    if name not in allowed_algorithms or name not in key.algorithms:
        return False
    algorithm = ALGORITHMS.get(name)
    return algorithm is not None and algorithm.verify(
        key.material, compact.signature, compact.signing_input
    )


def encode_header(header: Mapping[str, Json]) -> bytes:
    """Returns the first part of a token, which is the same for every token of a signer."""
    return encode_base64url(dumps(header))


def sign_compact(header: Mapping[str, Json], payload: bytes, key: SigningKey) -> bytes:
    """Returns a token over `payload`, signed with the algorithm that the header names.

    Raises:
        KeyError: `alg` is missing or unknown.
        TypeError: the key is of another family than the algorithm.
    """
    return sign_encoded(encode_header(header), payload, str(header["alg"]), key)


def sign_encoded(header: bytes, payload: bytes, algorithm: str, key: SigningKey) -> bytes:
    """Returns the same as `sign_compact` for a header that was encoded before."""
    signing_input = header + b"." + encode_base64url(payload)
    signature = ALGORITHMS[algorithm].sign(key, signing_input)
    return signing_input + b"." + encode_base64url(signature)


# An issuer uses few headers, so most tokens find theirs here. Bounded: a stranger can fill it
# with 128 headers of 8 KiB, no more; errors are not kept.
@lru_cache(maxsize=128)
def _parse_header(segment: bytes) -> JoseHeader:
    if len(segment) > MAX_HEADER_OCTETS:
        raise Malformed("the token's header is too long")
    try:
        header = loads(decode_base64url(segment))
    except Malformed as problem:
        raise Malformed(f"the token's header {problem}") from None
    if not isinstance(header, dict):
        raise Malformed("the token's header is no object")
    if "crit" in header or "b64" in header:
        # RFC 7515 section 4.1.11: no extension is understood, so none may be critical.
        raise Malformed("the token's header demands an extension")
    return JoseHeader(_algorithm(header), _kid(header), _media_type(header))


def _algorithm(header: Mapping[str, Json]) -> str:
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise Malformed("the token's header has no alg")
    if algorithm not in ALGORITHMS:
        raise Malformed("the token's algorithm is unknown")
    return algorithm


def _kid(header: Mapping[str, Json]) -> str | None:
    if "kid" not in header:
        return None
    kid = header["kid"]
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KEY_ID_LENGTH:
        raise Malformed("the token's kid is no name")
    return kid


def _media_type(header: Mapping[str, Json]) -> str:
    media_type = header.get("typ", "")
    if not isinstance(media_type, str) or not media_type.isascii():
        raise Malformed("the token's typ is no media type")
    return media_type.lower().removeprefix("application/")
