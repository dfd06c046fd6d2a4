"""Work beside the requests that goes on for as long as the process does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final

import structlog

_log = structlog.get_logger()
_PAUSE_SECONDS: Final = 1.0


async def kept_up(
    work: Callable[[], Coroutine[None, None, None]], pause: float = _PAUSE_SECONDS
) -> None:
    """Does work, and begins it anew when it fails: there may have been no more threads for a while.

    Args:
        work: ends by itself, or when it is cancelled.
        pause: seconds before it is begun anew.
    """
    while True:
        try:
            await work()
        except Exception as failure:  # noqa: BLE001  (logs and reloads must not end unnoticed)
            _log.error("work in the background has failed", error=type(failure).__name__)
            await asyncio.sleep(pause)
        else:
            return
