"""Commands that wait for their turn."""

import asyncio

import pytest

from edgeauth.services.redis.lanes import Lane, UnavailableError
from tests.fakes.driving import run, settle

COMMAND = ("GETRANGE", b"a", 0, 1)
MANY = 250


class SlowRedis:
    """Answers a batch when it is told to."""

    def __init__(self):
        self.turn = asyncio.Event()
        self.sent = []

    async def execute(self, batch):
        self.sent.append(len(batch))
        await self.turn.wait()
        return [b"value"] * len(batch)


def test_who_waits_behind_others_waits_no_longer_than_for_a_reply():
    async def scenario():
        redis = SlowRedis()
        lane = Lane(redis.execute, 0.0, 0.01)
        asked = [lane.ask(COMMAND) for _ in range(MANY)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        redis.turn.set()
        await lane.drain()
        return told, redis.sent

    told, sent = run(scenario())
    assert {type(each) for each in told} == {UnavailableError}
    assert sent == [100], "what nobody waits for any more is not sent"


def test_what_nobody_waits_for_any_more_leaves_room_for_others():
    async def scenario():
        redis = SlowRedis()
        lane = Lane(redis.execute, 0.0, 60.0)
        asked = [asyncio.create_task(lane.ask(COMMAND)) for _ in range(MANY)]
        await settle()
        for each in asked[50:]:
            each.cancel()
        last = asyncio.create_task(lane.ask(COMMAND))
        await settle()
        redis.turn.set()
        assert await asyncio.gather(*asked[:50], last) == [b"value"] * 51
        return redis.sent

    assert run(scenario()) == [100, 1]


@pytest.mark.parametrize("replies", [[], [b"a", b"b"]], ids=["too-few", "too-many"])
def test_replies_that_belong_to_nobody_keep_nobody_waiting(replies):
    async def scenario():
        async def execute(_):
            return replies

        lane = Lane(execute, 0.0, 60.0)
        with pytest.raises(UnavailableError):
            await lane.ask(COMMAND)
        with pytest.raises(UnavailableError):
            await lane.ask(COMMAND)

    run(scenario())
