"""Endpoint keys that sign for real, with one key, and know no certificate."""

import ssl

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edgeauth.contract.endpoint_keys import MessageKey
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.ports.key_places import KeyPlace


class FakeEndpointKeys:
    """Gives every configuration the same key.

    Attributes:
        private_key: what is signed with.
    """

    def __init__(self) -> None:
        self.private_key = Ed25519PrivateKey.generate()

    def message_signer(self, place: KeyPlace, ttl: float) -> MessageKey:
        """Returns the key; refuses the path `missing.pem`."""
        if place.path == "missing.pem":
            raise ValueError("missing.pem: can not be read")
        return MessageKey(StoredKey(place.key_id or "first", "EdDSA", self.private_key, ()))

    def load_client_certificate(self, context: ssl.SSLContext, place: KeyPlace) -> None:
        """Refuses every path."""
        raise ValueError(f"{place.path}: can not be read")

    def version(self, place: KeyPlace) -> object:
        """Returns the place: it never changes."""
        return place
