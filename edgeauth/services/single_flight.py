"""One piece of work for all who need its result at the same time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Generic, TypeVar

from edgeauth.model.errors import Fault
from edgeauth.ports.services import leave_fast_path

MOST_LEFT: Final = 32
"""Works that go on although nobody waits for them."""

T = TypeVar("T")


class _Flight(Generic[T]):
    """Work that is running, and how many wait for it."""

    __slots__ = ("task", "waiting")

    def __init__(self, task: "asyncio.Task[T | Fault]") -> None:
        self.task = task
        self.waiting = 0


class SingleFlight(Generic[T]):
    """Runs work once for each key at a time; whoever comes later waits for the same result.

    Nobody who goes away ends what others wait for. What nobody waits for any more goes on as well,
    since whoever asks again finds the result; but only so much of it, or clients that ask and leave
    would leave more and more behind. Work returns a fault instead of raising it, because perhaps
    nobody waits for it any more.
    """

    def __init__(self) -> None:
        self._running: dict[bytes, _Flight[T]] = {}
        self._left: set[_Flight[T]] = set()

    def is_running(self, key: bytes) -> bool:
        """Returns whether somebody waits for this already."""
        return key in self._running

    async def run(self, key: bytes, work: Callable[[], Coroutine[None, None, T | Fault]]) -> T:
        """Returns the result of the work that is running for the key, or begins it.

        Raises:
            Fault: what the work returned; a new one for each who waits, since one that is raised
                again and again would hold every traceback.
        """
        await leave_fast_path()
        flight = self._begun(key, work)
        flight.waiting += 1
        self._left.discard(flight)
        try:
            outcome = await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._leave(key, flight)
        if isinstance(outcome, Fault):
            raise anew(outcome)
        return outcome

    def begin(self, key: bytes, work: Callable[[], Coroutine[None, None, T | Fault]]) -> None:
        """Begins the work unless it is running, and waits for nothing; it is not given up."""
        self._begun(key, work).waiting += 1

    def _begun(
        self, key: bytes, work: Callable[[], Coroutine[None, None, T | Fault]]
    ) -> _Flight[T]:
        flight = self._running.get(key)
        if flight is None:
            flight = self._running[key] = _Flight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        return flight

    def _leave(self, key: bytes, flight: _Flight[T]) -> None:
        if len(self._left) < MOST_LEFT:
            self._left.add(flight)
        else:
            # Forgotten at once: whoever comes now must not wait for what is about to end.
            self._forget(key, flight)
            flight.task.cancel()

    def _forget(self, key: bytes, flight: _Flight[T]) -> None:
        self._left.discard(flight)
        if self._running.get(key) is flight:
            del self._running[key]


def anew(fault: Fault) -> Fault:
    """Returns an equal fault."""
    return Fault(fault.reason, fault.detail, final=fault.final)
