"""The cache that keeps nothing."""

from collections.abc import Callable, Coroutine
from typing import TypeVar

from edgeauth.ports.facts import CacheCounters, FactKind, Learned
from edgeauth.ports.services import leave_fast_path

F = TypeVar("F")
T = TypeVar("T")


class NoCache:
    """Keeps nothing, and shares no work (`cache: {type: noop}`)."""

    def __init__(self) -> None:
        self.counters = CacheCounters()

    def find(self, key: bytes) -> None:  # noqa: ARG002  (the port's signature)
        """Returns None."""
        self.counters.misses += 1

    def peek(self, key: bytes) -> None:
        """Returns None."""

    async def fetch(self, key: bytes, kind: FactKind[F]) -> F | None:  # noqa: ARG002  (the port's)
        """Returns None."""
        return None

    def store(
        self, key: bytes, fact: object, expires_at: float, kind: FactKind[F] | None = None
    ) -> None:
        """Keeps nothing."""

    async def learn(
        self,
        key: bytes,  # noqa: ARG002  (the port's)
        kind: FactKind[F] | None,  # noqa: ARG002  (the port's)
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> T:
        """Returns what the work finds out for this request alone.

        Raises:
            Fault: the work could not tell.
        """
        await leave_fast_path()
        return (await work()).outcome
