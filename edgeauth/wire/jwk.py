"""Keys as JSON (RFC 7517): an issuer's key set is read, our own public keys are written.

Trust: an issuer's answer. One bad key must not take the good ones with it, so it is left out and
reported; a set that is no set at all is malformed.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm

from edgeauth.model.errors import Malformed
from edgeauth.model.json import Json
from edgeauth.wire.json import dumps
from edgeauth.wire.jwa import SymmetricKey, VerificationKey, algorithms_for
from edgeauth.wire.key_certificates import Chain, parse_x5c
from edgeauth.wire.key_members import key_members, parse_key_members

MAX_KEYS: Final = 256
"""Keys that a set may have."""

MAX_KEY_ID_LENGTH: Final = 256
"""Characters that a `kid` may have."""

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class PublicKey(NamedTuple):
    """A key that verifies, and the algorithms that it may verify with."""

    kid: str | None
    algorithms: frozenset[str]
    material: VerificationKey
    thumbprint: bytes
    """SHA-256 of RFC 7638: equal only for equal keys."""
    chain: Chain = ()
    """Certificates that came with the key; who vouches for them is not looked at yet."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of an issuer.

    Attributes:
        keys: in the order of the set; those with an ambiguous `kid` are not among them.
        problems: one sentence for each key that was left out.
    """

    keys: tuple[PublicKey, ...]
    problems: tuple[str, ...] = ()
    _by_id: Mapping[str, PublicKey] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named = {key.kid: key for key in self.keys if key.kid is not None}
        object.__setattr__(self, "_by_id", named)

    def find(self, kid: str) -> PublicKey | None:
        """Returns the only key of that name, or None."""
        return self._by_id.get(kid)


def parse_key_set(document: Json) -> KeySet:
    """Returns the keys of a set that can verify signatures.

    Raises:
        Malformed: the document is no key set, or has more than `MAX_KEYS` keys.

    Source:
        RFC 7517 section 5. Departure: keys that share a `kid` are all left out, because nobody
        can say which one was meant.
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise Malformed("the document is no key set")
    kids = Counter(_text_or_empty(entry, "kid") for entry in listed)
    keys: list[PublicKey] = []
    problems: list[str] = []
    for number, entry in enumerate(listed, start=1):
        try:
            key = parse_public_key(entry)
        except Malformed as problem:
            problems.append(f"key {number} {problem}")
            continue
        if key.kid is not None and kids[key.kid] > 1:
            problems.append(f"key {number} shares its kid with another key")
        else:
            keys.append(key)
    return KeySet(tuple(keys), tuple(problems))


def parse_public_key(document: Json) -> PublicKey:
    """Returns the public key that a JWK stands for.

    Raises:
        Malformed: it is of an unknown kind, weak, for encryption, symmetric or private, or its
            certificates can not be read or are those of another key.

    Source:
        RFC 7517 sections 4 and 4.7; RFC 7518 section 6; RFC 8037 section 2.
    """
    if not isinstance(document, Mapping):
        raise Malformed("is no object")
    if not _PRIVATE_MEMBERS.isdisjoint(document):
        raise Malformed("holds secret members")
    if document.get("use", "sig") != "sig":
        raise Malformed("is not for signatures")
    operations = document.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise Malformed("is not for verifying")
    material = parse_key_members(document)
    key = public_key(material, _text(document, "kid"), _text(document, "alg"))
    return key._replace(chain=_chain(document, material)) if "x5c" in document else key


def public_key(
    material: VerificationKey, kid: str | None = None, algorithm: str | None = None
) -> PublicKey:
    """Returns the key with every algorithm that it may be used with, or with the one given.

    Raises:
        Malformed: the key is too weak, or the algorithm is for another kind of key.
    """
    algorithms = algorithms_for(material)
    if algorithm is not None:
        algorithms &= {algorithm}
    if not algorithms:
        raise Malformed("fits no signature algorithm")
    return PublicKey(kid, algorithms, material, thumbprint(material))


def thumbprint(material: VerificationKey) -> bytes:
    """Returns the SHA-256 thumbprint of a key (RFC 7638 section 3, RFC 8037 section 2)."""
    return sha256(dumps(key_members(material))).digest()


def to_jwk(
    material: VerificationKey,
    kid: str,
    algorithm: str,
    chain: Sequence[bytes] = (),
) -> dict[str, Json]:
    """Returns a public key as it is published: to verify signatures of one algorithm.

    Args:
        material: the public key.
        kid: its name.
        algorithm: becomes `alg`.
        chain: DER of the certificates, the key's own first (`x5c`, RFC 7517 section 4.7).

    Raises:
        TypeError: the key is a secret.
    """
    if isinstance(material, SymmetricKey):
        raise TypeError("a secret is never published")
    jwk: dict[str, Json] = {**key_members(material), "kid": kid, "alg": algorithm, "use": "sig"}
    if chain:
        jwk["x5c"] = [b64encode(certificate).decode("ascii") for certificate in chain]
    return jwk


def _chain(document: Mapping[str, Json], material: VerificationKey) -> Chain:
    chain = parse_x5c(document["x5c"])
    try:
        certified = chain[0].public_key() if chain else material
    except (ValueError, UnsupportedAlgorithm):
        raise Malformed("has a certificate that can not be read") from None
    if certified != material:
        raise Malformed("has the certificate of another key")
    return chain


def _text_or_empty(entry: Json, member: str) -> str:
    value = entry.get(member) if isinstance(entry, Mapping) else None
    return value if isinstance(value, str) else ""


def _text(document: Mapping[str, Json], member: str) -> str | None:
    if member not in document:
        return None
    value = document[member]
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY_ID_LENGTH:
        raise Malformed(f"has a {member} that is no name")
    return value
