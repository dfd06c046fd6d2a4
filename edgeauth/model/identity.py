"""Who is asking: principals, and the subject that they make up."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from edgeauth.model.json import Json

DEFAULT_PRINCIPAL = "default"


@dataclass(frozen=True, slots=True)
class Principal:
    """One authenticated identity: what an authenticator returns.

    Attributes:
        id: the subject identifier; never empty for a credential that was verified.
        attributes: what is known of it, e.g. the claims of a token.
        fingerprint: digest over all that this was made from, for cache keys. Equal only for
            equal facts.
        expires_at: seconds since the epoch after which this principal may not be believed
            any more (the end of its token); None when it has no end.
    """

    id: str
    attributes: Mapping[str, Json]
    fingerprint: bytes
    expires_at: float | None = None


class Subject(NamedTuple):
    """All principals of a request; the other fields are those of the default one.

    A tuple because one is made for every request.
    """

    id: str
    attributes: Mapping[str, Json]
    fingerprint: bytes
    principals: Mapping[str, Principal]
    expires_at: float | None = None

    @classmethod
    def of(cls, principal: Principal) -> "Subject":
        """Returns the subject that consists of one principal, the default one."""
        return cls(
            principal.id,
            principal.attributes,
            principal.fingerprint,
            {DEFAULT_PRINCIPAL: principal},
            principal.expires_at,
        )


def fingerprint(*parts: bytes) -> bytes:
    """Returns a SHA-256 digest over length-prefixed parts, so that no two lists collide.

    `fingerprint(b"ab", b"c")` and `fingerprint(b"a", b"bc")` differ.
    """
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
