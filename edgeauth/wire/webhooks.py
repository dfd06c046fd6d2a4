"""How providers sign the events that they deliver: Standard Webhooks, GitHub, Stripe, plain HMAC.

Every scheme comes down to the same: fields of the head say what was signed beside the content and
give the signatures, of which one has to be that of a key we share. Whatever else is in these
fields, such as signatures of other versions, counts for nothing (attack 196).

The text that is signed can be taken apart in one way only. If an id could end in a timestamp, or a
timestamp run into the content, one signature would stand for several deliveries.

Trust: fields and content are hostile; keys and schemes come from the configuration.

Source:
    Standard Webhooks 1.0.0; RFC 2104 (HMAC).
"""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from hashlib import new
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edgeauth.model.errors import Malformed
from edgeauth.model.request import Headers

MAX_SIGNATURES: Final = 10
"""Signatures of one delivery; a rotation of keys needs two."""

LEAST_SECRET_OCTETS: Final = 16
"""Octets of a secret. None at all would let everybody sign (attack 190)."""

_LONGEST_FIELD: Final = 4_096
_STANDARD_SECRET_OCTETS: Final = range(24, 65)
_ID: Final = re.compile(rb"[A-Za-z0-9_-]{1,256}")
_TIMESTAMP: Final = re.compile(rb"[1-9][0-9]{0,10}")

Encoding: TypeAlias = Literal["hex", "base64"]
Digest: TypeAlias = Literal["sha256", "sha384", "sha512"]


class Claimed(NamedTuple):
    """What a delivery says of itself before its content was looked at."""

    signatures: tuple[tuple[str, bytes], ...]
    """Version and octets of those that could count."""
    before: bytes
    """What is signed before the content."""
    after: bytes = b""
    """What is signed behind it."""
    id: str | None = None
    timestamp: int | None = None
    """Seconds since the epoch at which it was sent."""

    def signed(self, content: bytes) -> bytes:
        """Returns what has to be signed."""
        return self.before + content + self.after


class WebhookKey(Protocol):
    """A key that a provider signs with."""

    @property
    def version(self) -> str:
        """Returns the version of the signatures that count."""

    def has_signed(self, message: bytes, signatures: Sequence[bytes]) -> bool:
        """Returns True only if one of the signatures is that of the message."""


class SharedKey:
    """A shared secret; signatures are compared in constant time (attack 191).

    Args:
        secret: at least `LEAST_SECRET_OCTETS`.
        digest: the hash function of the HMAC.
        version: of the signatures that count.
    """

    __slots__ = ("_digest", "_secret", "version")

    def __init__(self, secret: bytes, digest: Digest = "sha256", version: str = "") -> None:
        self._secret = secret
        self._digest = digest
        self.version = version

    def has_signed(self, message: bytes, signatures: Sequence[bytes]) -> bool:
        """Returns True only if one of the signatures is the whole code of the message."""
        code = hmac.digest(self._secret, message, self._digest)
        # Each is compared, so that the time does not tell which one it was.
        return sum(hmac.compare_digest(code, each) for each in signatures) > 0


class SigningPublicKey:
    """An Ed25519 key of which the provider keeps the private part (`v1a`).

    Args:
        octets: the public key.

    Raises:
        Malformed: they are none.
    """

    __slots__ = ("_key", "version")

    def __init__(self, octets: bytes) -> None:
        try:
            self._key = Ed25519PublicKey.from_public_bytes(octets)
        except ValueError:
            raise Malformed("is no Ed25519 key behind whpk_") from None
        self.version = "v1a"

    def has_signed(self, message: bytes, signatures: Sequence[bytes]) -> bool:
        """Returns True only if the key has made one of the signatures."""
        return any(self._verifies(message, each) for each in signatures)

    def _verifies(self, message: bytes, signature: bytes) -> bool:
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


class WebhookScheme(Protocol):
    """One way to sign deliveries."""

    def claimed(self, headers: Headers) -> Claimed | None:
        """Returns what the delivery says of itself; None when it is not signed at all.

        Raises:
            Malformed: a field is missing, there more than once or not what it should be.
        """

    def key(self, secret: str) -> WebhookKey:
        """Returns the key that a configured secret stands for.

        Raises:
            Malformed: it can not be used; the text does not show it.
        """


class StandardScheme:
    """Standard Webhooks: id, timestamp and content, `v1` or `v1a`.

    Args:
        prefix: what the names of the three fields begin with: `webhook`, for some `svix`.
    """

    def __init__(self, prefix: str = "webhook") -> None:
        self._id, self._timestamp, self._signature = (
            f"{prefix}-{each}".encode() for each in ("id", "timestamp", "signature")
        )

    def claimed(self, headers: Headers) -> Claimed | None:
        """Returns what the three fields say; signatures of other versions are left out."""
        listed = _only(headers, self._signature)
        if listed is None:
            return None
        found: list[tuple[str, bytes]] = []
        for each in _split(listed, b" "):
            version, comma, text = each.partition(b",")
            if comma and version in (b"v1", b"v1a"):
                found.append((version.decode(), _from_base64(text, 64 if b"a" in version else 32)))
        id_ = _matching(_ID, _demanded(headers, self._id), "id")
        timestamp = _matching(_TIMESTAMP, _demanded(headers, self._timestamp), "timestamp")
        before = b"%b.%b." % (id_, timestamp)
        return Claimed(tuple(found), before, id=id_.decode(), timestamp=int(timestamp))

    def key(self, secret: str) -> WebhookKey:
        """Returns the key of `whsec_` or `whpk_` and base64."""
        kind, octets = secret[:6], secret[6:]
        if secret.startswith("whpk_"):
            kind, octets = secret[:5], secret[5:]
        elif kind != "whsec_":
            raise Malformed("begins with neither whsec_ nor whpk_")
        try:
            key = b64decode(octets, validate=True)
        except (Error, ValueError):
            raise Malformed(f"holds no base64 behind {kind}") from None
        if kind == "whpk_":
            return SigningPublicKey(key)
        if len(key) not in _STANDARD_SECRET_OCTETS:
            raise Malformed("holds no 24 to 64 octets behind whsec_")
        return SharedKey(key, version="v1")


