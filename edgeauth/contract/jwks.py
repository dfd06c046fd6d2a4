"""The keys that services verify contracts with, as they are published at `/.well-known/jwks`."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding

from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.contract.stored_keys import StoredKey
from edgeauth.wire.json import dumps
from edgeauth.wire.jwk import thumbprint, to_jwk


class PublishedKeys(NamedTuple):
    """A JWK set, ready to be sent as `application/json`."""

    body: bytes
    etag: bytes
    """A strong validator with its quotes (RFC 9110 section 8.8.3)."""


def publish_keys(stores: Iterable[KeyStore]) -> PublishedKeys:
    """Returns every key of the stores, ordered by id, each only once.

    All of them, not only those that sign now: who verifies must know a new key before the first
    contract signed with it arrives, and the old one until the last contract of it has ended.

    Raises:
        KeyStoreError: two stores call different keys by one id.

    Source:
        RFC 7517 section 5.
    """
    named: dict[str, StoredKey] = {}
    for store in stores:
        for key in store.keys:
            known = named.setdefault(key.kid, key)
            if thumbprint(known.public_key) != thumbprint(key.public_key):
                raise KeyStoreError(f"{store.name}: another store has another key {key.kid}")
    published = [
        to_jwk(
            key.public_key,
            key.kid,
            key.algorithm,
            [certificate.public_bytes(Encoding.DER) for certificate in key.chain],
        )
        for _, key in sorted(named.items())
    ]
    body = dumps({"keys": published})
    return PublishedKeys(body, f'"{sha256(body).hexdigest()}"'.encode("ascii"))
