"""Signers that sign for real, with a key of their own, and count."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgeauth.contract.keystore import StoredKey
from edgeauth.contract.signer import Signer
from edgeauth.model.json import Json
from edgeauth.ports.key_places import KeyPlace
from edgeauth.wire.base64url import decode_base64url
from edgeauth.wire.json import loads


class CountingSigner:
    """A real signer.

    Attributes:
        signed: the subjects of the contracts, one a signature.
    """

    def __init__(self, name: str, key_id: str | None) -> None:
        self._signer = Signer(name, StoredKey(key_id or "first", "EdDSA", _KEY, ()))
        self.signed: list[str] = []

    @property
    def fingerprint(self) -> bytes:
        """Returns the signer's fingerprint."""
        return self._signer.fingerprint

    def sign(self, subject: str, claims: Mapping[str, Json], now: float, ttl: float) -> bytes:
        """Returns a contract."""
        self.signed.append(subject)
        return self._signer.sign(subject, claims, now, ttl)


class FakeSigners:
    """Gives every configuration the same key.

    Attributes:
        asked: the arguments of each call.
        made: the signers, in order.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, KeyPlace, float]] = []
        self.made: list[CountingSigner] = []

    def signer(self, name: str, place: KeyPlace, ttl: float) -> CountingSigner:
        """Returns a signer; refuses the path `missing.pem`."""
        self.asked.append((name, place, ttl))
        if place.path == "missing.pem":
            raise ValueError("missing.pem: can not be read")
        signer = CountingSigner(name, place.key_id)
        self.made.append(signer)
        return signer


def claims_of(contract: bytes) -> dict[str, Json]:
    """Returns the claims of a contract, unverified."""
    claims = loads(decode_base64url(contract.split(b".")[1]))
    assert isinstance(claims, dict)
    return claims


_KEY = Ed25519PrivateKey.generate()
