"""Who signs contracts."""

from collections.abc import Mapping

from edgeauth.contract.claims import build_claims
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.model.identity import fingerprint
from edgeauth.model.json import Json
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import thumbprint
from edgeauth.wire.jws import encode_header, sign_encoded


class Signer:
    """Signs contracts in one name with one key.

    Args:
        name: the issuer of its contracts (`iss`).
        key: a key that may sign; its store has checked that.

    Attributes:
        key: the same.
        fingerprint: a digest that changes with the name, the key and its id, for cache keys.
    """

    def __init__(self, name: str, key: StoredKey) -> None:
        self._name = name
        self.key = key
        self._header = encode_header({"alg": key.algorithm, "kid": key.kid, "typ": "JWT"})
        self.fingerprint = fingerprint(
            name.encode(),
            key.kid.encode(),
            key.algorithm.encode(),
            thumbprint(key.public_key),
        )

    def sign(self, subject: str, claims: Mapping[str, Json], now: float, ttl: float) -> bytes:
        """Returns a signed contract in compact form.

        Args:
            subject: whom it is about (`sub`).
            claims: the custom claims; the standard ones win over them.
            now: seconds since the epoch.
            ttl: seconds for which it is valid.
        """
        content = build_claims(claims, issuer=self._name, subject=subject, now=now, ttl=ttl)
        key = self.key
        return sign_encoded(self._header, dumps(content), key.algorithm, key.private_key)

    def __repr__(self) -> str:
        return f"Signer({self._name}, {self.key!r})"