class StripeScheme:
    """Stripe: `t=…,v1=…` in one field; timestamp and content are signed."""

    def claimed(self, headers: Headers) -> Claimed | None:
        """Returns what the field says; parts of other names are left out."""
        listed = _only(headers, b"stripe-signature")
        if listed is None:
            return None
        timestamps: list[bytes] = []
        found: list[tuple[str, bytes]] = []
        for each in _split(listed, b","):
            name, _, value = each.strip(b" ").partition(b"=")
            if name == b"t":
                timestamps.append(value)
            elif name == b"v1":
                found.append(("", _from_hex(value, 32)))
        if len(timestamps) != 1:
            raise Malformed("the delivery does not have exactly one timestamp")
        timestamp = _matching(_TIMESTAMP, timestamps[0], "timestamp")
        return Claimed(tuple(found), timestamp + b".", timestamp=int(timestamp))

    def key(self, secret: str) -> WebhookKey:
        """Returns the key that the text itself is."""
        return SharedKey(_octets(secret))


class HmacScheme(NamedTuple):
    """An HMAC in a field of its own, over the content and what stands around it."""

    header: bytes
    """Carries the signature."""
    prefix: bytes
    """Stands before the signature."""
    encoding: Encoding
    digest: Digest
    signed: tuple[bytes | str, ...]
    """Literal octets, and the names of values: `id`, `timestamp` and, once, `body`."""
    id_header: bytes | None = None
    timestamp_header: bytes | None = None

    def claimed(self, headers: Headers) -> Claimed | None:
        """Returns what the fields say."""
        value = _only(headers, self.header)
        if value is None:
            return None
        if not value.startswith(self.prefix):
            raise Malformed("the signature is not of the configured kind")
        text, size = value[len(self.prefix) :], new(self.digest).digest_size
        octets = _from_hex(text, size) if self.encoding == "hex" else _from_base64(text, size)
        values: dict[str, bytes] = {}
        if self.id_header is not None:
            values["id"] = _matching(_ID, _demanded(headers, self.id_header), "id")
        if self.timestamp_header is not None:
            sent = _demanded(headers, self.timestamp_header)
            values["timestamp"] = _matching(_TIMESTAMP, sent, "timestamp")
        body = self.signed.index("body")
        return Claimed(
            (("", octets),),
            _joined(self.signed[:body], values),
            _joined(self.signed[body + 1 :], values),
            values["id"].decode() if "id" in values else None,
            int(values["timestamp"]) if "timestamp" in values else None,
        )

    def key(self, secret: str) -> WebhookKey:
        """Returns the key that the text itself is."""
        return SharedKey(_octets(secret), self.digest)


GITHUB: Final = HmacScheme(b"x-hub-signature-256", b"sha256=", "hex", "sha256", ("body",))
"""GitHub: the content alone is signed. The old `X-Hub-Signature` with SHA-1 counts for nothing."""


def is_signed_by(claimed: Claimed, content: bytes, keys: Sequence[WebhookKey]) -> bool:
    """Returns True only if one of the keys has signed the delivery with this content."""
    message = claimed.signed(content)
    signed = [
        key.has_signed(
            message, [octets for version, octets in claimed.signatures if version == key.version]
        )
        for key in keys
    ]
    return any(signed)


def _joined(parts: Sequence[bytes | str], values: dict[str, bytes]) -> bytes:
    return b"".join(values[each] if isinstance(each, str) else each for each in parts)


def _only(headers: Headers, name: bytes) -> bytes | None:
    value = headers.get(name)
    if value is not None and (name in headers.repeated or len(value) > _LONGEST_FIELD):
        raise Malformed("a field of the signature is there more than once, or too long")
    return value


def _demanded(headers: Headers, name: bytes) -> bytes:
    value = _only(headers, name)
    if value is None:
        raise Malformed("a field that is signed is missing")
    return value


def _split(value: bytes, separator: bytes) -> list[bytes]:
    parts = value.split(separator, MAX_SIGNATURES)
    if len(parts) > MAX_SIGNATURES:
        raise Malformed("there are too many signatures")
    return parts


def _matching(form: re.Pattern[bytes], value: bytes, name: str) -> bytes:
    if form.fullmatch(value) is None:
        raise Malformed(f"the {name} of the delivery is none")
    return value


def _from_hex(text: bytes, size: int) -> bytes:
    if re.fullmatch(rb"[0-9a-fA-F]{%d}" % (2 * size), text) is None:
        raise Malformed("a signature is not the whole code in hex")
    return bytes.fromhex(text.decode())


def _from_base64(text: bytes, size: int) -> bytes:
    try:
        octets = b64decode(text, validate=True)
    except (Error, ValueError):
        octets = b""
    if len(octets) != size or b64encode(octets) != text:
        raise Malformed("a signature is not the whole code in base64")
    return octets


def _octets(secret: str) -> bytes:
    octets = secret.encode("utf-8", "surrogatepass")
    if len(octets) < LEAST_SECRET_OCTETS:
        raise Malformed(f"holds less than {LEAST_SECRET_OCTETS} octets")
    return octets
