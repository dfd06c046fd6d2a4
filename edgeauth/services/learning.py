"""How a fact that nobody knows yet is learned: once for all who ask at the same time."""

from collections.abc import Callable, Coroutine
from typing import TypeVar

from edgeauth.model.errors import Fault
from edgeauth.ports.facts import FactCache, FactKind, Learned
from edgeauth.services.single_flight import SingleFlight

F = TypeVar("F")
T = TypeVar("T")


class Learning:
    """Learns facts for a cache.

    Args:
        cache: is asked first, and keeps what was learned.
    """

    def __init__(self, cache: FactCache) -> None:
        self._cache = cache
        self._flights: SingleFlight[object] = SingleFlight()

    async def learn(
        self,
        key: bytes,
        kind: FactKind[F] | None,
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> object:
        """Returns what the work finds out, unless somebody knows it already.

        Raises:
            Fault: the work could not tell; not remembered.
        """
        return await self._flights.run(key, lambda: self._find_out(key, kind, work))

    async def _find_out(
        self,
        key: bytes,
        kind: FactKind[F] | None,
        work: Callable[[], Coroutine[None, None, Learned[T]]],
    ) -> object:
        # Between the look into the cache and this, others may have finished.
        known = self._cache.peek(key)
        if known is not None:
            return known
        if kind is not None:
            left_by_others = await self._cache.fetch(key, kind)
            if left_by_others is not None:
                return left_by_others
        try:
            learned = await work()
        except Fault as fault:
            return fault
        if learned.expires_at is not None:
            self._cache.store(key, learned.outcome, learned.expires_at, kind)
        return learned.outcome
