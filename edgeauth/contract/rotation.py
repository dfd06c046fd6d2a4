"""Key stores that are written: a new key comes in beside the old ones, as PEM.

The text of what stays is not touched. The new key carries its id and the date from which it
signs, so that every process that reads the store changes over at the same second.

Trust: the operator's file; nothing shows key material.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from edgeauth.contract.keystore import KeyStore, KeyStoreError, parse_key_store
from edgeauth.contract.stored_keys import PrivateKey, StoredKey

_MAKERS: Final[Mapping[str, Callable[[], PrivateKey]]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": Ed25519PrivateKey.generate,
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS384": lambda: rsa.generate_private_key(65537, 3072),
    "PS512": lambda: rsa.generate_private_key(65537, 4096),
}
ALGORITHMS: Final = tuple(_MAKERS)
"""What keys can be made for, first choice first."""


class NewKey(NamedTuple):
    """A key that is to be made.

    Attributes:
        algorithm: one of `ALGORITHMS`.
        active_from: seconds since the epoch from which it signs.
        key_id: its name; None makes one up.
        password: that of the store; None leaves the key unencrypted.
    """

    algorithm: str
    active_from: float
    key_id: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return f"NewKey({self.algorithm}, {self.key_id})"


class Rotated(NamedTuple):
    """A store with a new key.

    Attributes:
        text: the whole store, as PEM.
        key_id: what the new key is called.
        removed: ids of keys that are not in it any more.
    """

    text: bytes
    key_id: str
    removed: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Rotated({self.key_id})"


def new_store(key: NewKey) -> Rotated:
    """Returns a store that holds one new key."""
    kid = key.key_id or _made_up(key)
    return Rotated(_pem(key, kid), kid, ())


def rotate(text: bytes, key: NewKey, keep: float, now: float) -> Rotated:
    """Returns a store with a new key at its end.

    Keys whose place another one took long ago go, unless they have a certificate.

    Args:
        text: the store.
        key: what is to be made.
        keep: seconds for which a key stays in the store after another one took its place.
        now: seconds since the epoch.

    Raises:
        KeyStoreError: the store can not be read, a key of that id is in it, or one is already
            waiting for its turn.
    """
    store = parse_key_store(text, key.password)
    kid = key.key_id or _made_up(key)
    waiting = [each for each in store.keys if (each.active_from or now) > now]
    if waiting:
        raise KeyStoreError(f"key {waiting[0].kid} is waiting for its turn already")
    removed = _ended(store, now - keep)
    rest = _without(text, {each.kid for each in removed}, store)
    changed = rest + (b"" if rest.endswith(b"\n") or not rest else b"\n") + _pem(key, kid)
    parse_key_store(changed, key.password)  # refuses an id that is there, before it is written
    return Rotated(changed, kid, tuple(each.kid for each in removed))


def _ended(store: KeyStore, before: float) -> list[StoredKey]:
    """Returns the keys without a certificate whose successor began before a date."""
    dates = [each.active_from for each in store.keys if each.active_from is not None]
    return [
        each
        for each in store.keys
        if not each.chain
        and any(
            date <= before and (each.active_from is None or date > each.active_from)
            for date in dates
        )
    ]


def _without(text: bytes, kids: set[str], store: KeyStore) -> bytes:
    """Returns the text without the blocks of keys; whatever else stands in it stays."""
    order = iter(store.keys)
    lines: list[bytes] = []
    block: list[bytes] | None = None
    for line in text.splitlines(keepends=True):
        if block is None and line.startswith(b"-----BEGIN ") and b"PRIVATE KEY-----" in line:
            block = []
        if block is None:
            lines.append(line)
            continue
        block.append(line)
        if line.startswith(b"-----END "):
            if next(order).kid not in kids:
                lines += block
            block = None
    return b"".join(lines)


def _pem(key: NewKey, kid: str) -> bytes:
    encryption: KeySerializationEncryption = NoEncryption()
    if key.password is not None:
        encryption = BestAvailableEncryption(key.password.encode())
    private = _MAKERS[key.algorithm]()
    text = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    begin, _, rest = text.partition(b"\n")
    date = datetime.fromtimestamp(int(key.active_from), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return b"%s\nX-Key-ID: %s\nX-Active-From: %s\n\n%s" % (
        begin, kid.encode(), date.encode(), rest,
    )  # fmt: skip


def _made_up(key: NewKey) -> str:
    day = datetime.fromtimestamp(key.active_from, UTC).strftime("%Y-%m-%d")
    return f"{day}-{key.algorithm.lower()}-{token_hex(4)}"
