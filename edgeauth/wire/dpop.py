"""Proofs that the bearer of a token owns its key, made for one request (RFC 9449).

Trust: hostile. A proof brings its own key, which proves nothing until it is the one that the token
is bound to. What costs nothing to refuse is refused before the signature is computed.

Source:
    RFC 9449 sections 4.2, 4.3 and 8; RFC 3986 section 6.2 (comparing URIs).
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final, NamedTuple

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.model.request import Request
from edgeauth.wire.authority import parse_authority
from edgeauth.wire.base64url import decode_base64url, encode_base64url
from edgeauth.wire.json import loads
from edgeauth.wire.jwk import PublicKey, parse_public_key
from edgeauth.wire.jws import Compact, parse_compact, verify_signature
from edgeauth.wire.jwt import numeric_date, parse_claims
from edgeauth.wire.uri import parse_path

MEDIA_TYPE: Final = "dpop+jwt"
MAX_PROOF_OCTETS: Final = 8_192
MAX_ID_LENGTH: Final = 256
"""Characters of a `jti`, and of a nonce."""
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Proof(NamedTuple):
    """A proof that is well-formed, and not verified by that."""

    compact: Compact
    key: PublicKey
    id: str
    """`jti`, unique for the key."""
    method: str
    url: str
    """In canonical form, without query and fragment."""
    issued_at: float
    token_digest: str
    """`ath`: what token it was made for."""
    nonce: str | None


def parse_proof(octets: bytes) -> Proof:
    """Returns the proof that the field `DPoP` holds.

    Raises:
        Malformed: it is no token of its type, has no public key, or lacks a claim.
    """
    if len(octets) > MAX_PROOF_OCTETS:
        raise Malformed("the proof is too long")
    compact = parse_compact(octets)
    if compact.header.media_type != MEDIA_TYPE:
        raise Malformed("the proof is of another type")
    header = loads(decode_base64url(compact.signing_input.partition(b".")[0]))
    if not isinstance(header, Mapping) or "jwk" not in header:
        raise Malformed("the proof brings no key")
    try:
        key = parse_public_key(header["jwk"])
    except Malformed:
        raise Malformed("the proof's key is no public key that is used") from None
    claims = parse_claims(compact.payload)
    issued_at = numeric_date(claims.get("iat"))
    if issued_at is None:
        raise Malformed("the proof does not say when it was made")
    return Proof(
        compact,
        key,
        _text(claims, "jti", MAX_ID_LENGTH),
        _text(claims, "htm", 32),
        canonical_url(_text(claims, "htu", 4_096)),
        issued_at,
        _text(claims, "ath", 64),
        _text(claims, "nonce", MAX_ID_LENGTH) if "nonce" in claims else None,
    )


def check_proof(
    proof: Proof, request: Request, token: bytes, allowed_algorithms: Collection[str]
) -> str | None:
    """Returns what is wrong with a proof for this request and token; None when nothing is.

    Whose key it is, when it was made and whether it was used before is left to the caller.

    Args:
        proof: what the client has sent.
        request: the canonical request; the method and URL that rules see count.
        token: the access token as it was presented.
        allowed_algorithms: what a proof may be signed with; secrets are never shared.
    """
    if proof.method != request.method:
        return "the proof is for another method"
    if proof.url != request_url(request):
        return "the proof is for another URL"
    if proof.token_digest.encode("utf-8", "replace") != encode_base64url(sha256(token).digest()):
        return "the proof is for another token"
    if not verify_signature(proof.compact, proof.key, allowed_algorithms):
        return "the proof is not signed with its key and an algorithm that is allowed"
    return None


def request_url(request: Request) -> str:
    """Returns the URL that a proof for the request names, in canonical form."""
    return _joined(request.scheme, request.host, request.path)


def canonical_url(text: str) -> str:
    """Returns an absolute http URL in the form in which requests are compared.

    Scheme and host lower-cased, the scheme's own port left out, the path in the normal form of
    `edgeauth.wire.uri`, query and fragment removed (RFC 9449 section 4.3, 9).

    Raises:
        Malformed: it is no such URL, or could be read in two ways.
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_PORTS or not rest.isascii():
        raise Malformed("the proof's URL is no http URL")
    hierarchy = rest.partition("#")[0].partition("?")[0]
    authority, slash, path = hierarchy.partition("/")
    host = parse_authority(authority.encode("ascii"))
    return _joined(scheme, host, parse_path((slash + path or "/").encode("ascii")))


def _joined(scheme: str, host: str, path: str) -> str:
    return f"{scheme}://{host.removesuffix(_DEFAULT_PORTS[scheme])}{path}"


def _text(claims: Mapping[str, Json], name: str, longest: int) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Malformed(f"the proof's {name} is missing, or no text of its kind")
    return value
