"""Private keys from a JWK set, as key stores hold them, and the symmetric keys beside them."""

from collections.abc import Mapping
from typing import NamedTuple

from edgeauth.contract.chains import build_chain
from edgeauth.contract.keystore import KeyStore, KeyStoreError
from edgeauth.contract.stored_keys import (
    StoredKey,
    algorithm_of,
    check_keys,
    check_names,
    parse_certificate,
)
from edgeauth.model.errors import Malformed
from edgeauth.wire.json import loads
from edgeauth.wire.jwa import SymmetricKey
from edgeauth.wire.private_jwk import PrivateJwk, parse_private_keys


class StoredJwks(NamedTuple):
    """What a private JWK set holds."""

    store: KeyStore
    symmetric: Mapping[str, bytes]
    """Secrets by `kid`, in the order of the set."""

    def __repr__(self) -> str:
        return f"StoredJwks({self.store!r}, {len(self.symmetric)} symmetric keys)"


def parse_stored_jwks(text: bytes, name: str) -> StoredJwks:
    """Returns the keys of a private JWK set.

    Args:
        text: JSON.
        name: what errors call the store.

    Raises:
        KeyStoreError: anything in the text is wrong; names of keys are unique.
    """
    try:
        keys = parse_private_keys(loads(text))
        check_names(key.kid for key in keys)
        stored = [_stored(each) for each in keys if not isinstance(each.key, SymmetricKey)]
    except Malformed as problem:
        raise KeyStoreError(f"{name}: {problem}") from None
    symmetric = {each.kid: each.key.secret for each in keys if isinstance(each.key, SymmetricKey)}
    return StoredJwks(KeyStore(name, stored), symmetric)


def _stored(jwk: PrivateJwk) -> StoredKey:
    key = jwk.key
    if isinstance(key, SymmetricKey):
        raise TypeError("a secret signs no contract")
    try:
        certificates = [parse_certificate(octets) for octets in jwk.chain]
        chain = build_chain(key.public_key(), certificates)
        found = StoredKey(jwk.kid, jwk.algorithm or algorithm_of(key), key, chain, jwk.not_before)
        check_keys([found], certificates)
    except Malformed as problem:
        raise Malformed(f"key {jwk.kid}: {problem}") from None
    return found
