"""Work beside the requests outlives what fails for a while."""

import asyncio

import pytest

from edgeauth.app.background import kept_up


def test_work_that_fails_is_begun_anew():
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise RuntimeError("can't start new thread")

    asyncio.run(kept_up(work, pause=0))

    assert begun == 3


def test_work_that_is_cancelled_is_not():
    async def scenario() -> None:
        working = asyncio.create_task(kept_up(lambda: asyncio.sleep(60), pause=0))
        await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(scenario())
