"""The signing keys of the accounts service: one signs, those before it are still published."""

from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm

ALGORITHM = "ES256"


class IssuerKeys:
    """Signs ID tokens, and rotates.

    A rotated key stays published, so that tokens signed with it stay good until they end, unless
    it is withdrawn: then whoever signed in must do so again.
    """

    def __init__(self, first: ec.EllipticCurvePrivateKey | None = None) -> None:
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._add(first or _new_key())

    def rotate(self, *, withdraw: bool) -> None:
        """Signs with a new key from now on; `withdraw` no longer publishes those before."""
        if withdraw:
            self._keys.clear()
        self._add(_new_key())

    def sign(self, claims: Mapping[str, object]) -> str:
        """Returns a token signed with the newest key."""
        key_id, key = list(self._keys.items())[-1]
        return jwt.encode(dict(claims), key, ALGORITHM, headers={"kid": key_id})

    def public(self) -> dict[str, object]:
        """Returns the published keys as a JWK set (RFC 7517 §5)."""
        return {"keys": [_public_jwk(key_id, key) for key_id, key in self._keys.items()]}

    def _add(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._keys[key_id_of(key)] = key


def read_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Returns the P-256 private key in a PEM file.

    Raises:
        ValueError: there is none.
    """
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError("the issuer's key must be a P-256 key")
    return key


def key_id_of(key: ec.EllipticCurvePrivateKey) -> str:
    """Returns a name for the key that follows from the key."""
    return f"issuer-{key.public_key().public_numbers().x:064x}"[:23]


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _public_jwk(key_id: str, key: ec.EllipticCurvePrivateKey) -> dict[str, object]:
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": key_id, "alg": ALGORITHM, "use": "sig"}
