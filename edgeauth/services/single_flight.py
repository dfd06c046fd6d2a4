"""One piece of work for all who need its result at the same time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Generic, TypeVar

from edgeauth.model.errors import Fault
from edgeauth.ports.services import leave_fast_path

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Runs work once for each key at a time; whoever comes later waits for the same result.

    Nobody who goes away ends what others wait for. Work returns a fault instead of raising it,
    because perhaps nobody waits for it any more.
    """

    def __init__(self) -> None:
        self._running: dict[bytes, asyncio.Task[T | Fault]] = {}

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
        outcome = await asyncio.shield(self._begun(key, work))
        if isinstance(outcome, Fault):
            raise anew(outcome)
        return outcome

    def begin(self, key: bytes, work: Callable[[], Coroutine[None, None, T | Fault]]) -> None:
        """Begins the work unless it is running, and waits for nothing."""
        _ = self._begun(key, work)

    def _begun(
        self, key: bytes, work: Callable[[], Coroutine[None, None, T | Fault]]
    ) -> "asyncio.Task[T | Fault]":
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.create_task(work())
            task.add_done_callback(lambda _: self._running.pop(key))
        return task


def anew(fault: Fault) -> Fault:
    """Returns an equal fault."""
    return Fault(fault.reason, fault.detail, final=fault.final)
