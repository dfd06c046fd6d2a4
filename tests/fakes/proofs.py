"""Proofs of possession (RFC 9449) for tests, and the thumbprints of the keys that make them."""

from hashlib import sha256

from edgeauth.model.json import Json
from edgeauth.wire.base64url import encode_base64url
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import thumbprint
from edgeauth.wire.jws import sign_compact
from edgeauth.wire.key_members import key_members
from tests.fakes.clock import NOW
from tests.fakes.keys import signing_key, verification_key

URL = "https://shop.test/articles/1"


def jkt(algorithm: str = "ES256") -> str:
    """Returns the `cnf.jkt` of a token that is bound to the key of an algorithm."""
    return encode_base64url(thumbprint(verification_key(algorithm))).decode()


def public_jwk(algorithm: str = "ES256") -> dict[str, Json]:
    """Returns the public key of an algorithm."""
    return key_members(verification_key(algorithm))


def proof(
    token: str = "token",
    algorithm: str = "ES256",
    *,
    header: dict[str, Json] | None = None,
    **claims: Json,
) -> str:
    """Returns a proof for `GET https://shop.test/articles/1`, unless the claims say otherwise.

    A claim or header member that is None is left out.
    """
    digest = encode_base64url(sha256(token.encode()).digest()).decode()
    content: dict[str, Json] = {
        "jti": "proof-1", "htm": "GET", "htu": URL, "iat": int(NOW), "ath": digest,
    }  # fmt: skip
    head: dict[str, Json] = {"typ": "dpop+jwt", "alg": algorithm, "jwk": public_jwk(algorithm)}
    return sign_compact(
        {name: value for name, value in (head | (header or {})).items() if value is not None},
        dumps({name: value for name, value in (content | claims).items() if value is not None}),
        signing_key(algorithm),
    ).decode()
