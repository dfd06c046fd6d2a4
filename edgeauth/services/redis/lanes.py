"""Commands that are on their way to Redis, many at a time."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

Command = tuple[str | bytes | int, ...]
"""A command of Redis with its arguments."""

MOST_OCTETS: Final = 8 * 1024 * 1024
"""Octets of commands that may wait."""
_MOST_AT_ONCE: Final = 100


class UnavailableError(Exception):
    """Raised where Redis does not answer, or is left alone because it did not a moment ago."""


class RefusedError(Exception):
    """Stands for the answer to a command that Redis did not carry out.

    Args:
        code: the first word of the reason, such as `WRONGTYPE`.
    """


class _Waiting(NamedTuple):
    command: Command
    octets: int
    reply: "asyncio.Future[object]"


class Lane:
    """Sends commands one batch after the other; what comes in meanwhile is the next batch.

    So a thousand requests cost Redis and us ten exchanges, and one alone does not wait.

    Args:
        execute: sends a batch; returns as many replies, or raises `UnavailableError`.
        delay: seconds that a batch waits for others to come along.
        patience: seconds that who asks waits for a reply beyond that, whatever is before it.
    """

    def __init__(
        self,
        execute: Callable[[Sequence[Command]], Awaitable[Sequence[object]]],
        delay: float,
        patience: float,
    ) -> None:
        self._execute = execute
        self._delay = delay
        self._patience = patience
        self._waiting: deque[_Waiting] = deque()
        self._octets = 0
        self._work: asyncio.Task[None] | None = None

    def send(self, command: Command) -> "asyncio.Future[object]":
        """Returns the reply to come; an `UnavailableError` in its place when there is none.

        The error is the result, since nobody may be interested in it.
        """
        reply: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        octets = sum(len(part) for part in command if isinstance(part, bytes))
        if self._octets + octets > MOST_OCTETS:
            reply.set_result(UnavailableError())
            return reply
        self._octets += octets
        self._waiting.append(_Waiting(command, octets, reply))
        if self._work is None:
            self._work = asyncio.create_task(self._run())
        return reply

    async def ask(self, command: Command) -> object:
        """Returns the reply.

        What waits for its turn is not sent any more once nobody waits for its reply.

        Raises:
            UnavailableError: there is none, or not in time.
            RefusedError: Redis did not carry the command out.
        """
        try:
            async with asyncio.timeout(self._delay + self._patience):
                reply = await self.send(command)
        except TimeoutError:
            raise UnavailableError from None
        if isinstance(reply, UnavailableError | RefusedError):
            raise reply
        return reply

    async def drain(self) -> None:
        """Waits until nothing is on its way."""
        if self._work is not None:
            await self._work

    async def _run(self) -> None:
        try:
            while self._waiting:
                if self._delay:
                    await asyncio.sleep(self._delay)
                await self._send_batch()
        finally:
            self._work = None

    async def _send_batch(self) -> None:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < _MOST_AT_ONCE:
            each = self._waiting.popleft()
            self._octets -= each.octets
            if not each.reply.done():
                batch.append(each)
        if not batch:
            return
        replies: Sequence[object] = ()
        try:
            replies = await self._execute([each.command for each in batch])
        except UnavailableError:
            pass
        finally:
            if len(replies) != len(batch):
                # Nobody could say which reply belongs to which command.
                replies = [UnavailableError()] * len(batch)
            for each, reply in zip(batch, replies, strict=True):
                if not each.reply.done():
                    each.reply.set_result(reply)
