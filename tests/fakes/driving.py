"""Running coroutines in tests, the way the listener does it and the ordinary way."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

Result = TypeVar("Result")


def run(work: Coroutine[object, object, Result]) -> Result:
    """Returns the result of a coroutine that may wait."""
    return asyncio.run(work)


def run_straight(work: Coroutine[object, object, Result]) -> Result:
    """Returns the result of a coroutine that must not suspend: the listener's fast path."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise AssertionError("the coroutine has suspended")


async def settle() -> None:
    """Lets every task that can run do so, until all of them wait."""
    for _ in range(20):
        await asyncio.sleep(0)
