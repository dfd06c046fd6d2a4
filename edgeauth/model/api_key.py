"""The keys that clients of an API are given, as they are kept: hashed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edgeauth.model.json import Json


class ApiKey(NamedTuple):
    """What is known of a key; the key itself is known to its owner only."""

    id: str
    """What operators and logs call it."""
    digest: bytes
    """SHA-256 over the key, or HMAC-SHA-256 with the pepper."""
    peppered: bool
    """Whether the digest was made with the pepper."""
    owner: str
    """The id of the principal that it stands for."""
    attributes: Mapping[str, Json]
    scopes: tuple[str, ...]
    not_before: float | None
    """Seconds since the epoch; None when it is good from the beginning."""
    expires_at: float | None
    """Seconds since the epoch; None when it has no end."""
    enabled: bool

    def __repr__(self) -> str:
        return f"ApiKey({self.id!r})"


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ApiKeys:
    """All keys of a source; equal to itself only.

    Attributes:
        entries: no id and no digest is there twice.
    """

    entries: tuple[ApiKey, ...]

    def __repr__(self) -> str:
        return f"ApiKeys({len(self.entries)})"
