"""Work that was driven by hand to where it has to wait, and goes on in a task."""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import TypeVar, cast

T = TypeVar("T")


async def resumed(work: Coroutine[object, None, T], awaited: object) -> T:
    """Goes on with work after what it awaits already, a future for instance.

    A task that was simply given the work would step it before that future is done.

    Args:
        work: was sent None once.
        awaited: what it yielded.
    """
    return await _rest(work, awaited)


@coroutine
def _rest(work: Coroutine[object, None, T], awaited: object) -> Generator[object, None, T]:
    try:
        while True:
            try:
                yield awaited
            except BaseException as thrown:  # noqa: BLE001  (handed on, cancellation above all)
                awaited = work.throw(thrown)
            else:
                awaited = work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
