"""What has become of secret sources: for metrics."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


class RefusedSource(NamedTuple):
    """A source whose newest content is not in force; the last good one is.

    Attributes:
        name: of the source, or the path of a key store.
        since: seconds since the epoch.
    """

    name: str
    since: float


class SigningKey(NamedTuple):
    """A key that signs now.

    Attributes:
        store: the source or the path.
        key_id: its name.
        algorithm: what it signs with.
        since: seconds since the epoch; None when the store gives no date.
    """

    store: str
    key_id: str
    algorithm: str
    since: float | None


@dataclass(slots=True)
class SecretStatus:
    """The present state, replaced by whoever reloads secrets.

    Attributes:
        refused: sources that are not in force as they are written.
        successes: how often a source was put in force anew.
        failures: how often one was refused.
        signing: returns the keys that sign now.
    """

    refused: tuple[RefusedSource, ...] = ()
    successes: int = 0
    failures: int = 0
    signing: Callable[[], tuple[SigningKey, ...]] = tuple
